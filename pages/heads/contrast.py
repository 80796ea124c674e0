"""Two at once: the weights of two heads, of two texts or of two models, and their difference, cell by
cell.
"""

from itertools import zip_longest
from typing import NamedTuple

import numpy as np
import streamlit as st

from model import Trace, load
from model.network.attention import attend
from pages import _shell, _sidebar, _signs, _text, _words
from pages._control import Buttons, Menu, NothingToShow, Text, pause
from pages._numbers import number, percent, plural, signed
from pages.heads.pair import look_at, short, window
from viz.component.panels import panels

PAIRS = ("two heads", "two texts", "two models")
PAIR = Buttons("Compare", "heads.pair", PAIRS, PAIRS[0])
SHOWN, STEP = 128, 32  # tokens of a long text that are drawn, and by how many the window moves


class Side(NamedTuple):
    """One of the two that are compared: what it is called, its Trace, layer and head from 0."""

    name: str
    trace: Trace
    layer: int
    head: int

    def weights(self, part):
        """Weights (S, S) of the tokens in this part of the text, NaN where one may not look."""
        attention = self.trace.layers[self.layer].attention
        return np.where(
            attention.head(self.head).allowed[part, part], attention.weights(self.head, part)[:, part], np.nan
        )


def show(view):
    """Show two heads, texts or models side by side, and their difference."""
    pair = PAIR.value()
    with st.container(horizontal=True):
        PAIR.draw()
        b = {"two heads": other_head, "two texts": other_text, "two models": other_model}[pair](view)
    (text, model), layer, head = view.choice, view.choice.layer, view.choice.head
    a = Side(
        {"two heads": short(layer, head), "two texts": "this text", "two models": model}[pair],
        view.trace,
        layer,
        head,
    )
    T = min(len(a.trace.tokens), len(b.trace.tokens))
    part = window(min(view.query, T - 1), T, SHOWN, STEP)
    words = labels(a, b, part)
    maps = [words.matrix(side.weights(part)) for side in (a, b)]
    gap = maps[0] - maps[1]
    titles = f"A: {a.name}", f"B: {b.name}", "A − B"
    panels(
        dict(zip(titles, (*maps, gap), strict=True)),
        rows=words.names,
        columns=words.names,
        key="heads.contrast",
        signed=titles[2:],
        side=300,
        selected=words.cell(view.query, view.key),
        label=f"head {short(layer, head)}" * (pair != "two heads"),
        revision=f"{text}\n{b.name}",
        on_select=words.chosen(look_at),
    )
    pause()
    st.caption(
        "Rows ask, columns answer. A and B are on one scale from 0 to 1; their difference is on one that is "
        "symmetric about 0: vermillion where A has more, blue where B has more, the page’s colour where "
        f"they agree. {matched(a, b, part)}"
    )
    words.draw()
    st.markdown(largest(words, maps, gap))
    _shell.say(r"D_{ij} = w^A_{ij} - w^B_{ij} \in [-1, 1]", moved(maps, gap))
    _shell.heading("The function that computed the weights")
    _shell.show_source(attend)


# ---- what B is ----


def other_head(view):
    layer, head = picked(
        view.trace.config, view.choice.layer, (view.choice.head + 1) % view.trace.config.heads
    )
    return Side(short(layer, head), view.trace, layer, head)


def other_text(view):
    example = next(example for example in _text.EXAMPLES[1:] if example != view.choice.text)
    text = Text("Text B", "heads.other", None, example, look={"width": 520})
    text.draw()
    _signs.note(text.key, text.value(), view.choice.model)
    trace = _sidebar.read(view.choice._replace(text=text.value()))
    return Side("the other text", trace, view.choice.layer, view.choice.head)


def other_model(view):
    """The other model; where it cuts the text into other tokens, there are no cells to compare, and the page
    says with which models there are.
    """
    names = [name for name in st.session_state.models if name != view.choice.model]
    same = [name for name in names if pieces(name, view.choice.text) == view.trace.tokens]
    models = Menu("Model B", "heads.model", names, (same or names)[0], look={"width": 200})
    models.draw()
    model = models.value()
    config = load(model).config
    layer, head = picked(
        config, min(view.choice.layer, config.layers - 1), min(view.choice.head, config.heads - 1)
    )
    trace = _sidebar.read(view.choice._replace(text=view.choice.text, model=model))
    if trace.tokens != view.trace.tokens:
        first = next(
            pair for pair in zip_longest(view.trace.tokens, trace.tokens, fillvalue="") if len(set(pair)) > 1
        )
        with_it = (
            f"Those with the same tokens as {view.choice.model}: {', '.join(same)}."
            if same
            else "No other model here cuts it as this one does."
        )
        st.warning(
            f"{view.choice.model} cuts this text into {plural('token', len(view.trace.tokens))} and {model} "
            f"into {len(trace.tokens)}, and they are not the same: the first to differ is "
            f"{_shell.plain(first[0])} here and {_shell.plain(first[1])} there. So the cells of the one "
            f"have no partners in the other. {with_it}"
        )
        raise NothingToShow
    return Side(f"{model} {short(layer, head)}", trace, layer, head)


def pieces(name, text):
    """The tokens that a model cuts the text into; None if it cannot read it."""
    bundle = load(name)
    try:
        return tuple(map(bundle.tokenizer.piece, bundle.read(text)))
    except ValueError:
        return None


def picked(config, layer, head):
    """Layer and head of B, from 0, by two lists; those given unless others are chosen."""
    chosen = []
    for name, count, default in (("layer", config.layers, layer), ("head", config.heads, head)):
        label = f"{name.capitalize()} of B"
        menu = Menu(label, f"heads.{name}_b", range(1, count + 1), default + 1, look={"width": 110})
        menu.draw()
        chosen.append(menu.value() - 1)
    return chosen


# ---- in words ----


def labels(a, b, part):
    """What rows and columns stand for: tokens or words; where the texts differ, the two tokens of a place."""
    if a.trace.text == b.trace.text:
        return _words.labels(a.trace, part)
    pairs = zip(a.trace.tokens[part], b.trace.tokens[part], strict=True)
    names = tuple(one if one == other else f"{one}|{other}" for one, other in pairs)
    return _words.by_token(a.trace, part)._replace(names=names)


def matched(a, b, part):
    """What is compared where the texts differ or are long."""
    lengths = len(a.trace.tokens), len(b.trace.tokens)
    T, sentence = min(lengths), ""
    if a.trace.tokens != b.trace.tokens:
        differ = sum(one != other for one, other in zip(a.trace.tokens, b.trace.tokens, strict=False))
        sentence = (
            f"Compared place by place: the first token with the first, and so on; at {differ} of "
            f"{plural('place', T)} the tokens differ, and both are named. "
        )
    if lengths[0] != lengths[1]:
        sentence += (
            f"The numbers of tokens, {lengths[0]} and {lengths[1]}, differ: what is past place {T} has no "
            "partner and is left out. "
        )
    if part.stop - part.start < T:
        sentence += (
            f"Drawn are tokens {part.start + 1} to {part.stop} of {T:,}, around the token that asks; the "
            "sentence below is about these."
        )
    return sentence


def largest(words, maps, gap):
    """The cell in which they differ most."""
    if not np.nanmax(np.abs(gap), initial=0) > 0:
        return "**They do not differ in any cell.**"
    i, j = np.unravel_index(np.nanargmax(np.abs(gap)), gap.shape)
    row, column = (_shell.plain(words.names[place]) for place in (i, j))
    return (
        f"They differ most where {row} (place {words.start + i + 1}) looks at {column} (place "
        f"{words.start + j + 1}): A gives it {number(maps[0][i, j], 2)} and B {number(maps[1][i, j], 2)}, "
        f"**A − B = {signed(gap[i, j], 2)}**."
    )


def moved(maps, gap):
    """How much of a row's weight lies elsewhere, over the rows of which all is compared."""
    whole = np.all([np.abs(np.nansum(values, axis=1) - 1) < 1e-4 for values in maps], axis=0)
    if (np.isnan(maps[0]) != np.isnan(maps[1])).any():
        return "Where one of the two may not look there is no difference, and the cell is hatched."
    if not whole.any():
        return "No row is compared to its end, so that none of them sums to 1 in both."
    share = np.nansum(np.abs(gap[whole]), axis=1).mean() / 2
    return (
        f"Of the weight of a row, B has on average **{percent(share)}** elsewhere than A: half the sum of "
        f"$|D_{{ij}}|$ over $j$, 0 % where two rows are equal, 100 % where they share no token."
    )
