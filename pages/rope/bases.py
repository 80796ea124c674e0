"""The base of RoPE: how fast each pair turns, and what the real model makes of the reader's text with another
one.
"""

import numpy as np
import streamlit as st

from model import load
from model.analysis import chance, rotation
from pages import _findings, _progress, _shell
from pages._cache import remembered
from pages._control import Steps
from pages._numbers import compared, number, plural
from viz import rotation as figures

# even steps on a log scale, as far as round numbers go
BASES = (*(step * 10**power for power in range(2, 7) for step in (1, 2, 5)), 10**7)


@st.cache_resource(max_entries=64, show_spinner=False)  # no copies: all have the model's own parameters
def with_base(name, base):
    """The model with another base, on the same parameters."""
    return rotation.reread(load(name), rope_base=float(base))


@remembered()
def explained(text, name, base):
    return with_base(name, base).explain(text)


@remembered(heavy=300)
def loss(text, name, base):
    """Nats of each token of the text but the first in the model with that base, (T - 1,)."""
    return with_base(name, base).explain(text).losses


def losses(text, name):
    """{base: nats of each token} for all bases, one pass each, with a bar that shows progress once it has
    taken half a second.
    """
    return {
        base: loss(text, name, base) for base in _progress.watched(BASES, "Running the model with each base")
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
    means = {value: loss(text, name, value).mean() for value in BASES}
    return figures.bases(means, trained=trained, chosen=base)


def control(trace):
    """The choice of the base, which at first is that of the training."""
    look = {"format_func": lambda value: f"{value:,}", "width": 520}
    return Steps("Base", "rope.base", BASES, int(trace.config.rope_base), look=look)


def show(pair):
    """The base, what it does to the speed of each pair, and what the model makes of it."""
    base = control(pair.trace)
    base.draw()
    left, right = st.columns(2, gap="medium")
    with left:
        speeds(pair, base.value())
    with right:
        rerun(pair, base.value())


def speeds(pair, base):
    """The wavelength of every pair with the trained and with the chosen base, against the text and the
    training context.
    """
    config, T = pair.trace.config, len(pair.trace.tokens)
    figure = wavelengths(config.head_width, config.context, T, int(config.rope_base), base)
    turns = rotation.wavelengths(config.head_width, base)
    _shell.show(
        figure,
        key="rope.wavelengths",
        finding=f"with base {base:,} pair 1 turns once in {plural('token', float(turns[0]))}, "
        f"pair {len(turns)} once in {number(turns[-1])}",
        shows="tokens for one turn of each pair, with the trained and the chosen base",
    )
    _shell.say(
        r"\lambda_i = \frac{2\pi}{\theta_i} = 2\pi\,b^{2(i-1)/D}",
        f"With base {base:,}, {slow(turns, config.context, f'{config.context} tokens')}, and "
        f"{slow(turns, T, 'your ' + plural('token', T))}. {angles(config, T, base)}",
    )


def angles(config, tokens, base):
    """Whether the text turns a pair to an angle that the model never met, in words: what it has met follows
    from the base that it was trained with, whatever the base is that it is read with.
    """
    chosen, trained = (rotation.frequencies(config.head_width, one) for one in (base, config.rope_base))
    new = np.flatnonzero(rotation.unmet(chosen, trained, config.context, tokens)) + 1
    limit = rotation.within(chosen, trained, config.context)
    turned = f"pairs {new[0]} to {new[-1]}" if len(new) > 1 else f"pair {new[0]}" if len(new) else "no pair"
    return (
        f"Hollow: pairs that did not come round in the {config.context} tokens of the training, with base "
        f"{number(config.rope_base, 0)}, so that the model has met only the beginning of their circle. Read "
        f"with base {base:,}, your text turns **{turned}** to angles that it never met: texts of more than "
        f"{limit:,} tokens do."
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
    measured = losses(text, name)
    _shell.show(
        curve(text, name, trained, base),
        key="rope.bases",
        finding=_findings.extremes(
            {f"base {value:,}": nats.mean() for value, nats in measured.items()}, "mean loss"
        ),
        shows="loss of the text over the base",
    )
    st.markdown(
        f"**The model was trained with base {trained:,}.** Each point is the real model, all layers, run "
        "again on your text with the same parameters and another base. "
        f"{chosen(pair, base, trained, measured)} {extremes(trained, measured)} What a base does to an angle "
        "grows with the distance, so a long text shows more of it. Models for long contexts are trained "
        "with larger bases, Llama 3 with 500,000, so that more of their pairs stay short of a full turn."
    )


def chosen(pair, base, trained, measured):
    """What the chosen base does to the loss and to the score of the two tokens, in words."""
    own = number(measured[trained].mean(), 4)
    if base == trained:
        return f"As trained it needs {own} nats per token. Move the slider to compare."
    layer, head, cell = pair.choice.layer, pair.choice.head, (pair.query, pair.key)
    before, after = (
        pair.attention.scaled(head)[cell],
        explained(pair.choice.text, pair.choice.model, base).layers[layer].attention.scaled(head)[cell],
    )
    asks, answers = map(_shell.plain, pair.words)
    return (
        f"As trained it needs {own} nats per token, with {base:,} **{number(measured[base].mean(), 4)}**, "
        f"{apart(measured[base], measured[trained])}; the score of {asks} with {answers} goes from "
        f"{number(before, 3)} to **{number(after, 3)}**."
    )


def extremes(trained, measured):
    """The base with which the text costs least, and the one that changes most, in words."""
    means = {base: nats.mean() for base, nats in measured.items()}
    best = min(means, key=means.get)
    most = max(means, key=lambda base: abs(means[base] - means[trained]))
    sentence = f"Base {most:,} changes most, {apart(measured[most], measured[trained])}."
    if best == trained:
        return f"None of these bases suits this text better. {sentence}"
    return (
        f"Of these bases {best:,} has the lowest loss, {apart(measured[best], measured[trained])}. {sentence}"
    )


def apart(one, other):
    """How far one loss is from the other, with its standard error over the tokens, in words."""
    return compared(chance.difference(one, other), len(one))
