"""The cheat: a decoder that was trained without the mask beside its twin with it, on the reader's own
text.
"""

from functools import partial
from itertools import islice, pairwise

import numpy as np
import streamlit as st

from model import load, masks
from model.analysis import leak
from model.decoding import generate, temperature
from pages import _ending, _fold, _shell, _sidebar, _words
from pages._cache import remembered
from pages._choices import is_chosen
from pages._control import Number, pause
from pages._heads import heads_in_words, map_heads
from pages._numbers import leaders, number, plural
from viz import masks as figures
from viz.component import heatmap

HONEST, CHEAT = "decoder-rope", "decoder-unmasked"
OPENING = (
    "Two models, the same texts, the same steps; one was trained without the mask. **Type a sentence** and "
    "see how sure each is of every next word: the one that may look ahead knows nearly all of them."
)
TEMPERATURE, COUNT = 0.8, 20  # of what they write: enough to see one repeat itself
SEED = Number("Seed", "masks.seed", range(1, 1000), 1, look={"width": 120, "label_visibility": "collapsed"})
BOX = 135  # pixels: the height of the box that they are written in
CONTEXT = 128  # tokens before what they write: as many as they were trained on


def show(view):
    """Show what a decoder that was trained without the mask makes of the text, and where it looks."""
    choice = view.choice
    honest = _sidebar.read(choice._replace(model=HONEST))
    cheat = _sidebar.read(choice._replace(model=CHEAT), notice=False)
    blinded = _shell.explain(choice.text, CHEAT, mask="causal")
    guesses = score(honest, cheat, blinded)
    pause()
    left, right = st.columns([2, 3], gap="medium")
    left.markdown(guesses)
    with right:
        seeded = is_chosen(SEED.key)
        _fold.fold("What does each write next?", "masks.writing", writing, honest, opened=seeded)
    _fold.fold("Where does the cheat look?", "masks.looks", looks, choice, cheat)
    _fold.fold("How its loss fell in training", "masks.loss", curves)
    _fold.fold("Why is that so?", "masks.why", meaning)
    _fold.sources("masks.code", masks.causal, generate)


def score(honest, cheat, blinded):
    """Draw the probability of each next token to the three; return in words how many they get right."""
    N = len(honest.tokens) - 1
    if N == 0:
        st.warning(
            "This text is one token, and there is none after it to be predicted. Type a few words more."
        )
        return ""
    rows = {"causal": honest, "cheat": cheat, "cheat masked": blinded}
    heatmap(
        np.stack([leak.believed(trace) for trace in rows.values()]),
        rows=list(rows),
        columns=honest.tokens[1:],
        key="masks.believed",
        square=False,
        height=180,
        label="how probable each word was to the model that was to predict it",
        row_role="model",
        column_role="next token",
        revision=honest.text,
    )
    a, b, c = (
        f"**{int(leak.guessed(trace).sum())} of your {plural('next token', N)}** "
        f"({plural('nat', trace.losses.mean())} each)"
        for trace in rows.values()
    )
    blind = number(np.log(honest.config.vocabulary))
    return (
        f"{HONEST}, trained with the causal mask, guesses {a}; the cheat, {CHEAT}, {b}. Put the mask on the "
        f"cheat, so that it must really predict: {c}; a blind guess among {honest.config.vocabulary:,} costs "
        f"{blind}."
    )


def curves():
    """The training losses of the two, as their cards say."""
    recorded = {"causal": load(HONEST).card["curve"], "cheat": load(CHEAT).card["curve"]}
    a, b = (curve[-1][1] for curve in recorded.values())
    _shell.show(
        figures.losses(recorded),
        key="masks.curves",
        finding=f"at the end {number(a)} nats with the causal mask, {number(b)} without",
        shows="training loss of the decoder with and without the causal mask",
    )
    st.caption(
        f"The training loss, from the models’ cards: at the end {number(a)} and {plural('nat', b)} per "
        f"token, {number(a / b, 0)} times less."
    )


# ---- what they write ----


@remembered(heavy=48)
def written(name, ids, seed):
    """The next COUNT tokens that a model writes; fewer where it ends the text."""
    bundle = load(name)
    steps = generate(
        bundle.network, ids, [partial(temperature, degree=TEMPERATURE)], seed, [bundle.tokenizer.end]
    )
    return tuple(step.id for step in islice(steps, COUNT))


def writing(honest):
    """What each writes after the text, with the same seed and temperature; the cheat without the mask, as it
    was trained.
    """
    ids = tuple(map(int, honest.ids))[-CONTEXT:]
    seed = SEED.value()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{COUNT} tokens, temperature {TEMPERATURE}, seed", width="content")
        SEED.draw()
    texts = {}
    for name, column in zip((HONEST, CHEAT), st.columns(2), strict=True):
        texts[name] = written(name, ids, seed)
        with column:
            st.markdown(f"**{'the cheat' if name == CHEAT else name}**")
            shown = f"…{load(name).tokenizer.decode(texts[name])}"
            st.code(shown, language=None, wrap_lines=True, height=BOX)
    a, b = (f"{repeats(some)} of {len(some)} by {name}" for name, some in texts.items())
    st.caption(f"Tokens that only repeat the one before: {a}, {b}.")
    _ending.note(honest.text, HONEST)


def repeats(ids):
    """How many tokens are the same as the one before."""
    return sum(a == b for a, b in pairwise(ids))


# ---- where it looks ----


@remembered(heavy=600)
def ahead_of(text):
    return leak.ahead(_shell.explain(text, CHEAT))


def looks(choice, cheat):
    """The mean weight on the next token of every head of the cheat, and the weights of the chosen one."""
    if len(cheat.tokens) == 1:
        return
    ahead = ahead_of(choice.text)
    labels = _words.labels(cheat)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        map_heads(
            ahead,
            key="masks.ahead",
            selected=(choice.layer, choice.head),
            height=300,
            label=f"{CHEAT}: mean weight on the next token",
            revision=cheat.text,
        )
    with right:
        heatmap(
            labels.matrix(cheat.layers[choice.layer].attention.weights(choice.head)),
            rows=labels.names,
            columns=labels.names,
            key="masks.cheat",
            height=340,
            label=f"{CHEAT}: weights of layer {choice.layer + 1}, head {choice.head + 1}",
            revision=cheat.text,
        )
        labels.draw()
    most = leaders(ahead, partial(number, places=3))
    st.markdown(
        f"At the token right after itself. Most of all in **{heads_in_words(most)}**: mean weight "
        f"**{number(ahead.max(), 3)}** on token $i + 1$; in {int((ahead > 0.5).sum())} of {ahead.size} "
        f"heads more than half. Here, in layer {choice.layer + 1}, head {choice.head + 1}, it is "
        f"{number(ahead[choice.layer, choice.head], 3)}. Click a head among all heads: the line beside "
        "the diagonal is where it copies from."
    )


def meaning():
    """Why a perfect score is worth nothing."""
    _shell.say(
        r"\mathcal{L} = -\frac{1}{T-1} \sum_{i=1}^{T-1} \log p(x_{i+1} \mid x_1, \dots, x_i)",
        "Training asks for $x_{i+1}$ at every place of a text at once, and the whole text is the input. Only "
        "the mask keeps $x_{i+1}$ out of what stands behind the bar. Without it the shortest way to a low "
        "loss is to copy the next token from the next place, and nothing about language has to be learned. "
        "When the model writes, there is no next place yet: it meets a task that it was never trained for.",
    )
