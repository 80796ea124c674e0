"""Two at once: the weights of two heads, of two texts or of two models, and their difference, cell by
cell.
"""

from itertools import zip_longest

import numpy as np
import streamlit as st

from model import load
from model.analysis import alignment
from model.network.attention import attend
from pages import _fold, _shell, _sidebar, _signs, _text, _words
from pages._control import Menu, NothingToShow, Text, pause
from pages._numbers import number, percent, plural, signed
from pages.heads.pair import short
from pages.heads.partners import Side, place_by_place, word_by_word
from viz.component.panels import panels

PAIRS = ("two heads", "two texts", "two models")
PAIR = Menu("Compare", "heads.pair", PAIRS, PAIRS[0], look={"label_visibility": "collapsed", "width": 160})
OPENING = (
    "Two heads, two texts or two models, and their difference, cell by cell. **Choose the other one**, and "
    "look for the strongest colours of the difference."
)


def show(view):
    """Show two heads, texts or models side by side, and their difference."""
    pair = PAIR.value()
    with view.row:
        PAIR.draw()
    with st.container(horizontal=True):
        b = {"two heads": other_head, "two texts": other_text, "two models": other_model}[pair](view)
    (text, model), layer, head = view.choice, view.choice.layer, view.choice.head
    a = Side(
        {"two heads": short(layer, head), "two texts": "this text", "two models": model}[pair],
        view.trace,
        layer,
        head,
    )
    found = (word_by_word if pair == "two texts" else place_by_place)(view, a, b)
    gap = found.maps[0] - found.maps[1]
    titles = f"A: {a.name}", f"B: {b.name}", "A − B"
    panels(
        dict(zip(titles, (*found.maps, gap), strict=True)),
        rows=found.names,
        columns=found.names,
        key="heads.contrast",
        signed=titles[2:],
        side=300,
        selected=found.selected,
        label=f"head {short(layer, head)}" * (pair != "two heads"),
        hole="masked, or without a partner" if pair == "two texts" else "masked",
        revision=f"{text}\n{b.name}",
        on_select=found.on_select,
    )
    pause()
    st.markdown(f"{largest(found, gap)} {found.sentence}")
    st.caption(
        "Rows ask, columns answer. A and B are on one scale from 0 to 1; their difference is on one that is "
        "symmetric about 0: vermillion where A has more, blue where B has more, the page’s colour where "
        "they agree."
    )
    if pair != "two texts":
        _words.labels(a.trace).draw(a.weights(slice(None)))
    _fold.fold("How far apart the rows are", "heads.apart", apart, found)
    _fold.sources("heads.code", attend, alignment.align)


# ---- what B is ----


def other_head(view):
    layer, head = picked(
        view.trace.config, view.choice.layer, (view.choice.head + 1) % view.trace.config.heads
    )
    return Side(short(layer, head), view.trace, layer, head)


def other_text(view):
    example = next(example for example in _text.EXAMPLES[1:] if example != view.choice.text)
    text = Text("Text B", "heads.other", None, example, look={"label_visibility": "collapsed"})
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
    models = Menu(
        "Model B",
        "heads.model",
        names,
        (same or names)[0],
        look={"width": 200, "label_visibility": "collapsed"},
    )
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
        look = {"label_visibility": "collapsed", "width": 130, "format_func": f"B: {name} {{}}".format}
        label = f"{name.capitalize()} of B"
        menu = Menu(label, f"heads.{name}_b", range(1, count + 1), default + 1, look=look)
        menu.draw()
        chosen.append(menu.value() - 1)
    return chosen


# ---- in words ----


def largest(found, gap):
    """The cell in which they differ most."""
    if not np.isfinite(gap).any():
        return "**No cell is in both**: there is nothing to compare."
    if not np.nanmax(np.abs(gap), initial=0) > 0:
        return "**They do not differ in any cell.**"
    i, j = np.unravel_index(np.nanargmax(np.abs(gap)), gap.shape)
    row, column = (_shell.plain(found.names[place].strip()) for place in (i, j))
    return (
        f"They differ most where {row} (place {found.start + i + 1}) looks at {column} (place "
        f"{found.start + j + 1}): A gives it {number(found.maps[0][i, j], 2)} and B "
        f"{number(found.maps[1][i, j], 2)}, **A − B = {signed(gap[i, j], 2)}**."
    )


def apart(found):
    """How far apart the rows of the two are, with the formula."""
    _shell.say(r"D_{ij} = w^A_{ij} - w^B_{ij} \in [-1, 1]", moved(found.maps, found.sums))


def moved(maps, sums):
    """How much of a row's weight lies elsewhere, over the rows of which all is compared; `sums` are those of
    the whole rows. What a sink takes counts as the weight of one token more.
    """
    drawn, sums = np.nansum(maps, axis=2), np.stack(sums)  # both (2, W)
    whole = (np.abs(drawn - sums) < 1e-4).all(0)
    if not whole.any():
        return "No row is compared to its end: of each some weight is on what is not drawn of both."
    a, b = (np.nan_to_num(values) for values in maps)  # what may not be seen, or has no partner, is 0
    gap = np.abs(a - b).sum(axis=1) + np.abs(sums[0] - sums[1])
    share = gap[whole].mean() / 2
    sink = ", their sinks counted as a token more" * bool((np.abs(sums - 1) > 1e-4)[:, whole].any())
    return (
        f"Of the weight of a row, B has on average **{percent(share)}** elsewhere than A: half the sum of "
        f"$|D_{{ij}}|$ over $j${sink}, 0 % where two rows are equal, 100 % where they share no token."
    )
