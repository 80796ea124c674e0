"""The words inside which an opened model's tokenizer cuts: what its normalizer and its pre-tokenizer make of
a text, and tokens that were added by name.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from model.hub.cutting import Merges

if TYPE_CHECKING:
    from model.hub.tokenizer import HubTokenizer

LONGEST = 1_000  # letters of a word: what cuts one takes their square


class Word(NamedTuple):
    """A word as the vocabulary spells it, and the ids of its tokens; an `added` one is a token by name."""

    spelled: str
    ids: list[int]
    added: bool = False


def words(tokenizer: "HubTokenizer", text: str) -> list[Word]:
    """The words of a text, one after the other, without the marks around it. ValueError, in a sentence for
    the user, if one is too long.
    """
    named = {one["content"]: one for one in tokenizer.description["added_tokens"]}
    found: list[Word] = []
    for part, name in parts(text, named):
        if name:
            found.append(Word(name, [named[name]["id"]], added=True))
            continue
        for spelled in split(tokenizer, part):
            if len(spelled) > LONGEST:
                raise ValueError(
                    f"A word of {len(spelled):,} letters is not cut step by step here: {LONGEST:,} at most."
                )
            found.append(Word(spelled, tokenizer.cutter.ids(spelled)))
    return found


def parts(text: str, named: dict[str, dict]) -> Iterator[tuple[str, str]]:
    """Yield the parts of a text between the names of added tokens, and these, each with its name, or ""."""
    spaces = r"\s*"
    patterns = (
        spaces * named[name]["lstrip"] + re.escape(name) + spaces * named[name]["rstrip"]
        for name in sorted(named, key=len, reverse=True)
    )
    pattern = re.compile("|".join(patterns) or r"(?!)")
    place = 0
    for match in pattern.finditer(text):
        yield text[place : match.start()], ""
        yield match[0], match[0] if match[0] in named else match[0].strip()
        place = match.end()
    yield text[place:], ""


def split(tokenizer: "HubTokenizer", text: str) -> Iterator[str]:
    """The words of a part of a text, as the vocabulary spells them."""
    from tokenizers import PreTokenizedString

    backend, whole = tokenizer.backend, PreTokenizedString(text)
    if backend.normalizer:
        whole.normalize(backend.normalizer.normalize)
    if backend.pre_tokenizer:
        backend.pre_tokenizer.pre_tokenize(whole)
    for spelled, _, _ in whole.get_splits():
        yield from spaced(tokenizer, spelled) if isinstance(tokenizer.cutter, Merges) else [spelled]


def spaced(tokenizer: "HubTokenizer", spelled: str) -> Iterator[str]:
    """A piece of text cut before its spaces, where no merge joins what is on both sides: tokenizers of
    SentencePiece's kind cut nothing before they merge.
    """
    signs = {sign for sign, meant in tokenizer.spelling["Replace"] if meant == " "}
    start = 0
    for place in range(1, len(spelled)):
        pair = spelled[place - 1], spelled[place]
        if pair[1] in signs and pair not in tokenizer.cutter.neighbours:
            yield spelled[start:place]
            start = place
    if spelled:
        yield spelled[start:]
