"""How an opened model turns: its own base, scaling, width and pairs, read from its own module."""

import numpy as np
import streamlit as st

from pages import _shell
from pages._numbers import number, plural, signed
from viz import rotation as figures

KINDS = {  # what is done to the speeds of the base, by the library's name for it
    "default": "Its speeds are those of the base.",
    "linear": "Its speeds are scaled linearly: every position is divided by {factor} (Chen 2023).",
    "dynamic": "Its speeds are scaled dynamically (NTK): the base grows with a text that is longer than "
    "those of the training.",
    "yarn": "Its speeds are scaled by YaRN (Peng 2023): pairs that turn often are left alone, slow ones turn "
    "{factor} times slower, and queries and keys are made longer by {scaling}.",
    "llama3": "Its speeds are scaled as in Llama 3.1: pairs that turn often are left alone, slow ones turn "
    "{factor} times slower, those between are mixed.",
    "longrope": "Its speeds are scaled pair by pair (LongRoPE, Ding 2024), and queries and keys are made "
    "longer by {scaling}.",
}
UNKNOWN = "Its speeds are scaled in the way that the library calls {kind}."
OTHERS = {"halves": "neighbours, (0, 1), (2, 3), …", "adjacent": "each with the one half the width further"}


def sentence(pair):
    """Base, scaling, width and pairs of the layer's rotation, in sentences."""
    turning, width = pair.turning, pair.trace.config.head_width
    kind = KINDS.get(turning.kind, UNKNOWN).format(
        factor=number(turning.factor), scaling=number(turning.scaling), kind=_shell.plain(turning.kind)
    )
    first, second = pair.places(0)
    some = "All" if turning.width == width else f"The first {turning.width} of the"
    rest = (
        f" The other {width - turning.width} add the same at every distance, here {signed(pair.rest)}."
        if turning.width < width
        else ""
    )
    return (
        f"This layer turns with **base {round(turning.base):,}**. {kind} {some} {width} dimensions of a head "
        f"are turned, in {plural('pair', len(turning.frequency))} of **{turning.pairing}**: the first is "
        f"dimensions {first} and {second}, counted from 0.{rest}"
    )


def speeds(pair):
    """The wavelength of every pair, with the base alone and as the model has it."""
    turning, config, T = pair.turning, pair.trace.config, len(pair.trace.tokens)
    own, slower = 2 * np.pi / turning.frequency, turning.slower
    if np.allclose(slower, 1, rtol=1e-5):
        changed = "Its speeds are those of the base alone: both curves are one."
    else:
        changed = (
            f"Its pairs turn {number(slower.min())} to {number(slower.max())} times slower than with the "
            "base alone."
        )
    base = f"base {round(turning.base):,} alone"
    _shell.show(
        figures.wavelengths(
            own / slower,
            own,
            lengths={"your text": T, "longest text": config.context},
            chosen_name="as the model has them",
            trained_name=base,
        ),
        key="rope.wavelengths",
        finding=changed,
        shows=f"tokens for one turn of each pair, with {base} and as the model has them",
    )
    slow = int((own > T).sum())
    st.markdown(
        f"{changed} {slow} of {plural('pair', len(own))} {'turns' if slow == 1 else 'turn'} less than once "
        f"in your {plural('token', T)}. Hollow: pairs that do not come round in {config.context:,} tokens, "
        "the longest text that the model takes. What another base costs is shown for Riverbank’s own model."
    )


def pairing(pair):
    """Which dimensions turn together, and what would be the other convention."""
    turning = pair.turning
    first, second = pair.places(len(turning.frequency) - 1)
    st.markdown(
        f"This model pairs **{turning.pairing}**, as its own rotation shows when one dimension after the "
        f"other goes through it; the last pair is dimensions {first} and {second}. The other convention "
        f"pairs {OTHERS[turning.pairing]}. A checkpoint goes from one to the other by reordering the rows of "
        "its query and key projections. What it costs to take one for the other is shown for Riverbank’s own "
        "model."
    )


def python(pair):
    """Python that prints the contributions and their sum beside the model's own score."""
    st.code(snippet(pair), language="python", wrap_lines=True)


def snippet(pair):
    """The code that `python` shows."""
    layer, head, group = pair.choice.layer, pair.choice.head, pair.attention.group(pair.choice.head)
    return f"""from model import load
from model.analysis import rotation

bundle = load({pair.choice.model!r})
trace = bundle.explain({pair.choice.text!r})
attention = trace.layers[{layer}].attention
turning = rotation.turning(bundle, {layer}, {len(pair.trace.tokens)})  # as this text is turned
q, k = attention.q[{head}, {pair.query}], attention.k[{group}, {pair.key}]  # counted from 0
hands = rotation.turned(turning.hands(q), {pair.query}, turning.frequency)
others = rotation.turned(turning.hands(k), {pair.key}, turning.frequency)
parts = rotation.contributions(hands, others, attention.scale)
rest = attention.scale * (q[{pair.turning.width}:] @ k[{pair.turning.width}:])
print(parts.sum() + rest, attention.scaled({head})[{pair.query}, {pair.key}])"""
