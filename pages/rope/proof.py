"""The proof that the pairs of dimensions add up to the score, the arithmetic of one pair, and the code."""

from urllib.parse import urlencode

import numpy as np
import streamlit as st

from model.analysis import rotation
from pages import _shell
from pages._address import LONGEST
from pages._numbers import number, plural, rounding, signed, signed_tex, tex


def add_up(pair):
    """The contributions' sum beside the score that the model computed, for the two tokens and for the query
    with every key.
    """
    attention, head, frequency = pair.attention, pair.choice.head, pair.frequency
    width = pair.turning.width
    model = attention.scaled(head)[pair.query]  # (T,)
    keys = attention.head(head, turned=False).k
    places = np.arange(len(keys))
    q, k = (
        rotation.turned(pair.hands[0], pair.query, frequency),
        rotation.turned(pair.turning.hands(keys), places, frequency),
    )
    rest = keys[:, width:].astype(np.float64) @ pair.vectors[0][width:].astype(np.float64)
    sums = rotation.contributions(q, k, attention.scale).sum(-1) + attention.scale * rest  # (T,)
    seen = (pair.turning.hands(one) / pair.turning.scaling for one in attention.head(head)[:2])
    turned = max(abs(q - next(seen)[pair.query]).max(), abs(k - next(seen)).max())
    asks, answers = map(_shell.plain, pair.words)
    unseen = not attention.head(head).allowed[pair.query, pair.key]
    masked = (
        f" {answers} comes after {asks}, so the causal mask keeps this score from being used."
        if unseen
        else ""
    )
    speed = r"$\theta_i = b^{-2(i-1)/D}$" if pair.ours else "$\\theta_i$"
    unturned = f" and the {attention.q.shape[-1] - width} dimensions that are not turned" * bool(
        rest.size and width < attention.q.shape[-1]
    )
    _shell.say(
        rf"\text{{score}} = {factor(pair)} \sum_{{i=1}}^{{{len(frequency)}}} "
        r"|q_i|\,|k_i|\,\cos\big((n-m)\,\theta_i + \varphi_i\big)"
        rf"{' + r' if unturned else ''} = {tex(sums[pair.key])}",
        f"{speed} is the speed of pair i. Where the text has {asks} and {answers}, the {len(frequency)} "
        f"contributions{unturned} add up to **{number(sums[pair.key], 6)}**. The score that the "
        f"model computed, the cell of {heatmap_link(pair)}, is **{number(model[pair.key], 6)}**. Over "
        f"{plural('key', len(model))} of this query, sum and score differ by at most "
        f"{rounding(abs(sums - model).max())}, and the turned hands by {rounding(turned)}: the rounding of "
        f"32-bit numbers.{masked} The positions m of the query and n of the key enter only as n − m. That "
        "is all: turning by the place makes the dot product feel the distance. φ, the angle between the "
        "two hands at rest, is what the words have to say; |q| and |k| say how loud.",
    )


def factor(pair):
    """What the model multiplies its dot products by, as TeX: 1/√D, or a number where it is another."""
    scale = pair.attention.scale
    usual = np.isclose(scale, pair.attention.q.shape[-1] ** -0.5)
    return r"\frac{1}{\sqrt{D}}" if usual else tex(scale)


def heatmap_link(pair):
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
    (q, k), scale, (first, second) = after, pair.attention.scale, pair.places(i)
    score = pair.contributions.sum() + pair.rest
    product = rf"{tex(q.real)} \cdot {group(k.real)} {signed_tex(q.imag)} \cdot {group(k.imag)}"
    _shell.say(
        rf"{factor(pair)}\,\mathbf{{q}}' \cdot \mathbf{{k}}' = {tex(scale)} \cdot ({product}) = "
        rf"{tex(contribution)}",
        f"Pair {i + 1} is dimensions {first} and {second}, counted from 0; its speed θ is "
        f"{number(theta)} radians per token, once round in {number(2 * np.pi / theta, 1)} tokens. **A "
        "positive angle turns counter-clockwise**, x to the right and y up; query and key are turned the "
        f"same way, each by its own position. Of the score {signed(score, 3)} this pair "
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


def python(pair):
    """The snippet as the page shows it."""
    st.code(snippet(pair), language="python", wrap_lines=True)


def snippet(pair):
    """Python that prints the contributions and their sum beside the model's own score."""
    layer, head, key_head = (
        pair.choice.layer,
        pair.choice.head,
        pair.attention.group(pair.choice.head),
    )
    return f"""from model import load
from model.analysis import rotation

attention = load({pair.choice.model!r}).explain({pair.choice.text!r}).layers[{layer}].attention
q = rotation.hands(attention.q[{head}, {pair.query}])  # counted from 0
k = rotation.hands(attention.k[{key_head}, {pair.key}])
frequency = rotation.frequencies({pair.trace.config.head_width}, base={pair.trace.config.rope_base})
q, k = rotation.turned(q, {pair.query}, frequency), rotation.turned(k, {pair.key}, frequency)
parts = rotation.contributions(q, k, attention.scale)
print(parts.sum(), attention.scaled({head})[{pair.query}, {pair.key}])"""
