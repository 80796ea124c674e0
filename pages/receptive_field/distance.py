"""What a short reach costs: the sense of a word in two trained twins, by how far away its clue is; from their
cards, and live on the reader's sentence.
"""

import numpy as np
import streamlit as st

from model import load
from model.analysis import senses
from pages import _examples, _senses, _shell
from pages._control import Buttons, Menu, Slider
from pages._findings import extremes
from pages._numbers import largest, percent, plural, signed
from pages.receptive_field import cliff
from pages.receptive_field.influence import ATTENTION, CONVOLUTION, NAMES, too_long
from viz import curves
from viz.component.meter import Lane, meter

MOST = 20  # words between word and clue
CHOICES = WORD, CLUE, BETWEEN = "receptive_field.word", "receptive_field.clue", "receptive_field.between"


def move_the_clue(text):
    """The sentence with its clue nearer or further, in both twins, beside the mean of many sentences."""
    st.markdown("**Move the clue of your sentence away from its word.**")
    with_examples = [
        word for word in dict.fromkeys(map(str, senses.words(text))) if _examples.has_examples(word)
    ]
    if not with_examples or len(senses.words(text)) == 1:
        known = ", ".join(sorted(senses.bundled()))
        st.info(
            "To see it on your text, write one of these words into it, with something that gives its sense "
            f"away: {known}."
        )
        return
    attention = load(ATTENTION)
    if too_long(len(attention.read(text)), attention.config.context):
        cliff.draw_average()
        return
    live(text, with_examples)


def of_the_cards():
    """What the models' cards say of many more sentences, by the distance of the clue."""
    bands = {name: load(name).card["senses"]["clues"]["by_distance"] for name in NAMES}
    _shell.show(
        curves.shares(bands),
        key="receptive_field.shares",
        finding=extremes(
            {name: 100 * list(shares.values())[-1][0] for name, shares in bands.items()},
            f"percentage with the clue {list(bands[CONVOLUTION])[-1]} away",
            0,
        ),
        shows="share of senses found, by the distance of the clue, for two models",
    )
    accuracies = "; ".join(
        f"{name} {', '.join(f'{percent(share)} at {band}' for band, (share, _) in shares.items())}"
        for name, shares in bands.items()
    )
    count = sum(n for _, n in bands[CONVOLUTION].values())
    st.caption(
        f"From the models’ cards, {count} sentences with one clue each: the share whose nearest neighbour by "
        f"the word’s vector has the same sense, by how many words the clue is away ({accuracies}). Thin "
        "lines: one standard error. Dotted: chance."
    )


def live(text, with_examples):
    """The slider that moves the clue of the reader's own sentence, and where the word falls then in each
    twin.
    """
    room = st.container(horizontal=True, vertical_alignment="bottom")
    words = Buttons("Word", WORD, with_examples, with_examples[0])
    name = words.value()
    word = senses.find(text, name)[-1]
    known = {twin: _examples.senses_of(name, twin)[0] for twin in NAMES}
    if None in known.values():
        st.info(
            f"{_shell.plain(name)} has too few examples. Write two or more a side on the page "
            f"“{_shell.PAGES['word_sense']}”."
        )
        return
    others = [one for one in senses.words(text) if one != word]
    steepest, height = cliff.steepest(word, known)
    clues = clue_menu(others, others.index(steepest))
    clue = others[clues.value()]
    own = abs(senses.words(text).index(clue) - senses.words(text).index(word)) - 1
    label = "Words between the clue and the word"
    between = Slider(label, BETWEEN, range(MOST + 1), min(own, MOST), look={"width": 320})
    with room:
        if len(with_examples) > 1:
            words.draw()
        clues.draw()
        between.draw()
    if height <= 0:
        st.caption(
            f"No single word of this sentence brings {CONVOLUTION} over to the encoder’s side and is lost at "
            "the edge of its cone. Look at the mean of several sentences."
        )
    left, right = st.columns(2, gap="medium")
    with left:
        draw_sentence(name, word, clue, known, between.value(), own)
    with right:
        cliff.draw_average()


def draw_sentence(name, word, clue, known, now, own):
    """The reader's sentence with `now` words before its clue, and where the word falls in both twins then."""
    versions = [senses.apart(word, clue, between) for between in range(MOST + 1)]
    vectors = {twin: _senses.vectors(tuple(one for one, _ in versions), twin) for twin in NAMES}
    values = {twin: known[twin].axis.project(vectors[twin])[:, -1] for twin in NAMES}  # (MOST + 1,) each
    draw_meter(known, values, now, own, versions[now][0].text)
    figure = curves.meters(values, ends=known[CONVOLUTION].ends, now=now, leaves=leaves(versions))
    _shell.show(
        figure,
        key="receptive_field.meters",
        finding=f"with {plural('word', now)} between, "
        + extremes({twin: row[now] for twin, row in values.items()}, "meter", 2),
        shows="the meter of both models over the words between the clue and the word",
    )
    st.markdown(
        f"{_shell.plain(versions[now][0].text)}  \n{meter_sentence(name, clue, versions, values, now)}"
    )


def clue_menu(others, default):
    """The Menu of the words that may be the clue, by their places."""
    labels = [f"{i}: {one}"[:24] for i, one in enumerate(others, 1)]
    look = {"format_func": labels.__getitem__, "width": 180}
    places = range(len(others))
    return Menu("Clue", CLUE, places, default, lambda i: str(i + 1), look=look)


def draw_meter(known, values, now, own, text):
    """A lane for each twin: the word with its clue so far away, `now`, and as far as the reader wrote it."""
    ends = known[CONVOLUTION].ends
    lanes = [
        Lane(
            twin,
            its.separation.left[:, -1],
            its.separation.right[:, -1],
            its.margin[-1],
            (values[twin][now],),
            (values[twin][own],) if own <= MOST else (),
            its.share(-1),
        )
        for twin, its in known.items()
    ]
    meter(
        lanes,
        ends=ends,
        marks=("1",),
        key="receptive_field.meter",
        note="correct",
        joined=False,
        revision=text,
        label=f"the word between {ends[0]} and {ends[1]}, in both models",
    )


def seen(word, clue):
    """Whether the convolutional twin's output for the word depends on a token of the clue."""
    bundle = load(CONVOLUTION)
    spans = bundle.tokenizer.spans(word.text, bundle.read(word.text))
    half = (bundle.network.field - 1) // 2
    return any(abs(i - j) <= half for i in word.tokens(spans) for j in clue.tokens(spans))


def leaves(versions):
    """The fewest words between at which the clue is out of the convolutional twin's sight; None if it never
    is.
    """
    return next((between for between, pair in enumerate(versions) if not seen(*pair)), None)


def meter_sentence(name, clue, versions, values, now):
    """The sentence about what the slider shows."""
    meters = " and ".join(f"in {twin} at **{signed(row[now], 2)}**" for twin, row in values.items())
    first = leaves(versions)
    if first is None:
        return f"{_shell.plain(name)} falls {meters}. {CONVOLUTION} sees the clue at all of these distances."
    beyond, encoder = (values[twin][first:] for twin in (CONVOLUTION, _senses.MODEL))
    return (
        f"{_shell.plain(name)} falls {meters}. From {plural('word', first)} on {_shell.plain(str(clue))} is "
        f"out of {CONVOLUTION}’s sight: there its meter stays at {signed(beyond[0], 2)}, its guess from the "
        f"words that are left ({largest(np.ptp(beyond), 'change')}), while the encoder’s is between "
        f"{signed(encoder.min(), 2)} and {signed(encoder.max(), 2)}."
    )
