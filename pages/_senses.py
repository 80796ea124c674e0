"""What the pages about the senses of a word share: the word, the examples of its two senses, and what the
encoder makes of them.
"""

from typing import NamedTuple

import numpy as np
import streamlit as st

from model import load
from model.analysis import senses, words
from model.analysis.nearest import Likeness
from model.trace import frozen
from pages import _shell
from pages._cache import remembered
from pages._choices import is_chosen
from pages._control import Buttons, Line, Lines, Menu, NothingToShow

MODEL = "encoder"
MOST = 100  # examples a side,
BOX = 100_000  # and characters of all of them
NEAREST = 64  # words around the word whose influence is measured
SENTENCES = ("text", "word_sense.other")  # session keys of the two sentences,
NUMBERS = ("first", "second")  # and how they are called


@remembered()
def vectors(found, name=MODEL, mixture=None, layers=()):
    """senses.vectors of a tuple of Words, shared and read-only; `mixture` names a function of senses for the
    layers listed.
    """
    bundle = load(name)
    return frozen(
        senses.vectors(bundle, list(found), mixture and getattr(senses, mixture)(bundle.config, layers))
    )


@remembered()
def some_blinded(word, cases):
    return frozen(senses.blinded(load(MODEL), word, list(cases)))


def blinded(word, cases):
    """senses.blinded, pass by pass, with a bar that shows progress once it has taken half a second."""
    bundle = load(MODEL)
    some = senses.parts(cases, senses.fitting(bundle.config, len(bundle.read(word.text))))
    return np.concatenate(
        [
            some_blinded(word, tuple(part))
            for part in _shell.watched(some, f"Running the model on {len(cases)} masks")
        ]
    )


class Senses(NamedTuple):
    """The examples of two senses of a word and what follows from them."""

    ends: tuple[str, str]  # names of the senses, left and right
    left: np.ndarray  # (N, S, C)
    right: np.ndarray  # (M, S, C)
    found: tuple[tuple[senses.Word, ...], tuple[senses.Word, ...]]  # the word in the N and M examples
    axis: senses.Axis
    separation: senses.Separation

    def call(self, value, stage):
        """What the meter says of a value, in words."""
        if abs(value) <= self.separation.margin[stage]:
            return "too close to call"
        return f"on the side of **{_shell.plain(self.ends[int(value > 0)])}**"


class Scale(NamedTuple):
    """What is read off a word's vectors, and is seen to move when the word loses sight of others."""

    axis: senses.Axis | Likeness
    name: str


def stage_names(config):
    """The stages of the residual stream, S names."""
    return ["embedding", *(f"layer {i}" for i in range(1, config.layers + 1)), "end"]


def best_stage():
    """The stage at which the model tells senses best, as its card says of many sentences."""
    return load(MODEL).card["senses"]["usage"]["best_layer"]


# ---- the word ----


def shown(word, common):
    """A button's text: what no sentence holds is no word perhaps, but something that a link says."""
    return word[:24] if word in common else _shell.plain(word[:24])


def word_of(texts, key="word_sense.word"):
    """The word that the texts share and the reader compares; where there is none, the page says what to do
    and ends.
    """
    try:
        for text in texts:
            load(MODEL).measure(text)
    except ValueError as reason:
        st.warning(str(reason))
        raise NothingToShow from reason
    common = words.rarest(words.shared(*texts), load(MODEL).tokenizer)
    best = next(iter(common), "")
    label = "The word that both share"
    word = Buttons(label, key, None, best).value()
    options = common if word in common or not word else [*common, word]
    if options:
        Buttons(label, key, options, best).draw(format_func=lambda option: shown(option, common))
    if not options:
        st.warning("The two sentences share no word. Write one word into both, such as bank.")
        raise NothingToShow
    if word not in common:
        missing = [NUMBERS[i] for i in (0, 1) if not senses.find(texts[i], word)]
        told = f"is not in the {' and not in the '.join(missing)} sentence"
        st.warning(f"{_shell.plain(word)} {told}. Write it there, or choose a word that both share.")
        raise NothingToShow
    return word


def occurrence(text, word, number):
    """The Word meant in the first (0) or second (1) sentence; where it occurs more than once, the reader says
    which.
    """
    found = senses.find(text, word)
    label = f"“{word[:24]}” is {len(found)} times in the {NUMBERS[number]} sentence. Which one is meant?"
    menu = Menu(label, f"word_sense.place{number + 1}", range(1, len(found) + 1), 1)
    place = menu.value()
    if len(found) > 1:
        menu.draw()
    return found[place - 1]


def note_pieces(found):
    """Say so where the tokenizer has cut the word."""
    bundle = load(MODEL)
    for word in found:
        ids = bundle.read(word.text)
        pieces = [bundle.tokenizer.piece(ids[i]) for i in word.tokens(bundle.tokenizer.spans(word.text, ids))]
        if len(pieces) > 1:
            st.caption(
                f"{_shell.plain(str(word))} is {len(pieces)} tokens to this model, "
                f"{' '.join(map(_shell.plain, pieces))}: its vector is their mean."
            )
            return


# ---- the examples ----


def keys_of(word):
    """Session keys of the two senses' names and examples, left and right."""
    return [(f"word_sense.{word}.{side}_name", f"word_sense.{word}.{side}") for side in ("left", "right")]


def boxes_of(word):
    """The boxes for the senses' names and for their examples, left and right."""
    groups = senses.bundled().get(word, {"one sense": (), "the other sense": ()}).items()
    label, look = f"Sentences with “{word[:24]}”, one to a line", {"height": 230}
    return [
        (
            Line("Name of this sense", name, None, sense),
            Lines(label, examples, None, "\n".join(lines), look=look),
        )
        for (name, examples), (sense, lines) in zip(keys_of(word), groups, strict=True)
    ]


def has_examples(word):
    """Whether examples of two senses of the word are bundled, or the reader has written some."""
    return word in senses.bundled() or any(is_chosen(examples) for _, examples in keys_of(word))


def senses_of(word, model=MODEL):
    """The Senses, to that model, as written for the word, and sentences about what is wrong with them; None
    instead if there are too few.
    """
    names, texts = zip(*[(name.value(), box.value()) for name, box in boxes_of(word)], strict=True)
    groups, wrong = [], []
    for name, text in zip(names, texts, strict=True):
        if len(text) > BOX:
            return None, [
                f"The examples for {_shell.plain(name)} have {len(text):,} characters; at most {BOX:,} are "
                "read. Shorten them."
            ]
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        without = [line for line in lines if not senses.find(line, word)]
        used = [senses.find(line, word)[0] for line in lines if line not in without][:MOST]
        if without:
            told = (
                f"{len(without)} of the examples for {_shell.plain(name)} are left out, they do not hold "
                f"{_shell.plain(word)}"
            )
            wrong.append(f"{told}: {_shell.plain(without[0][:80])}")
        if len(lines) - len(without) > MOST:
            wrong.append(f"Of the examples for {_shell.plain(name)} the first {MOST} are used.")
        groups.append(used)
    if min(map(len, groups)) < 2:
        wrong.append(
            f"A sense needs two examples or more. Write sentences with {_shell.plain(word)} into both boxes "
            "under “The examples”, one to a line."
        )
        return None, wrong
    try:
        left, right = (vectors(tuple(group), model) for group in groups)
    except ValueError as reason:
        return None, [*wrong, f"One of the examples cannot be read. {reason}"]
    return Senses(
        names,
        left,
        right,
        tuple(map(tuple, groups)),
        senses.Axis.between(left.mean(0), right.mean(0)),
        senses.separate(left, right),
    ), wrong


def read_or_end(found):
    """The vectors (2, S, C) of two Words; where a sentence cannot be read, the page says why and ends."""
    try:
        plain = vectors(found)
    except ValueError as reason:
        st.warning(str(reason))
        raise NothingToShow from reason
    note_pieces(found)
    return plain


def known_or_none(word):
    """The Senses of the word, and a sentence about whatever is wrong with its examples; None where there are
    no examples, or too few.
    """
    if word is None or not has_examples(word):
        return None
    known, wrong = senses_of(word)
    for sentence in wrong:
        st.info(sentence)
    return known


def known_or_end(word, found):
    """The Senses of the word; where its examples or its sentences will not do, the page says why, shows the
    boxes for examples, and ends.
    """
    read_or_end(found)
    known, wrong = senses_of(word)
    for sentence in wrong:
        (st.info if known else st.warning)(sentence)
    if known is None:
        boxes(word)
        raise NothingToShow
    return known


def boxes(word):
    """The two boxes in which the examples are read and edited."""
    for column, (name, examples) in zip(st.columns(2), boxes_of(word), strict=True):
        with column:
            name.draw()
            examples.draw()


# ---- what a word may not look at ----


def tokens_of(found, names):
    """Places of all tokens of these words in the text of the Word."""
    bundle = load(MODEL)
    spans = bundle.tokenizer.spans(found.text, bundle.read(found.text))
    own = found.tokens(spans)
    return tuple(
        sorted(
            {
                place
                for name in names
                for word in words.spelling(found.text, name)
                for place in word.tokens(spans)
            }
            - set(own)
        )
    )


def moves(found, known, plain, stage):
    """{word: how far the meter goes, at a stage, when the word of the sentence cannot look at it}, for the
    nearest other words.
    """
    names = nearest(found)
    if not names:
        return {}
    alone = blinded(found, [(tokens_of(found, [name]), None, None) for name in names])  # (N, S, C)
    return dict(
        zip(names, known.axis.project(alone)[:, stage] - known.axis.project(plain)[stage], strict=True)
    )


def strongest(found, moved):
    """The word, of `moves`, that moves the meter most per occurrence in the text; None if there is none."""
    return max(moved, key=lambda name: abs(moved[name]) / len(words.spelling(found.text, name)), default=None)


def nearest(found):
    """The other words of the text, each once, those nearest to the word."""
    middle = found.start
    others = [one for one in senses.words(found.text) if one.start != middle]
    order = sorted(others, key=lambda one: abs(one.start - middle))
    return list(dict.fromkeys(map(str, order)))[:NEAREST]
