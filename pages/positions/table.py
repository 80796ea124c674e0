"""The encoding itself: what a model is told about each position before it has read a word."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st

from model.analysis import order
from model.network import encodings as mathematics
from pages import _shell
from pages._control import picture_first
from pages.positions import encodings
from viz import order as figures
from viz.component import heatmap

SHOWN = 128  # positions; also where the learned table ends
PLACES = [str(i) for i in range(SHOWN)]
WAVES = "A row’s name is its wave and the wavelength in tokens"


class View(NamedTuple):
    """What is shown of an encoding."""

    draw: Callable[[], None]  # draws the encoding itself
    alike: np.ndarray  # (SHOWN, SHOWN) position against position
    limit: float | None  # of the scale of `alike`
    label: str
    caption: str
    formula: str
    meaning: str
    source: Callable | None


def section(_):
    """Draw all of it; the text plays no part."""
    st.markdown(
        "This is what a model is told about positions, before it has read a word. **Choose an encoding**, "
        "and look at the right picture: "
        "how alike any two positions are to the model. A band along the diagonal means that near and far can "
        "be told apart."
    )
    encoding, heads = (
        encodings.encoding_control("positions.encoding", "sinusoidal"),
        encodings.head_control(1),
    )
    name, head = encoding.value(), heads.value() - 1
    controls = (encoding, heads) if name in ("alibi", "t5") else (encoding,)
    with picture_first(*controls):
        view = VIEWS[name](encodings.bundle(name), head)
        left, right = st.columns(2, gap="small")
        with left:
            view.draw()
        with right:
            heatmap(
                view.alike,
                rows=PLACES,
                columns=PLACES,
                key="positions.alike",
                kind="signed",
                height=460,
                limit=view.limit,
                label=view.label,
                row_role="i",
                column_role="j",
                revision=f"{name}:{head}",
            )
    st.caption(view.caption)
    _shell.say(view.formula, view.meaning)
    if view.source:
        _shell.show_source(view.source)


def table(values, rows, label, row_role, revision, limit=None):
    """A function that draws the vectors of all positions, values (positions, rows), one column each."""
    return lambda: heatmap(
        values.T,
        rows=rows,
        columns=PLACES,
        key="positions.table",
        kind="signed",
        height=460,
        square=False,
        limit=limit,
        label=label,
        row_role=row_role,
        column_role="position",
        revision=revision,
    )


def wavelengths(width, base):
    """Tokens that one turn of each pair takes, (width / 2,)."""
    return 2 * math.pi / mathematics.sinusoidal.frequencies(width, base).numpy()


def waves(width, base):
    """Names of the rows of sinusoids: function and wavelength."""
    tokens = (
        f"{length:.3g}" if length < 999.5 else f"{length / 1000:.2g}k" for length in wavelengths(width, base)
    )
    return [f"{function} {length}" for length in tokens for function in ("sin", "cos")]


def by_cosine(draw, vectors, note, formula, meaning, source):
    """The View of an encoding that gives each position a vector, vectors (SHOWN, width)."""
    caption = (
        "left: row is a dimension, column a position; right: row i and column j are positions, the number is "
        "the cosine of their two columns on the left. "
        f"Vermillion above 0, blue below, the scale is −1 to 1. {note}"
    )
    return View(
        draw,
        order.alikeness(vectors),
        1.0,
        "how alike two positions are: cosine",
        caption,
        formula,
        meaning,
        source,
    )


def none(bundle, head):
    nothing = table(np.zeros((SHOWN, 1)), ["—"], "nothing is added or turned", "dimension", "none", limit=1)
    caption = "every position is exactly like every other: nothing tells them apart"
    sentence = (
        "Without an encoding the model is told nothing. A decoder can still learn something about order from "
        "its causal mask: the word at place $i$ looks at "
        "$i$ words, and how many can be learned from what their average looks like (Haviv 2022). See the "
        "shuffle test."
    )
    formula = r"p_i = 0, \qquad R_i = 1, \qquad b_{ij} = 0"
    return View(
        nothing, np.ones((SHOWN, SHOWN)), 1.0, "how alike two positions are", caption, formula, sentence, None
    )


def learned(bundle, head):
    rows = bundle.network.position_table.numpy()
    near = order.alikeness(rows)
    sentence = (
        f"A table of {len(rows)} rows of {rows.shape[1]} numbers, trained like all others. Neighbours have a "
        f"cosine of {np.diag(near, 1).mean():.2f} on "
        f"average, positions {len(rows) // 2} apart of {np.diag(near, len(rows) // 2).mean():.2f}: what "
        "structure there is, the model found by itself. **The "
        f"table ends at {len(rows)}**: a longer text has no position there."
    )
    drawn = table(
        rows,
        list(map(str, range(rows.shape[1]))),
        "the trained table, added to the embedding",
        "dimension",
        "learned",
    )
    note = "The left scale reaches to the table’s largest number"
    return by_cosine(drawn, rows, note, r"x_i = \sqrt C\, e_i + P_{i}", sentence, mathematics.learned.learned)


def sinusoidal(bundle, head):
    width = bundle.config.width
    rows = mathematics.sinusoidal.sinusoidal(SHOWN, width).numpy()
    lengths = wavelengths(width, 10_000.0)
    slow = int((lengths > bundle.config.context).sum())
    sentence = (
        "Pairs of sine and cosine, each slower than the one before: their wavelengths run from "
        f"{lengths[0]:.3g} to {lengths[-1]:,.0f} tokens, and {slow} of "
        f"{len(lengths)} pairs turn less than once in the training context of {bundle.config.context}. "
        "Nothing is learned. A step of $k$ tokens turns each "
        "pair by the same angle wherever it is taken, so the cosine on the right depends on the distance "
        "alone."
    )
    drawn = table(
        rows, waves(width, 10_000.0), "the waves, added to the embedding", "wave", "sinusoidal", limit=1
    )
    formula = (
        r"P_{t,2i} = \sin(t\,\omega_i), \qquad P_{t,2i+1} = \cos(t\,\omega_i), \qquad \omega_i = "
        r"10000^{-2i/C}"
    )
    return by_cosine(drawn, rows, WAVES, formula, sentence, mathematics.sinusoidal.sinusoidal)


def rope(bundle, head):
    width, base = bundle.config.head_width, bundle.config.rope_base
    hands = mathematics.sinusoidal.sinusoidal(SHOWN, width, base).numpy()
    lengths = wavelengths(width, base)
    slow = int((lengths > bundle.config.context).sum())
    sentence = (
        f"Nothing is added: each of the {len(lengths)} pairs of dimensions of every query and key turns by "
        "position × frequency, here drawn as the sine and "
        f"cosine of its angle. One turn takes {lengths[0]:.3g} to {lengths[-1]:,.0f} tokens; {slow} of "
        f"{len(lengths)} pairs turn less than once in the "
        f"training context of {bundle.config.context}. The right picture is the score, over its largest, of "
        "a query and a key with the same length in every "
        "pair, at these two positions: it depends on the distance alone."
    )
    drawn = table(
        hands, waves(width, base), "the angles of RoPE, as sine and cosine", "wave", "rope", limit=1
    )
    turned = (
        r"q_i \mapsto R_i q_i, \qquad \text{pair } m \text{ turned by } i\,\theta_m, \qquad \theta_m = "
        r"10000^{-2m/D}"
    )
    formula = turned + r", \qquad R_i q \cdot R_j k = q \cdot R_{j-i}\, k"
    return by_cosine(drawn, hands, WAVES, formula, sentence, mathematics.rope.rotate)


def by_head(bias, head, name, formula, meaning, source):
    """The View of an encoding that adds a bias (H, SHOWN, SHOWN) to the scores: each head by distance, and
    one head's matrix.
    """
    figure = figures.biases(bias[:, -1, ::-1], chosen=head)

    def draw():
        _shell.show(figure, key="positions.bias", alt=f"bias of {name} by distance, a line for each head")

    seen = np.where(np.tri(SHOWN, dtype=bool), bias[head], np.nan)
    caption = (
        f"left: a line per head, head {head + 1} strong; right: row i asks, column j answers, the number is "
        f"what head {head + 1} adds to the score of the two, "
        "whatever the words are; masked: the causal mask lets nobody look ahead"
    )
    return View(
        draw,
        seen,
        None,
        f"what head {head + 1} adds to the score of two positions",
        caption,
        formula,
        meaning,
        source,
    )


def alibi(bundle, head):
    heads = bundle.config.heads
    bias = mathematics.alibi.alibi(SHOWN, SHOWN, heads).numpy()
    slopes = ", ".join(f"{slope:.4g}" for slope in mathematics.alibi.alibi_slopes(heads).tolist())
    power = 1 << heads.bit_length() - 1
    odd = (
        ""
        if power == heads
        else f" {heads} is no power of two: these are the slopes of {power} heads, then every other one of "
        f"those of {2 * power}."
    )
    sentence = (
        f"Each head subtracts its slope times the distance: the slopes of the {heads} heads are "
        f"{slopes}.{odd} Nothing is learned; far words are never "
        "forbidden, only dearer, and that goes on past any length."
    )
    return by_head(
        bias,
        head,
        "alibi",
        r"b_{ij} = -m_h\,(i - j), \qquad m_h = 2^{-8h/H}",
        sentence,
        mathematics.alibi.alibi_slopes,
    )


def t5(bundle, head):
    config = bundle.config
    bias = mathematics.t5.t5_bias(bundle.network.t5_table, SHOWN, SHOWN, config.t5_distance).numpy()
    buckets = (
        mathematics.t5.t5_buckets(
            config.t5_distance + 1, config.t5_distance + 1, config.t5_buckets, config.t5_distance
        )[-1]
        .flip(0)
        .tolist()
    )
    starts = [buckets.index(bucket) for bucket in sorted(set(buckets))]
    exact = config.t5_buckets // 2
    sentence = (
        f"{config.t5_buckets} learned numbers per head, one for each bucket of distances. Distances 0 to "
        f"{exact - 1} have a bucket each; the others begin at "
        f"{', '.join(map(str, starts[exact:]))}, and all from {starts[-1]} on share the last. All layers use "
        "the same table."
    )
    return by_head(
        bias, head, "t5", r"b_{ij} = B_{\,\mathrm{bucket}(i - j),\,h}", sentence, mathematics.t5.t5_buckets
    )


VIEWS = {"none": none, "learned": learned, "sinusoidal": sinusoidal, "rope": rope, "alibi": alibi, "t5": t5}
