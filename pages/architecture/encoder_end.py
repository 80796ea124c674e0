"""The end of an encoder: a vector for the text, and the nearest of the reader's own labelled sentences."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import pooling
from model.loading import is_opened
from pages import _fold, _progress, _shell
from pages._cache import remembered
from pages._control import Buttons, Lines, pause
from pages._numbers import number, percent, plural
from viz import theme
from viz.component import heatmap
from viz.component.ranking import ranking

MOST = 100  # labelled sentences
NEAREST = 5  # of them that are shown
OWN = """river: We sat on the grass by the bank and watched the boats.
river: The children swam to the other side of the lake.
river: A duck and her ducklings came out of the water.
river: The stream is deep and cold after the rain.
river: We crossed it on a fallen tree.
river: Flowers grew on the muddy bank.
money: She paid for the house with her savings.
money: The bank gave him a loan for his new shop.
money: He counted the coins and put the notes into his purse.
money: The price of bread went up again this year.
money: The bank is closed on Sunday.
money: How much is left after we have paid?
music: The band played a slow song on the old piano.
music: She sings in the choir every Sunday.
music: He tuned his guitar before the concert.
music: The drums were so loud that we could not talk.
music: The band will be paid after the show.
music: I could hear it through the wall all night."""
SENTENCES = Lines(
    "Your own sentences, one to a line, each with its label: “label: sentence”",
    "architecture.sentences",
    None,
    OWN,
    look={"height": 300},
)
POOLING = Buttons("Pooling", "architecture.pooling", pooling.WAYS, pooling.WAYS[0])


@remembered()
def pooled(name, text):
    """A sentence in the three ways of pooling, (3, C); ValueError if it cannot be read."""
    trace = load(name).explain(text)
    return pooling.pooled(trace.final, pooling.received(trace))


@remembered("Asking all heads what they look at")
def received(name, text):
    return pooling.received(_shell.explain(text, name))


def labelled_sentences(name, written):
    """What is written in the box, line by line: [(label, sentence, (3, C))], and a sentence on each line that
    will not do.
    """
    lines = [(i, line) for i, line in enumerate(written.splitlines(), 1) if line.strip()]
    labelled, wrong = [], []
    for i, line in _progress.watched(lines[:MOST], "Reading your sentences"):
        label, colon, sentence = (part.strip() for part in line.partition(":"))
        if not (label and colon and sentence):
            lack = (
                "a colon"
                if not colon
                else "a label before the colon"
                if not label
                else "a sentence behind the colon"
            )
            wrong.append(f"Line {i} has not {lack}: {_shell.plain(line.strip()[:60])}")
            continue
        try:
            labelled.append((label, sentence, pooled(name, sentence)))
        except ValueError as reason:
            wrong.append(f"Line {i} cannot be read. {reason}")
    if len(lines) > MOST:
        wrong.append(f"Of {len(lines):,} lines the first {MOST} are used.")
    return labelled, wrong


def encoder(view):
    """Three ways to make one vector of the text, and the nearest labelled sentences by each."""
    name = view.choice.model
    written, chosen = SENTENCES.value(), POOLING.value()
    left, right = st.columns(2, gap="medium")
    with right:
        SENTENCES.draw()
    with left:
        labelled, wrong = labelled_sentences(name, written)
        if labelled:
            draw_nearest(view, labelled, chosen)
        else:
            st.warning(
                "There is no sentence to compare with yet. Write one to a line into the box, its label "
                "first, such as: river: We swam to the other side."
            )
    pause()
    with right:
        for sentence in wrong:
            st.info(sentence)
    if labelled:
        accuracy_left_out(labelled)
    _fold.fold("How much of each token goes into the vector", "architecture.pooled", draw_weights, view)
    st.info(
        "A decoder ends the other way: in a probability for each next token. Choose a decoder in the sidebar "
        "to see that."
    )


def draw_nearest(view, labelled, chosen):
    """The nearest sentences by one way of pooling, and the label that each way gives."""
    mine = pooling.pooled(view.trace.final, received(view.choice.model, view.choice.text))
    with view.row:
        POOLING.draw(label_visibility="collapsed")
    lists, labels = {}, []
    for i, name in enumerate(pooling.WAYS):
        cosines, order = pooling.nearest(mine[i], np.stack([vectors[i] for *_, vectors in labelled]))
        lists[name] = cosines, order
        labels.append(f"{name}: **{_shell.plain(labelled[order[0]][0])}** ({number(cosines[order[0]], 3)})")
    cosines, order = lists[chosen]
    best = order[:NEAREST]
    st.markdown(f"**The nearest of your {plural('sentence', len(labelled))}, by {chosen}**")
    ranking(
        {"cosine": (cosines[best], theme.OUTPUT)},
        [f"{labelled[i][0]}: {labelled[i][1]}" for i in best],
        key="architecture.nearest",
        shares=False,
        sentences=True,
        label=f"nearest sentences by {chosen}",
    )
    st.markdown(f"The nearest to {_shell.plain(view.choice.text[:60])} says, by {'; by '.join(labels)}.")


def accuracy_left_out(labelled):
    """How often the nearest sentence has the right label, each left out in turn, beside always saying the
    commonest one.
    """
    labels = [label for label, *_ in labelled]
    if len(labelled) < 2:
        st.caption(
            "With two sentences or more, each is left out in turn to see how often the nearest other one has "
            "its label."
        )
        return
    commonest = max(dict.fromkeys(labels), key=labels.count)
    accuracies = []
    for i, name in enumerate(pooling.WAYS):
        right = sum(
            one == other
            for one, other in zip(
                pooling.left_out(np.stack([vectors[i] for *_, vectors in labelled]), labels),
                labels,
                strict=True,
            )
        )
        accuracies.append(f"{name} **{right} of {len(labels)}** ({percent(right / len(labels))})")
    lonely = [label for label in dict.fromkeys(labels) if labels.count(label) == 1]
    st.markdown(
        "**How good is that?** Each sentence left out in turn and given the label of the nearest other one: "
        f"right by {', by '.join(accuracies)}; always saying {_shell.plain(commonest)}, the commonest, would "
        f"be right {plural('time', labels.count(commonest))}. So few sentences make a rough figure."
        + (
            f" A label with one sentence alone can never be found: {', '.join(map(_shell.plain, lonely))}."
            if lonely
            else ""
        )
    )


def draw_weights(view):
    """Which attention does the weighting, exactly, on the reader's text."""
    trace, shares = view.trace, received(view.choice.model, view.choice.text)
    T = len(shares)
    flat = np.full(T, 1 / T)
    first = np.eye(T)[0]
    heatmap(
        np.stack([flat, first, shares]),
        rows=[name.removesuffix("-weighted") for name in pooling.WAYS],
        columns=trace.tokens,
        key="architecture.received",
        square=False,
        height=210,
        label="weight of each token",
        row_role="pooling",
        column_role="token",
        revision=trace.text,
    )
    most = int(shares.argmax())
    st.caption(
        "Each row is a way of pooling, each column a token; a row sums to 1. Attention-weighted: the mean "
        f"over all {plural('head', trace.config.heads)} and "
        f"{'the one query' if T == 1 else f'all {T} queries'} of the weights of the last layer, layer "
        f"{trace.config.layers}; {_shell.plain(trace.tokens[most])} receives most, "
        f"{number(shares[most], 3)}; an even share "
        f"would be {number(1 / T, 3)}."
    )
    _shell.say(
        r"\text{mean: } \tfrac{1}{T}\sum_j x_j \qquad \text{first: } x_1 \qquad \text{weighted: } \sum_j r_j "
        r"x_j, \qquad "
        r"r_j = \tfrac{1}{HT}\sum_{h,i} w^{(h)}_{ij}",
        "x are the vectors at the end of the model."
        + " The encoder was trained for the vectors of words, not of sentences."
        * (not is_opened(view.choice.model)),
    )
