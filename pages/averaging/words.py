"""The word that both sentences hold, and which of its places is meant."""

import streamlit as st

from model import load
from model.analysis import senses, words
from pages import _shell
from pages._control import Buttons, Menu, NothingToShow
from pages._senses import MODEL, NUMBERS, shown


def word_of(texts):
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
    label, key = "The word that both share", "word_sense.word"
    word = Buttons(label, key, None, best).value()
    options = common if word in common or not word else [*common, word]
    if options:
        Buttons(label, key, options, best).draw(format_func=lambda option: shown(option, common))
    if not options:
        st.warning("The two sentences share no word. Write one word into both, such as bank.")
        raise NothingToShow
    if word not in common:
        missing = [NUMBERS[i] for i in (0, 1) if not senses.find(texts[i], word)]
        reason = f"is not in the {' and not in the '.join(missing)} sentence"
        st.warning(f"{_shell.plain(word)} {reason}. Write it there, or choose a word that both share.")
        raise NothingToShow
    return word


def occurrence(text, word, number):
    """The Word meant in the first (0) or second (1) sentence; where it occurs more than once, the reader says
    which.
    """
    occurrences = senses.find(text, word)
    label = (
        f"“{word[:24]}” is {len(occurrences)} times in the {NUMBERS[number]} sentence. Which one is meant?"
    )
    menu = Menu(label, f"word_sense.place{number + 1}", range(1, len(occurrences) + 1), 1)
    place = menu.value()
    if len(occurrences) > 1:
        menu.draw()
    return occurrences[place - 1]
