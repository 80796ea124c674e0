"""The list of words and their other forms that the pages go by, from LemmInflect's dictionary (MIT), made of
the public SPECIALIST lexicon of the NIH.

LemmInflect is needed for this alone: install it with pip install --no-deps --target FOLDER
lemminflect==0.2.3, and say --package FOLDER.
"""

import importlib
import sys
from collections import defaultdict
from pathlib import Path

from model import zoo
from model.analysis import words
from model.tokenizer import BYTES, Tokenizer

Dictionary = dict[str, dict[str, tuple[str, ...]]]  # word: {part of speech: the words it may be a form of}
ORDER = ("NOUN", "VERB", "ADJ", "ADV", "AUX")


def plain(word: str) -> bool:
    """Whether a word is nothing but small letters from a to z."""
    return word.isascii() and word.isalpha() and word.islower()


def vocabulary(tokenizer: Tokenizer) -> set[str]:
    """The words that are one token."""
    pieces = (tokenizer.piece(id).strip() for id in range(BYTES, tokenizer.end))
    return {piece for piece in pieces if plain(piece) and len(piece) > 1}


def lemmas(dictionary: Dictionary, word: str) -> list[str]:
    """What the dictionary says that a word may be a form of."""
    by_part = dictionary.get(word, {})
    return list(dict.fromkeys(base for part in ORDER for base in by_part.get(part, ()) if plain(base)))


def table(dictionary: Dictionary, known: set[str]) -> dict[str, list[str]]:
    """{word: its other forms} for the known words and all forms of them; a known word that only looks
    like a form of another has none.
    """
    forms = defaultdict(list)
    for word in filter(plain, sorted(dictionary)):
        bases = lemmas(dictionary, word)
        if word not in known and known.isdisjoint(bases):
            continue
        for base in bases:
            if base != word:
                forms[base].append(word)
            elif len(bases) > 1 or list(words.regular(word)):
                forms[base]  # also a word of its own, such as left, news
    return forms


def write(package: Path) -> int:
    """Make the list anew; returns its number of words."""
    sys.path.insert(0, str(package))
    dictionary = importlib.import_module("lemminflect.core.Lemmatizer").Lemmatizer()._getLemmaDict()
    listed = table(dictionary, vocabulary(zoo.load("encoder").tokenizer))
    lines = [" ".join([base, *forms]) for base, forms in sorted(listed.items())]
    words.FORMS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)
