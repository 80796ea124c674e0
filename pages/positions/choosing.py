"""Which encoding? All of them in one picture and one table: the loss inside the training length and past it,
on held-out texts and on the reader's, and what an encoding costs.
"""

import streamlit as st

from model import Unavailable
from model.analysis import cost
from pages import _fold, _shell
from pages._cache import remembered
from pages._choices import put
from pages._control import NothingToShow
from pages._findings import extremes
from pages._glossary import explained
from pages._numbers import number, percent, plural
from pages.positions import encodings
from pages.positions.long_text_losses import mean
from pages.positions.pictures import LOOKS
from viz import order as figures
from viz.component.rows import rows

OPENING = (
    "Models that were trained alike and differ only in how they are told where a word stands. **Look to the "
    "right of 128 tokens**, the length that they were trained on: which lines stay flat?"
)
RANGES = (64, 128), (128, 256), (512, 1024)  # places of a token; the models were trained on 128 tokens
GROWTH = 0.2  # nats past the training length that still count as going on


def show(view):
    """Show the picture, and the table that leads to each encoding."""
    text = view.text
    tokens = len(encodings.read(text))
    held_out = {name: losses for name in encodings.usable() if (losses := recorded(name))}
    if not held_out:
        raise NothingToShow
    _shell.show(
        picture(tuple(held_out)),
        key="positions.choosing",
        finding=extremes(
            {name: losses[-1] for name, losses in held_out.items()},
            f"loss at {RANGES[-1][0]} to {RANGES[-1][1]:,} tokens",
            2,
        ),
        shows="loss inside the training length, just past it and far past it, a line for each encoding",
    )
    st.markdown(verdict(held_out), help=explained("loss", "nat"))
    own = {
        name: trace if isinstance(trace, str) else trace.losses.mean() if tokens > 1 else "–"
        for name, trace in encodings.traces(text, tokens, list(held_out)).items()
    }
    table(held_out, own, tokens)
    chance = max(spread(encodings.bundle(name).card) for name in held_out)
    st.caption(
        "**Click an encoding’s name** to look into it. "
        "Nats lost on a token, by how many were read before it; lower is better. Held-out texts: the same "
        "192 windows for every model, from its card. Each model was trained once, so nobody has measured how "
        "far chance alone would drive them apart. Between seeds: by how many nats a token the best and the "
        "worst of three shorter trainings of the encoding differ; they "
        f"differ by up to {number(chance, 3)} nats a token, and smaller differences than that say nothing. "
        "Work: operations that the encoding adds for the last of 128 tokens, beside the "
        f"{cost.per_token(config()):,} multiply-adds of the matrices that a token goes through."
    )
    _fold.sources("positions.code", mean, cost.position_operations)


@remembered()
def picture(names):
    """The losses of these encodings by range, which no text changes."""
    ranges = [f"{first} to {end:,}" for first, end in RANGES]
    return figures.ranges({name: recorded(name) for name in names}, ranges, looks=LOOKS)


def recorded(name):
    """The loss in each of RANGES, from the model's card; None where the card has no figures, and the page
    says so.
    """
    try:
        return [mean(encodings.bundle(name).card["loss_by_position"], *part) for part in RANGES]
    except Unavailable as reason:
        st.warning(str(reason))
        return None


def spread(card):
    """How far apart, in nats a token, the short trainings of a model with other seeds end; their cards have
    it in bits a byte.
    """
    return card["short_training"]["range"] * card["nats_per_token"] / card["bits_per_byte"]


def config():
    """The sizes that all the models share."""
    return encodings.bundle(encodings.usable()[0]).config


def verdict(held_out):
    """What the picture says, in words."""
    best = min(held_out, key=lambda name: held_out[name][0])
    said = (
        f"Inside the training length **{best}** loses least, {number(held_out[best][0], 2)} nats. "
        if len(held_out) > 1
        else ""
    )
    grown = {name: last - first for name, (first, _, last) in held_out.items() if last is not None}
    flat = [f"**{name}**" for name, more in grown.items() if more < GROWTH]
    fails = max(grown, key=grown.get, default=None)
    if fails and grown[fails] >= GROWTH:
        said += (
            f"Far past it {_shell.listing(flat) or 'none'} {'goes' if len(flat) < 2 else 'go'} on as before, "
            f"within {number(GROWTH)} nats; {fails} loses {number(grown[fails], 2)} nats more than inside. "
        )
    ends = [f"**{name}**" for name, (_, _, last) in held_out.items() if last is None]
    if ends:
        said += f"{_shell.listing(ends)} has no position for a longer text at all."
    return said


def table(held_out, own, tokens):
    """The numbers, a row for each encoding, whose name leads to its view."""
    heads = [f"{first} to {end:,}" for first, end in RANGES]
    own_text = f"your text, {plural('token', tokens)}"
    heads = ["encoding", *heads, own_text, "needs a longest text", "parameters", "work", "between seeds"]
    lines = {}
    for name, losses in held_out.items():
        encoding, sizes = config_of(name)
        here = own[name] if isinstance(own[name], str) else number(own[name], 2)
        cells = ["–" if one is None else number(one, 2) for one in losses]
        longest = f"yes, {sizes.max_tokens}" if encoding.limited else "no"
        parameters = f"{cost.position_parameters(sizes):,}"
        seeds = number(spread(encodings.bundle(name).card))
        lines[name] = [*cells, here, longest, parameters, work(encoding, sizes), seeds]
    rows(heads, lines, key="positions.look", label="what each encoding loses and costs", on_select=look_into)


def config_of(name):
    """The Encoding and the sizes of a model."""
    sizes = encodings.bundle(name).config
    return sizes.encoding, sizes


def work(encoding, sizes):
    """What an encoding adds to the work on a token, in words: an addition for each number of the embedding,
    a turn of each number of queries and keys in each layer, or an addition to each score.
    """
    added = cost.position_operations(sizes, sizes.context)
    return f"{added:,} ({percent(added / cost.per_token(sizes), 2)})" if added else "none"


def look_into(name):
    """Go to the view of one encoding."""
    put({"positions.section": "The encoding itself", "positions.encoding": name})
