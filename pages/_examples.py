"""The examples of a word's two senses: bundled or the reader's own, and what follows from them."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from model import load
from model.analysis import senses
from pages import _shell
from pages._cache import remembered
from pages._choices import is_chosen
from pages._control import Line, Lines, NothingToShow
from pages._numbers import percent, plural
from pages._senses import MODEL, vectors, vectors_of_each

MOST = 100  # examples a side,
BOX = 100_000  # and characters of all of them
BEFORE = 3  # words before the word, at least, in the examples of a model that looks back only


class Senses(NamedTuple):
    """The examples of two senses of a word and what follows from them."""

    ends: tuple[str, str]  # names of the senses, left and right
    left: np.ndarray  # (N, S, C)
    right: np.ndarray  # (M, S, C)
    examples: tuple[tuple[senses.Word, ...], tuple[senses.Word, ...]]  # the word in the N and M examples
    axis: senses.Axis
    separation: senses.Separation
    kinship: senses.Kinship

    @property
    def missing(self):
        """How many more examples each sense needs before a word is called."""
        return tuple(max(0, senses.ENOUGH - len(group)) for group in self.examples)

    @property
    def margin(self):
        """Nearer to the middle than this, (S,), it is too close to call: everywhere with too few examples."""
        return np.full_like(self.separation.margin, np.inf) if any(self.missing) else self.separation.margin

    def share(self, stage):
        """How many of the examples fall on their own side, where there are enough of them to say so."""
        return "–" if any(self.missing) else percent(self.separation.accuracy[stage])

    def neither(self, word_vectors):
        """Whether words with such vectors (..., S, C) are like neither sense, (..., S)."""
        return self.kinship.neither(word_vectors) & (not any(self.missing))

    def call(self, value, stage, word_vectors):
        """What the meter says of a value and of the word’s vectors (S, C) that it was read off, in words."""
        if any(self.missing):
            return "too few examples to call it"
        side = _shell.plain(self.ends[int(value > 0)])
        if self.neither(word_vectors)[stage]:
            return f"**like neither** (if either, {side})"
        return "too close to call" if abs(value) <= self.margin[stage] else f"on the side of **{side}**"

    def needs(self, word):
        """A sentence about how many more examples are needed; empty where there are enough."""
        if not any(self.missing):
            return ""
        lines = [
            f"{plural('more line', count)} for {_shell.plain(end)}"
            for count, end in zip(self.missing, self.ends, strict=True)
            if count
        ]
        return (
            f"A word is called from {senses.ENOUGH} examples a side on; with fewer it is chance how many of "
            f"them fall on their own side. Write {_shell.listing(lines)} with {_shell.plain(word)} under "
            "“The examples”."
        )


def note_pieces(targets, model):
    """Say so where the tokenizer of the model has cut the word."""
    bundle = load(model)
    for word in targets:
        ids = bundle.read(word.text)
        pieces = [bundle.tokenizer.piece(ids[i]) for i in word.tokens(bundle.tokenizer.spans(word.text, ids))]
        if len(pieces) > 1:
            st.caption(
                f"{_shell.plain(str(word))} is {len(pieces)} tokens to this model, "
                f"{' '.join(map(_shell.plain, pieces))}: its vector is their mean."
            )
            return


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
    return senses_from(word, names, texts, model)


@remembered()
def senses_from(word, names, texts, model):
    """The same from the names of the two senses and their examples, texts of a line each."""
    groups, wrong = [], []
    for name, text in zip(names, texts, strict=True):
        if len(text) > BOX:
            return None, [
                f"The examples for {_shell.plain(name)} have {len(text):,} characters; at most {BOX:,} are "
                "read. Shorten them."
            ]
        group, left_out = usable(word, name, text, load(model).config.causal)
        groups.append(group)
        wrong += left_out
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
        senses.Kinship.between(left, right),
    ), wrong


def usable(word, name, text, causal=False):
    """The word in each line that holds it, and sentences about lines that are left out: of a model that looks
    back only also those in which few words stand before the word.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    without = [line for line in lines if not senses.find(line, word)]
    used = [senses.find(line, word)[0] for line in lines if line not in without]
    wrong = []
    if without:
        wrong.append(
            f"{len(without)} of the examples for {_shell.plain(name)} are left out, they do not hold "
            f"{_shell.plain(word)}: {_shell.plain(without[0][:80])}"
        )
    if left_out := [one for one in used if causal and early(one)]:
        used = [one for one in used if one not in left_out]
        wrong.append(
            f"{len(left_out)} of the examples for {_shell.plain(name)} are left out: this model looks back "
            f"only, and fewer than {BEFORE} words stand before {_shell.plain(word)}."
        )
    if len(used) > MOST:
        wrong.append(f"Of the examples for {_shell.plain(name)} the first {MOST} are used.")
    return used[:MOST], wrong


def early(word):
    """Whether fewer words stand before the word than a model that looks back only can tell its sense from."""
    return len(senses.words(word.text[: word.start])) < BEFORE


def read_or_end(targets, model=MODEL):
    """The vectors (2, S, C) of two Words; where a sentence cannot be read, the page says why and ends."""
    try:
        plain = vectors_of_each(targets, model)
    except ValueError as reason:
        st.warning(str(reason))
        raise NothingToShow from reason
    note_pieces(targets, model)
    return plain


def known_or_none(word, model=MODEL):
    """The Senses of the word to a model, and a sentence about whatever is wrong with its examples; None where
    there are no examples, or too few.
    """
    if word is None or not has_examples(word):
        return None
    known, wrong = senses_of(word, model)
    for sentence in wrong:
        st.info(sentence)
    return known


def known_or_end(word, targets):
    """The Senses of the word; where its examples or its sentences will not do, the page says why, shows the
    boxes for examples, and ends.
    """
    read_or_end(targets)
    known, wrong = senses_of(word)
    for sentence in wrong:
        (st.info if known else st.warning)(sentence)
    if known is None:
        draw_example_boxes(word)
        raise NothingToShow
    return known


def draw_example_boxes(word):
    """The two boxes in which the examples are read and edited."""
    for column, (name, examples) in zip(st.columns(2), boxes_of(word), strict=True):
        with column:
            name.draw()
            examples.draw()
