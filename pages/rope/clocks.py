"""The clocks of the page about RoPE: which two tokens, where they stand, what each pair of dimensions adds to
their score, and the proof of the sum.
"""

from typing import NamedTuple
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from model import AttentionTrace, Trace
from model.analysis import rotation
from pages import _shell
from pages._choices import LONGEST, put
from pages._control import Buttons, Control, Menu, token
from pages._numbers import number, plural, rounding, signed, signed_tex, tex
from viz import rotation as figures
from viz.component.clocks import clocks

MOVED = BOTH, ALONE = "rope.both", "rope.alone"  # away from where the text has the two tokens
ORDERS = FREQUENCY, CONTRIBUTION = "by frequency", "by contribution"
ORDER = Buttons("Sort the clocks", "rope.order", ORDERS, FREQUENCY)


class Pair(NamedTuple):
    """Two tokens in one head of one layer, and where the reader has moved them."""

    trace: Trace
    choice: _shell.Choice
    query: int  # places in the text
    key: int
    at: tuple[int, int]  # positions after the move, the query's first
    pickers: tuple[Menu, Menu]  # the controls that choose the two tokens

    @property
    def attention(self) -> AttentionTrace:
        return self.trace.layers[self.choice.layer].attention

    @property
    def vectors(self):
        """q and k (D,) of the two tokens before they are turned."""
        q, k, *_ = self.attention.head(self.choice.head, turned=False)
        return q[self.query], k[self.key]

    @property
    def hands(self):
        """The same as hands at rest, (P,) each."""
        return tuple(map(rotation.hands, self.vectors))

    @property
    def frequency(self):
        return rotation.frequencies(self.trace.config.head_width, self.trace.config.rope_base)

    @property
    def last(self):
        """The last position that the sliders offer: that of the training context, or of a longer text."""
        return max(self.trace.config.context, len(self.trace.tokens)) - 1

    @property
    def contributions(self):
        """What each pair of dimensions adds to the score where the tokens now stand, (P,)."""
        q, k = (
            rotation.turned(hand, place, self.frequency)
            for hand, place in zip(self.hands, self.at, strict=True)
        )
        return rotation.contributions(q, k, self.attention.scale)

    @property
    def words(self):
        return self.trace.tokens[self.query], self.trace.tokens[self.key]


def pair(trace, choice):
    """The Pair of this run; asked before the controls are drawn."""
    T, attention = len(trace.tokens), trace.layers[choice.layer].attention
    asks = token("Who asks (query)", "rope.query", trace.tokens, T - 1, "rope.key", *MOVED)
    query = asks.value()  # until somebody says who answers, the strongest does
    strongest = int(attention.weights(choice.head)[query].argmax())
    answers = token("Who answers (key)", "rope.key", trace.tokens, strongest, *MOVED)
    key, last = answers.value(), max(trace.config.context, T) - 1
    both = Control("Both moved by", BOTH, range(-query, last - query + 1), 0).value()
    alone = Control("The key moved by", ALONE, range(-key - both, last - key - both + 1), 0).value()
    return Pair(trace, choice, query, key, (query + both, key + both + alone), (asks, answers))


def take_pair(pair):
    put({"rope.pair": pair + 1})


def draw(pair, order):
    """The clocks; returns the chosen pair of dimensions, at first the one that adds most to the score."""
    parts = pair.contributions
    chosen = Control("Pair", "rope.pair", range(1, len(parts) + 1), int(parts.argmax()) + 1).value() - 1
    q, k = pair.vectors

    def take_places(query, key):
        both = query - pair.query
        put({BOTH: both, ALONE: key - pair.key - both})

    clocks(
        q,
        k,
        pair.frequency,
        scale=pair.attention.scale,
        home=(pair.query, pair.key),
        places=pair.at,
        last=pair.last,
        chosen=chosen,
        order=np.arange(len(parts)) if order == FREQUENCY else np.argsort(-parts, kind="stable"),
        words=pair.words,
        key="rope.clocks",
        label="a clock for each pair of dimensions, with the hand of the query and the hand of the key",
        revision=pair.trace.text,
        on_move=take_places,
        on_select=take_pair,
    )
    return chosen


# ---- the proof ----


def proof(pair):
    """The contributions' sum beside the score that the model computed, for the two tokens and for the query
    with every key.
    """
    attention, head, frequency = pair.attention, pair.choice.head, pair.frequency
    model = attention.scaled(head)[pair.query]  # (T,)
    keys = attention.head(head, turned=False).k
    places = np.arange(len(keys))
    q, k = (
        rotation.turned(pair.hands[0], pair.query, frequency),
        rotation.turned(rotation.hands(keys), places, frequency),
    )
    sums = rotation.contributions(q, k, attention.scale).sum(-1)  # (T,)
    turned = max(
        abs(q - rotation.hands(attention.head(head).q[pair.query])).max(),
        abs(k - rotation.hands(attention.head(head).k)).max(),
    )
    asks, answers = map(_shell.plain, pair.words)
    unseen = not attention.head(head).allowed[pair.query, pair.key]
    masked = (
        f" {answers} comes after {asks}, so the causal mask keeps this score from being used."
        if unseen
        else ""
    )
    _shell.say(
        rf"\text{{score}} = \frac{{1}}{{\sqrt{{D}}}} \sum_{{i=1}}^{{{len(frequency)}}} "
        r"|q_i|\,|k_i|\,\cos\big((n-m)\,\theta_i + \varphi_i\big)"
        rf" = {tex(sums[pair.key])}",
        f"$\\theta_i = b^{{-2(i-1)/D}}$ is the speed of pair i. Where the text has {asks} and {answers}, "
        f"the {len(frequency)} contributions add up to **{number(sums[pair.key], 6)}**. The score that the "
        f"model computed, the cell of {heatmap(pair)}, is **{number(model[pair.key], 6)}**. Over "
        f"{plural('key', len(model))} of this query, sum and score differ by at most "
        f"{rounding(abs(sums - model).max())}, and the turned hands by {rounding(turned)}: the rounding of "
        f"32-bit numbers.{masked} The positions m of the query and n of the key enter only as n − m. That "
        "is all: turning by the place makes the dot product feel the distance. φ, the angle between the "
        "two hands at rest, is what the words have to say; |q| and |k| say how loud.",
    )


def heatmap(pair):
    """A link to the attention page's heatmap of scaled scores, at the same cell."""
    cell = {
        "attention.query": pair.query + 1,
        "attention.key": pair.key + 1,
        "attention.step": "4 Divide by √D",
    }
    link = urlencode(
        {
            "text": pair.choice.text,
            "model": pair.choice.model,
            "layer": pair.choice.layer + 1,
            "head": pair.choice.head + 1,
        }
        | cell
    )
    return (
        f"[the attention page’s heatmap](attention?{link})"
        if len(link) < LONGEST
        else "the attention page’s heatmap"
    )


# ---- the score over the distance ----


def distances(pair):
    """The score of the two tokens at every offset, with their content and without it, and what is to be seen
    in it.
    """
    offsets = np.arange(-pair.last, pair.last + 1)
    (q, k), how = pair.hands, (offsets, pair.frequency, pair.attention.scale)
    alike = rotation.without_content(q, k)
    content, without = rotation.curve(q, k, *how), rotation.curve(alike, alike, *how)
    here, there = pair.key - pair.query, pair.at[1] - pair.at[0]
    marks = {"in the text": here} | ({"moved": there} if there != here else {})
    bound, context = rotation.bound(q, k, pair.attention.scale), pair.trace.config.context
    figure = figures.scores(
        offsets,
        content,
        without,
        rotation.envelope(alike, alike, *how),
        bound=bound,
        limit=context,
        marks={name: (offset, content[offset + pair.last]) for name, offset in marks.items()},
    )
    _shell.show(
        figure,
        key="rope.distances",
        alt="score of the two tokens over their offset, with and without content",
    )
    seen = content[: pair.last + 1]  # the key at the query's place or before it
    paper = rotation.decay(q, k, *how)
    asks, answers = map(_shell.plain, pair.words)
    st.markdown(
        f"- Purple: **the real q of {asks} and k of {answers}, set at every distance.** Looking back, the "
        f"two would score highest at {signed(offsets[seen.argmax()])}, with {number(seen.max(), 2)}; in the "
        f"text they stand at {signed(here)}, with {number(content[here + pair.last], 2)}.\n- Dashed: "
        f"**without content.** All {len(q)} pairs equally long, pointing the same way at offset 0, with the "
        "same Σ a, a = |q| |k|. Their cosines agree near 0 and drift apart further out: what RoPE says by "
        "itself is “the nearer, the higher”, more or less. The grey band is the envelope of this curve, "
        "scale × |Σ a e^(i offset θ)|; real words need not stay inside.\n- Dotted: **what these two cannot "
        f"exceed at any distance**, scale × Σ a = {number(bound, 2)}. The decaying bound of the RoPE paper "
        f"(Su 2021, eq. 37) goes for this q and k from {number(paper[pair.last], 0)} at offset 0 to "
        f"{number(paper[0], 0)} at {signed(offsets[0])}: true, but "
        f"{'everywhere' if paper.min() > bound else 'nearly everywhere'} above the dotted line, and so not "
        "drawn. RoPE leans to decay; it does not enforce it."
    )


# ---- one pair, by hand ----


def by_hand(pair, i):
    """The 2 x 2 matrices that turn pair i of the query and of the key, with their numbers, and what comes
    out.
    """
    theta, contribution = pair.frequency[i], pair.contributions[i]
    rest = [hand[i] for hand in pair.hands]
    after = [rotation.turned(hand, place, theta) for hand, place in zip(rest, pair.at, strict=True)]
    for name, place, old, new in zip("qk", pair.at, rest, after, strict=True):
        _shell.say(
            rf"\mathbf{{{name}}}' = R({place} \cdot {tex(theta)})\,\mathbf{{{name}}} = "
            rf"{matrix(place * theta)} {column(old)} = {column(new)}"
        )
    (q, k), scale = after, pair.attention.scale
    product = rf"{tex(q.real)} \cdot {group(k.real)} {signed_tex(q.imag)} \cdot {group(k.imag)}"
    _shell.say(
        rf"\tfrac{{1}}{{\sqrt{{D}}}}\,\mathbf{{q}}' \cdot \mathbf{{k}}' = {tex(scale)} \cdot ({product}) = "
        rf"{tex(contribution)}",
        f"Pair {i + 1} is dimensions {2 * i} and {2 * i + 1}, counted from 0; its speed θ is "
        f"{number(theta)} radians per token, once round in {number(2 * np.pi / theta, 1)} tokens. **A "
        "positive angle turns counter-clockwise**, x to the right and y up; query and key are turned the "
        f"same way, each by its own position. Of the score {signed(pair.contributions.sum(), 3)} this pair "
        f"makes {signed(contribution, 3)}. Click another clock above to see its numbers.",
    )


def matrix(angle):
    cos, sin = np.cos(angle), np.sin(angle)
    cos, less, sin = tex(cos, 3), tex(-sin, 3), tex(sin, 3)
    return rf"\begin{{pmatrix}} {cos} & {less} \\ {sin} & {cos} \end{{pmatrix}}"


def column(hand):
    return rf"\begin{{pmatrix}} {tex(hand.real, 3)} \\ {tex(hand.imag, 3)} \end{{pmatrix}}"


def group(value):
    return tex(value) if value >= 0 else f"({tex(value)})"


def snippet(pair):
    """Python that prints the contributions and their sum beside the model's own score."""
    layer, head, group = (
        pair.choice.layer,
        pair.choice.head,
        pair.attention.group(pair.choice.head),
    )
    return f"""from model import load
from model.analysis import rotation

attention = load({pair.choice.model!r}).explain({pair.choice.text!r}).layers[{layer}].attention
q = rotation.hands(attention.q[{head}, {pair.query}])  # counted from 0
k = rotation.hands(attention.k[{group}, {pair.key}])
frequency = rotation.frequencies({pair.trace.config.head_width}, base={pair.trace.config.rope_base})
q, k = rotation.turned(q, {pair.query}, frequency), rotation.turned(k, {pair.key}, frequency)
parts = rotation.contributions(q, k, attention.scale)
print(parts.sum(), attention.scaled({head})[{pair.query}, {pair.key}])"""
