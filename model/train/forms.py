"""The list of words and their other forms that the pages go by, from LemmInflect's dictionary (MIT), made of
the public SPECIALIST lexicon of the NIH.

LemmInflect is needed for this alone: install it with pip install --no-deps --target FOLDER
lemminflect==0.2.3, and say --package FOLDER.
"""

import importlib
import sys
from collections import defaultdict

from model import zoo
from model.analysis import words
from model.tokenizer import BYTES

ORDER = ("NOUN", "VERB", "ADJ", "ADV", "AUX")


def plain(word):
    return word.isascii() and word.isalpha() and word.islower()


def vocabulary(tokenizer):
    """The words that are one token."""
    pieces = (tokenizer.piece(id).strip() for id in range(BYTES, tokenizer.end))
    return {piece for piece in pieces if plain(piece) and len(piece) > 1}


def lemmas(dictionary, word):
    """What the dictionary says that a word may be a form of."""
    by_part = dictionary.get(word, {})
    return list(dict.fromkeys(base for part in ORDER for base in by_part.get(part, ()) if plain(base)))


def table(dictionary, known):
    """{word: its other forms} for the known words and all forms of them; a known word that only looks
    like a form of another has none.
    """
    found = defaultdict(list)
    for word in filter(plain, sorted(dictionary)):
        of = lemmas(dictionary, word)
        if word not in known and known.isdisjoint(of):
            continue
        for base in of:
            if base != word:
                found[base].append(word)
            elif len(of) > 1 or list(words.regular(word)):
                found[base]  # also a word of its own, such as left, news
    return found


def write(package):
    """Make the list anew."""
    sys.path.insert(0, str(package))
    dictionary = importlib.import_module("lemminflect.core.Lemmatizer").Lemmatizer()._getLemmaDict()
    found = table(dictionary, vocabulary(zoo.load("encoder").tokenizer))
    lines = [" ".join([base, *forms]) for base, forms in sorted(found.items())]
    words.FORMS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)
