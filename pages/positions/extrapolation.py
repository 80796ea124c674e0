"""Beyond the training length: the loss by position on a long text, measured now, beside what the cards
recorded.
"""

import math
import time
from itertools import pairwise

import streamlit as st

from model import Change, zoo
from model.analysis import chance, order
from model.network.encodings import rope
from pages import _shell
from pages._cache import remembered
from pages._control import Buttons, Lines, NothingToShow, Several, Steps, pause
from pages._numbers import number, plural, signed, tex, uncertain
from pages.positions import encodings
from pages.positions.encodings import NAMES
from pages.positions.pictures import LOOKS
from viz import order as figures

TALE, OWN = "a fairy tale", "your own text"
# The beginning of "The Bronze Ring", from The Blue Fairy Book, edited by Andrew Lang (1889): public domain in
# the US, by Project Gutenberg.
TALE_FILE = "passage.txt"
METHODS = tuple(figures.METHODS)
BASES = 1_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 10_000_000
LENGTHS = range(32, 1_025, 32)
LENGTH = Steps("Length, tokens", "positions.length", LENGTHS, 1_024, look={"width": 300})
SOURCE = Buttons("Text", "positions.source", (TALE, OWN), TALE)
PASSAGE = Lines("Your own long text", "positions.passage", None, "", look={"height": 110})
MEASURED = "positions.measured"
READ = Several("RoPE read in other ways", "positions.methods", METHODS, ["YaRN"], least=0)
BASE = Steps(
    "The other base",
    "positions.base",
    BASES,
    100_000,
    look={"width": 220, "format_func": lambda value: f"{value:,}"},
)
OCTAVES = 0, 16, 32, 64, 128, 256, 512, 1_024  # one dot each: more tokens where the axis gives them less room


@remembered()
def passage():
    return (zoo.FOLDER / TALE_FILE).read_text(encoding="utf-8")


@remembered()
def encoded(text):
    """Token ids of a text of any length."""
    return tuple(encodings.bundle(encodings.usable()[0]).tokenizer.encode(text))


@remembered()
def losses(ids, name, method, base):
    """Nats of each of the N tokens that follow the first; of RoPE read by a method if one is named."""
    bundle, how = encodings.bundle(name), {}
    if method:
        angle, temperature = order.rescaled(bundle.config, len(ids) - 1, method, base)
        how = {"angle": angle, "changes": [Change(temperature=temperature)] * bundle.config.layers}
    return order.losses(bundle.network, ids, **how)


def settings():
    """What the controls say: the text, its length, encodings, methods, base."""
    source = SOURCE.value()
    text = passage() if source == TALE else PASSAGE.value()
    chosen = encodings.several_control(MEASURED).value()
    return source, text, LENGTH.value(), chosen, READ.value(), BASE.value()


def controls(source):
    """Draw what the settings said."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        LENGTH.draw()
        SOURCE.draw()
        encodings.several_control(MEASURED).draw()
    if source == OWN:
        PASSAGE.draw()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        READ.draw()
        BASE.draw()


def jobs(ids, chosen, methods, base):
    """(name of the curve, what `losses` is asked for), in the order in which they are measured; the learned
    table is asked as far as it goes.
    """
    found = [(name, (ids[: encodings.bundle(name).config.max_tokens + 1], name, None, 0)) for name in chosen]
    return found + [
        (method, (ids, "rope", method, base if method == "another base" else 0))
        for method in methods
        if "rope" in NAMES
    ]


def stop(asked):
    st.session_state["positions.stopped"] = asked


def section(_):
    """Draw all of it; the text is one of its own."""
    st.markdown(
        "All models were trained on 128 tokens at a time. **Move the length** past that, and look what "
        "happens to the right of the dotted line: only **alibi** and **t5** go on as before. Both add a bias "
        "to the scores that says nothing new of far words: t5 adds the same number from 113 tokens on, with "
        "alibi they only fade further. To follow the distance is not enough: rope does, but its slow pairs "
        "come to angles that they never met. And without any encoding (none) a model fails as well."
    )
    source, text, length, chosen, methods, base = settings()
    controls(source)
    if not text.strip():
        st.warning(
            "There is no text yet. Paste one of a few hundred words into the box, or choose the fairy tale."
        )
        raise NothingToShow
    # no more of the text than the longest tokens could need: to cut megabytes into tokens takes minutes
    ids = encoded(text[: (length + 2) * encodings.bundle(encodings.usable()[0]).tokenizer.longest])
    if len(ids) < 2:
        st.warning("This text is one token, and there is none after it to be predicted. Paste a longer one.")
        raise NothingToShow
    for name in chosen:
        if why := encodings.missing(name):
            st.warning(why)
    chosen = [name for name in chosen if not encodings.missing(name)]
    methods = [] if encodings.missing("rope") else methods
    used = ids[: length + 1]
    context = encodings.bundle(encodings.usable()[0]).config.context
    asked = hash((used, tuple(chosen), tuple(methods), base))
    todo = jobs(used, chosen, methods, base)
    found = measured(todo, chosen, context, len(used) - 1, asked)
    pause()
    st.caption(
        "solid: measured now on this one text, whose hard places all curves share; dashed: the mean over 192 "
        "windows of held-out texts, from its card. "
        "Across: how many tokens were read before, on a log scale, each dot the mean over 16, 32, 64 … "
        "tokens; upwards: the loss in nats, lower is better"
    )
    about(found, ids, used, source, length, context)
    st.markdown(behind([one for one in todo if one[0] in found], context))
    explained(methods, len(used) - 1, context)


def measured(todo, chosen, context, N, asked):
    """Measure curve by curve and draw each as it comes; a press of Stop, or any other control, ends it.
    Returns {curve: rows}.
    """
    recorded = {name: by_octave(encodings.bundle(name).card["loss_by_position"], N) for name in chosen}
    with st.container(horizontal=True, vertical_alignment="center"):
        button, told = st.empty(), st.empty()
    picture, state, began, drawn, found = st.empty(), st.session_state, time.monotonic(), None, {}
    stopped = state.get("positions.stopped") == asked
    done = state.get("positions.done", {}).get(asked, 0) if stopped else len(todo)
    if not stopped:
        button.button("Stop", key="positions.stop", on_click=stop, args=(asked,))
    for name, what in todo[:done]:
        found[name] = order.binned(losses(*what), OCTAVES)
        state["positions.done"] = {asked: len(found)}
        if time.monotonic() - began > _shell.SOON:
            told.progress(len(found) / len(todo), f"Measured {name}, curve {len(found)} of {len(todo)}")
            drawn = draw(picture, found, recorded, context, N)
    if drawn != len(found):
        draw(picture, found, recorded, context, N)
    if len(found) < len(todo):
        button.button("Go on", key="positions.go", on_click=stop, args=(None,))
        told.markdown(f"Stopped after {len(found)} of {plural('curve', len(todo))}.")
    else:
        button.button("Stop", key="positions.rest", disabled=True)
        told.markdown(f"Measured {plural('curve', len(todo))} on {plural('token', N)}.")
    return found


def draw(picture, found, recorded, context, N):
    """Draw the curves that there are into the placeholder; returns how many, which is part of the key, since
    no key may come twice in a run.
    """
    figure = figures.positions(found, recorded, looks=LOOKS, context=context, last=N)
    with picture:
        _shell.show(
            figure,
            key=f"positions.curves{len(found)}",
            alt="loss by position for each encoding, measured now and from the cards",
        )
    return len(found)


def by_octave(rows, N):
    """The rows of a card, joined to those of the picture, as far as the text goes."""
    octaves = [(a, b, mean(rows, a, b)) for a, b in pairwise(OCTAVES) if a < N]
    return [row for row in octaves if row[-1] is not None]


def mean(rows, first, end):
    """The mean loss of the rows between two positions, each row by its tokens; None where there are none."""
    inside = [(b - a, nats) for a, b, nats in rows if first <= a and b <= end]
    return sum(size * nats for size, nats in inside) / sum(size for size, _ in inside) if inside else None


def about(found, ids, used, source, length, context):
    """The numbers of the curves as a table, and what to see in them."""
    N = len(used) - 1
    if source == OWN and len(ids) <= length:
        st.info(f"This text has {len(ids):,} tokens: it is measured to its end, at {N:,}.")
    elif source == OWN:
        st.caption(f"Of {plural('token', len(ids))} the first {N:,} are used.")
    else:
        st.caption(
            "The text: the beginning of “The Bronze Ring”, from The Blue Fairy Book, edited by Andrew Lang, "
            "1889, public domain. No model was trained on it."
        )
    lines = [
        f"| | after {'1 token' if N == 1 else f'1 to {min(N, context)} tokens'} | "
        f"{f'after {context + 1} to {N:,}' if context < N else 'beyond'} | change |",
        "|---|---|---|---|",
    ]
    for name, rows in found.items():
        near, far = mean(rows, 0, context), mean(rows, context, N)
        ends = encodings.bundle(name).config.max_tokens if name in NAMES else N
        beyond = "no such position" if far is None and ends < N else "–" if far is None else number(far, 2)
        lines.append(
            f"| {name} | {number(near, 2)} | {beyond} | {'–' if far is None else signed(far - near, 2)} |"
        )
    st.markdown("\n".join(lines))


def behind(todo, context):
    """How much more than the lowest of them each curve costs past the training length, token by token, in
    words; of those that go as far as the text does.
    """
    past = {name: losses(*what)[context:] for name, what in todo}
    longest = max(map(len, past.values()), default=0)
    past = {name: nats for name, nats in past.items() if len(nats) == longest}
    if not longest or len(past) < 2:
        return ""
    best = min(past, key=lambda name: past[name].mean())
    more = {name: chance.difference(nats, past[best]) for name, nats in past.items() if name != best}
    told = "; ".join(
        f"{name} {uncertain(found.mean, found.error)}{', which may be noise' * found.noise}"
        for name, found in sorted(more.items(), key=lambda one: one[1].mean)
    )
    return (
        f"Past {context} tokens **{best}** costs least on this text. Token by token the others cost so many "
        f"nats more, with the standard error over {plural('token', longest)}: {told}."
    )


def explained(methods, N, context):
    """What the ways to read RoPE do, with their numbers for this length, and the functions that did it."""
    config = encodings.bundle("rope").config
    width, own, factor = config.head_width, config.rope_base, max(1.0, N / context)
    _shell.heading("RoPE, read in other ways")
    _shell.say(
        rf"s = \max\!\left(1, \tfrac{{{N}}}{{{context}}}\right) = {tex(factor)}",
        "The parameters stay as they are; only the angles by which queries and keys turn are changed, for "
        "the length $s$ times that of the training.",
        f"**another base** (as trained it is {number(own, 0)}): all pairs but the first turn more slowly if "
        "it is larger.",
        rf"**linear interpolation** (Chen 2023): position $i$ is read as $i / s$, here "
        rf"$i / {tex(factor)}$, so that no angle is new, but neighbours move closer.",
        rf"**NTK-aware** (bloc97 2023): base $\times\, s^{{D/(D-2)}}$, here "
        rf"{number(own * factor ** (width / (width - 2)), 0)}: fast pairs stay, the "
        rf"slowest is slowed $s$ times.",
        rf"**YaRN** (Peng 2023): pairs that turn less than once in {context} tokens are interpolated, those "
        r"that turn more than 32 times stay, between them "
        rf"it is mixed; and the scores are divided by the temperature $t = (0.1 \ln s + 1)^{{-2}} = "
        rf"{tex(rope.yarn_temperature(factor), 3)}$. With a "
        rf"training context this short the fastest pair turns {number(context / (2 * math.pi), 0)} times, "
        r"so every pair is slowed a little.",
        "At this length $s = 1$: all of them but another base read the text as trained."
        if factor == 1
        else "",
    )
    functions = {
        "linear interpolation": rope.interpolated,
        "NTK-aware": rope.ntk_aware,
        "YaRN": rope.yarn,
    }
    for method in methods:
        if method in functions:
            _shell.show_source(functions[method])
    _shell.show_source(order.losses)
