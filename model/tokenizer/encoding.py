"""From a text to ids and back, with merges that have been learned."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

from model.tokenizer.patterns import WORD

BYTES = 256

# of the words whose ids a tokenizer keeps: how many, and their characters; some 2 MB of prose, 12 at most
KEPT, SHORT = 8_192, 33


class Step(NamedTuple):
    """One merge on the way from bytes to tokens: the pair of ids that became one
    (None at the start) and the ids after it.
    """

    pair: tuple[int, int] | None
    ids: list[int]


def merge(ids: Sequence[int], pair: Sequence[int], new: int) -> list[int]:
    """Replace each occurrence of `pair` in `ids`, from the left, by the id `new`;
    the input is left as it was.
    """
    merged, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and ids[i] == pair[0] and ids[i + 1] == pair[1]:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def to_bytes(text: str) -> bytes:
    """UTF-8 bytes of any Python string, half a surrogate pair included."""
    return text.encode("utf-8", "surrogatepass")


def uncased(text: str) -> str:
    """`text` in small letters, with a space in front: as many characters as before, so that a word is one
    token with a capital, without one, and as the first word (Devlin 2019). Nothing stays nothing.
    """
    return ("" if not text or text[:1].isspace() else " ") + "".join(
        small if len(small := letter.lower()) == 1 else letter for letter in text
    )


class Tokenizer:
    """Merges in the order learned. Ids 0-255 are the bytes, then one id per merge; the last id, `end`, stands
    between documents, never in a text.

    With `cased=False` a text is read as `uncased` gives it, and so decoded. `pattern` cuts a text into the
    pieces inside which merges stay: WORD, or MARKED.
    """

    def __init__(
        self, merges: Iterable[Sequence[int]], cased: bool = True, pattern: re.Pattern = WORD
    ) -> None:
        self.cased, self.pattern = cased, pattern
        self.merges = tuple((int(left), int(right)) for left, right in merges)
        self.ranks = {pair: BYTES + i for i, pair in enumerate(self.merges)}
        self.bytes = [bytes([i]) for i in range(BYTES)]
        for left, right in self.merges:
            self.bytes.append(self.bytes[left] + self.bytes[right])
        self.bytes.append(b"")
        self.end = len(self.bytes) - 1
        self.longest = max(map(len, self.bytes))  # bytes, and so the most characters of one token
        self._known_word = lru_cache(KEPT)(self._new_word)

    def __len__(self) -> int:
        """Size of the vocabulary V: bytes, merges and `end`."""
        return len(self.bytes)

    @property
    def specials(self) -> frozenset[int]:
        """Ids that stand for no text: `end`."""
        return frozenset({self.end})

    @property
    def knows_words(self) -> bool:
        """Whether any token is longer than a byte."""
        return bool(self.merges)

    def steps(self, text: str) -> Iterator[Step]:
        """Yield the Steps that turn `text` into tokens: its bytes first, then after every merge, in the order
        in which the merges were learned.
        """
        return self._merge([list(to_bytes(word)) for word in self.words(text)])

    def word_steps(self, word: str) -> Iterator[Step]:
        """The same for one of the `words` of a text."""
        return self._merge([list(to_bytes(word))])

    def first(self, merges: int) -> "Tokenizer":
        """The Tokenizer that has learned only the first merges: every token that it knows has the id it has
        here, but for `end`, always the last one.
        """
        return Tokenizer(self.merges[:merges], self.cased, self.pattern)

    def encode(self, text: str, marks: bool = True) -> list[int]:
        """Token ids of `text`: the last of its `steps`,
        computed word by word because merges stay inside a word. No marks are put around it, whatever `marks`
        says: a HubTokenizer may have some.
        """
        return [id for word in self.words(text) for id in self._word(word)]

    def encode_word(self, word: str) -> list[int]:
        """Token ids of one of the `words` of a text."""
        return list(self._word(word))

    def _word(self, word: str) -> list[int]:
        return (self._known_word if len(word) <= SHORT else self._new_word)(word)

    def _new_word(self, word: str) -> list[int]:
        return deque(self.word_steps(word), maxlen=1).pop().ids

    def words(self, text: str) -> list[str]:
        """The pieces of `text` inside which merges stay."""
        return self.pattern.findall(text if self.cased else uncased(text))

    def _merge(self, words: list[list[int]]) -> Iterator[Step]:
        yield Step(None, list(chain.from_iterable(words)))
        while True:
            known = [self.ranks[pair] for word in words for pair in pairwise(word) if pair in self.ranks]
            if not known:
                return
            new = min(known)
            pair = self.merges[new - BYTES]
            words = [merge(word, pair, new) for word in words]
            yield Step(pair, list(chain.from_iterable(words)))

    def decode(self, ids: Iterable[int]) -> str:
        """Text of the token ids; bytes that are no text, such as half of a character, become U+FFFD."""
        data = b"".join(self.bytes[id] for id in ids)
        try:
            return data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return data.decode("utf-8", "replace")

    def piece(self, id: int) -> str:
        """The token as a person may read it: its text, or its bytes in hexadecimal, such as ⟨F0 9F⟩, where
        they are part of a character.
        """
        try:
            return self.bytes[id].decode("utf-8") if id != self.end else "⟨end⟩"
        except UnicodeDecodeError:
            return f"⟨{self.bytes[id].hex(' ').upper()}⟩"

    def spans(self, text: str, ids: Iterable[int]) -> list[tuple[int, int]]:
        """Character offsets (start, end) into `text` of each token; a token that is a part of a character has
        the whole character's span.
        """
        read = text if self.cased else uncased(text)
        shift = len(read) - len(text)  # 1 where a space was put in front
        character = [i - shift for i, letter in enumerate(read) for _ in to_bytes(letter)]
        spans, place = [], 0
        for id in ids:
            after = place + len(self.bytes[id])
            spans.append((max(0, character[place]), character[after - 1] + 1))
            place = after
        return spans
