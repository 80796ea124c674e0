"""The base of RoPE: how fast each pair turns, and what the real model makes of the reader's text with another
one.
"""

import streamlit as st

from model import load
from model.analysis import rotation
from pages import _shell
from pages._cache import remembered
from pages._control import Steps
from pages._numbers import number, plural
from viz import rotation as figures

BASES = (
    *(step * 10**power for power in range(2, 7) for step in (1, 2, 5)),
    10**7,
)  # even steps on a log scale, as far as round numbers go


@st.cache_resource(max_entries=64, show_spinner=False)
def with_base(name, base):
    """The model with another base, on the same parameters."""
    return rotation.reread(load(name), rope_base=float(base))


@remembered()
def explained(text, name, base):
    return with_base(name, base).explain(text)


@remembered()
def loss(text, name, base):
    """Nats per token of the text in the model with that base."""
    return float(with_base(name, base).explain(text).losses.mean())


def losses(text, name):
    """{base: nats per token} for all bases, one pass each, with a bar that shows progress once it has taken
    half a second.
    """
    return {
        base: loss(text, name, base) for base in _shell.watched(BASES, "Running the model with each base")
    }


@remembered()
def wavelengths(width, context, tokens, trained, base):
    """The figure of the wavelengths with both bases, beside the text and the training context."""
    before, after = (rotation.wavelengths(width, value) for value in (trained, base))
    return figures.wavelengths(
        before,
        after,
        lengths={"your text": tokens, "training context": context},
        chosen_name=f"base {base:,}",
    )


@remembered()
def curve(text, name, trained, base):
    """The figure of the losses, once all of them are known."""
    return figures.bases({value: loss(text, name, value) for value in BASES}, trained=trained, chosen=base)


def slider(trained):
    """Draw the choice of the base, and return it."""
    look = {"format_func": lambda value: f"{value:,}", "width": 520}
    base = Steps("Base", "rope.base", BASES, trained, look=look)
    base.draw()
    return base.value()


def speeds(pair, base):
    """The wavelength of every pair with the trained and with the chosen base, against the text and the
    training context.
    """
    config, T = pair.trace.config, len(pair.trace.tokens)
    figure = wavelengths(config.head_width, config.context, T, int(config.rope_base), base)
    _shell.show(
        figure,
        key="rope.wavelengths",
        alt="tokens for one turn of each pair, with the trained and the chosen base",
    )
    turns, yours = rotation.wavelengths(config.head_width, base), f"your {plural('token', T)}"
    _shell.say(
        r"\lambda_i = \frac{2\pi}{\theta_i} = 2\pi\,b^{2(i-1)/D}",
        f"With base {base:,}, "
        f"{slow(turns, config.context, f'the training context of {config.context} tokens')}, and "
        f"{slow(turns, T, yours)}. "
        "Hollow: less than once round in the training context, so the model has met only some of the pair’s "
        "angles; a longer text turns it to new ones.",
    )


def slow(turns, tokens, where):
    """Which pairs turn less than once in so many tokens, in words; the slow ones are always the last."""
    first = int((turns <= tokens).sum()) + 1
    count = len(turns) - first + 1
    which = f" (pair {first})" if count == 1 else f" (pairs {first} to {len(turns)})" if count else ""
    return f"**{count} of {len(turns)} pairs**{which} turn less than once in {where}"


def rerun(pair, base):
    """What the trained model makes of the text when its hands turn with another base: its loss for every
    base, and the score of the two tokens.
    """
    text, name, trained = pair.choice.text, pair.choice.model, int(pair.trace.config.rope_base)
    if len(pair.trace.tokens) == 1:
        st.info("One token has nothing to predict, so there is no loss to compare. Type a few words more.")
        return
    found = losses(text, name)
    _shell.show(curve(text, name, trained, base), key="rope.bases", alt="loss of the text over the base")
    best, moved = min(found, key=found.get), max(abs(value - found[trained]) for value in found.values())
    st.markdown(
        f"**The model was trained with base {trained:,}.** Each point is the real model, all layers, run "
        "again on your text with the same parameters and another base. "
        f"{chosen(pair, base, trained, found)} Of these bases {best:,} suits this text best; the largest "
        f"change is {number(moved, 3)} nats per token. What a base does to an angle grows with the "
        "distance, so a long text shows more of it. Models for long contexts are trained with larger "
        "bases, Llama 3 with 500,000, so that more of their pairs stay short of a full turn."
    )


def chosen(pair, base, trained, found):
    """What the chosen base does to the loss and to the score of the two tokens, in words."""
    if base == trained:
        return f"As trained it needs {number(found[trained], 4)} nats per token. Move the slider to compare."
    layer, head, cell = pair.choice.layer, pair.choice.head, (pair.query, pair.key)
    before, after = (
        pair.attention.scaled(head)[cell],
        explained(pair.choice.text, pair.choice.model, base).layers[layer].attention.scaled(head)[cell],
    )
    asks, answers = map(_shell.plain, pair.words)
    return (
        f"As trained it needs {number(found[trained], 4)} nats per token, with {base:,} "
        f"**{number(found[base], 4)}**; the score of {asks} with {answers} goes from {number(before, 3)} to "
        f"**{number(after, 3)}**."
    )
