"""Surprise, token by token, and the logit lens: what each layer would have said."""

import numpy as np
import streamlit as st

from model import decoding, load, probabilities
from pages import _fold, _shell
from pages._cache import remembered
from pages._choices import put
from pages._control import pause, token
from pages._glossary import explained
from pages._numbers import number, percent
from pages.decoding import story
from viz.component.beliefs import beliefs
from viz.component.chips import chips

OPENING = (
    "Under each token stands its surprise in bits, −log₂ of the probability that the model gave it. "
    "**Click a token** to ask every layer what comes after it."
)

LISTED = 6  # tokens a layer


@remembered()
def lens_chances(model, ids, place):
    """softmax of the lens at every stage of the stream at a place: (L + 1, V), the embedding first."""
    trace = story.read(model, ids)
    stream = np.stack([trace.layers[0].resid_in[place], *(layer.resid_out[place] for layer in trace.layers)])
    logits = decoding.lens(load(model).network, stream).astype(np.float64)
    return probabilities.softmax(logits)


def show(view):
    """Show the surprise of each token, and what each layer would have said after the chosen one."""
    trace, tokens = view.trace, view.trace.tokens
    bits = trace.losses / probabilities.BIT
    after = token("After which token", "decoding.token", tokens, len(tokens) - 1)
    place = after.value()
    chips(
        tokens,
        notes=["", *(number(one, 1) for one in bits)],
        values=[0, *(bits / max(bits.max(initial=0), 1))],
        selected=place,
        key="decoding.chips",
        label="tokens of the text with their surprise in bits",
        revision=str(len(tokens)),
        on_select=lambda place: put({"decoding.token": place}),
    )
    chances = lens_chances(view.path.model, view.path.ids, place)
    stages = ["the embedding", *(f"after layer {i}" for i in range(1, len(chances)))]
    lists = {}
    for name, chance in zip(stages, chances, strict=True):
        best = np.argsort(-chance, kind="stable")[:LISTED]
        lists[name] = [view.piece(int(id)) for id in best], chance[best]
    st.markdown(f"**What each layer would have said after {_shell.plain(tokens[place])}**")
    beliefs(lists, key="decoding.lens", label="likeliest next tokens", revision=str(place))
    pause()
    st.caption(
        "Each column is the stream as it is there, put through the model’s last norm and output matrix; all "
        "bars are on one scale. The last column is the model’s own answer."
    )
    after.draw(help=explained("bit", "perplexity"))
    followed(view, place, chances, stages)
    surprised(view, bits)


def followed(view, place, chances, stages):
    """How the token that really follows rises through the layers."""
    ids = view.path.ids
    if place + 1 >= len(ids):
        best = int(chances[-1].argmax())
        who = f"The model’s own first choice, {view.word(best)}, has"
    else:
        best = ids[place + 1]
        who = f"The text goes on with {view.word(best)}. It has"
    ranks = (chances > chances[:, [best]]).sum(axis=1) + 1
    sentence = ", ".join(
        f"rank {rank:,} {name} ({percent(chance[best], None)})"
        for name, rank, chance in zip(("at the embedding", *stages[1:]), ranks, chances, strict=True)
    )
    st.markdown(f"{who} {sentence}.")


def surprised(view, bits):
    """The text's surprise in all."""
    if not len(bits):
        st.info("The first token is not predicted, so a text of one token has no surprise.")
        return
    tokenizer, card = load(view.path.model).tokenizer, load(view.path.model).card
    size = sum(len(tokenizer.bytes[id]) for id in view.path.ids[1:])
    worst = int(bits.argmax()) + 1
    known = (
        f"; on held-out stories it needs {number(card['bits_per_byte'], 2)}"
        if "bits_per_byte" in card
        else ""
    )
    st.markdown(
        f"After the first token the text costs **{number(bits.sum(), 1)} bits**, {number(bits.mean(), 2)} a "
        f"token: the model is as unsure as between {number(2 ** bits.mean())} equally likely tokens each "
        f"time (its perplexity). That is {number(bits.sum() / max(size, 1), 2)} bits a byte{known}. What "
        f"surprises it most is {_shell.plain(view.trace.tokens[worst])}, {number(bits[worst - 1], 1)} bits."
    )
    causal = view.trace.config.causal
    _fold.fold("How surprise is computed", "decoding.formula", story.surprise_formula, causal)
