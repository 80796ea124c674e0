"""Which two words are compared: one word in both sentences, at two places of one sentence, or two different
ones.
"""

from typing import NamedTuple

import streamlit as st

from model import load
from model.analysis import words
from pages import _examples, _senses, _shell
from pages._choices import is_chosen, put, wished
from pages._control import Buttons, Menu, NothingToShow
from pages._senses import NUMBERS

WORD, LAST = "word_sense.word", "word_sense.last"
LABEL = "The word to compare"
DIFFERENT = "*"  # stands for two different words: no word is spelled so
OFFERED = 10  # shared words among the buttons
AROUND = 18  # characters shown on each side of a word


class Pair(NamedTuple):
    """The two Words compared, and what both are called; None where they are different words."""

    name: str | None
    targets: tuple[words.Word, words.Word]


def compared(texts: list[str], model: str) -> Pair:
    """The Pair that the controls, drawn here, say; where a sentence cannot be read, the page says why and
    ends. An empty second box means the first sentence again; while another pair is typed, the last one stays.
    """
    texts = [texts[0], texts[1] if texts[1].strip() else texts[0]]
    last, reason = st.session_state.get(LAST), unready(texts, model)
    if reason and last:
        st.caption(
            f"{reason} The picture is still about the last two sentences. Write one word into both, or "
            "choose “two different words”."
        )
        texts = [one.text for one in last.targets]
    common = offered(texts, model)
    name = Buttons(LABEL, WORD, None, best(common)).value()
    options = [*common[:OFFERED], *([] if name in (*common[:OFFERED], DIFFERENT) else [name]), DIFFERENT]
    look = {"format_func": lambda one: label(one, common), "label_visibility": "collapsed"}
    Buttons(LABEL, WORD, options, best(common)).draw(**look)
    if reason and not last and name != DIFFERENT:
        st.warning(f"{reason} Write it there, or choose another word.")
        raise NothingToShow
    return pair(name, texts)


def unready(texts: list[str], model: str) -> str:
    """Why these sentences have no pair yet, in a sentence; empty where they have one."""
    blank = [NUMBERS[i] for i in (0, 1) if not any(map(str.isalnum, texts[i]))]
    if blank and LAST in st.session_state:
        return f"There is no word in the {blank[0]} sentence yet."
    for text in texts:
        readable(text, model)
    common = offered(texts, model)
    name = wished(WORD, best(common))
    missing = [NUMBERS[i] for i in (0, 1) if name != DIFFERENT and not words.find(texts[i], name)]
    if missing:
        return f"{_shell.plain(name)} is not in the {' and not in the '.join(missing)} sentence."
    if name == DIFFERENT == best(common) and not is_chosen(WORD):
        if texts[0] == texts[1]:
            return "No word that says much stands twice in the first sentence."
        return "These sentences share no word that says much."
    return ""


def best(common: list[str]) -> str:
    """The word offered first: the rarest that says something."""
    return next((name for name in common if name not in words.STOP), DIFFERENT)


def pair(name: str, texts: list[str]) -> Pair:
    """The Pair of that name, with the places that the reader chose, kept for while another pair is typed."""
    if name == DIFFERENT:
        latest = Pair(None, (any_word(texts[0], 0, 0), any_word(texts[1], 1, int(texts[0] == texts[1]))))
    else:
        latest = Pair(name, tuple(place(texts, name, side) for side in (0, 1)))
    st.session_state[LAST] = latest
    return latest


def readable(text: str, model: str) -> None:
    """End the page with a sentence unless the model can read the text and it has a word."""
    try:
        load(model).read(text)
    except ValueError as reason:
        st.warning(str(reason))
        raise NothingToShow from reason
    if not words.words(text):
        st.warning("There is no word in one of the sentences. Type a few words.")
        raise NothingToShow


def offered(texts: list[str], model: str = _senses.MODEL) -> list[str]:
    """The words that both sentences have, the rarest first; of one sentence twice, those with two places. In
    a model that looks back only, those before which few words stand come last.
    """
    common = words.rarest(words.shared(*texts), load(_senses.MODEL).tokenizer)
    if load(model).config.causal:
        common.sort(key=lambda name: any(_examples.early(words.find(text, name)[-1]) for text in texts))
    twice = [name for name in common if len(words.find(texts[0], name)) > 1]
    return twice if texts[0] == texts[1] else common


def say_that_it_looks_back(targets: tuple[words.Word, ...]) -> None:
    """Say what a model that looks back only can tell the sense of a word from, and where that is little."""
    few = [NUMBERS[i] for i, one in enumerate(targets) if _examples.early(one)]
    sentence = "This model looks back only: a word learns its sense from what stands before it."
    if few:
        sentence += (
            f" In the {' and in the '.join(few)} sentence that is fewer than {_examples.BEFORE} words; "
            "choose a word further on."
        )
    st.caption(sentence)


def label(name: str, common: list[str]) -> str:
    return "two different words" if name == DIFFERENT else _senses.shown(name, common)


# ---- one word of a sentence ----


def place(texts: list[str], name: str, side: int) -> words.Word:
    """The Word of that name in a sentence; where it has several, the reader says which. Of one sentence
    twice the second side begins with the second place.
    """
    occurrences = words.find(texts[side], name)
    second = texts[0] == texts[1] and side == 1 and len(occurrences) > 1
    where = f"the {NUMBERS[side]} sentence" if texts[0] != texts[1] else "the sentence"
    title = f"“{name[:24]}” {side + 1}: {len(occurrences)} times in {where}, which one?"
    control = Menu(title, f"word_sense.place{side + 1}", range(1, len(occurrences) + 1), 2 if second else 1)
    number = control.value()
    if len(occurrences) > 1:
        control.draw(format_func=lambda i: f"{i}: {context(occurrences[i - 1])}", width=320)
    return occurrences[number - 1]


def any_word(text: str, side: int, rank: int) -> words.Word:
    """Any word of a sentence, by a menu of all; the rarest, or the one after `rank` rarer ones, at first."""
    every = words.words(text)
    rare = words.rarest(dict.fromkeys(map(str, every)), load(_senses.MODEL).tokenizer)
    default = list(map(str, every)).index(rare[min(rank, len(rare) - 1)])
    key = f"word_sense.word{side + 1}"
    control = Menu(
        f"Word of the {NUMBERS[side]} sentence", key, range(len(every)), default, lambda i: str(i + 1)
    )
    number = control.value()
    control.draw(format_func=lambda i: context(every[i]), width=320)
    return every[number]


def context(word: words.Word) -> str:
    """A word with a little of the text around it."""
    before, after = word.text[: word.start], word.text[word.end :]
    left = f"…{before[-AROUND:]}" if len(before) > AROUND else before
    right = f"{after[:AROUND]}…" if len(after) > AROUND else after
    return f"{left}[{word.text[word.start : word.end]}]{right}"


def offer_both_places(texts: list[str]) -> None:
    """A button that compares two places of the first sentence, where a word has two."""
    twice = next((name for name in offered([texts[0], texts[0]]) if name not in words.STOP), None)
    if twice is not None and texts[1].strip() and texts[0] != texts[1]:
        change = {"word_sense.other": "", WORD: twice}
        name = f"Compare the two places of “{twice[:24]}” in the first sentence"
        st.button(name, key="word_sense.twice", on_click=put, args=(change,))
