"""Byte pair encoding (Gage 1994; Sennrich 2016, arXiv:1508.07909) over UTF-8 bytes (Radford 2019): any text to ids and back, without loss."""

import heapq
import re
from collections import Counter, defaultdict, deque
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

# Merges never cross these borders: a word with the space before it, up to three digits, a run of signs, white space.
# Runs are cut at 32 characters, so that a "word" of 100,000 letters costs no more than 100,000 letters of prose.
WORD = re.compile(r"'(?:s|t|re|ve|m|ll|d)\b| ?[^\W\d_]{1,32}| ?\d{1,3}| ?(?:[^\w\s]|_){1,32}|\s{1,32}(?!\S)|\s")
BYTES = 256


class Step(NamedTuple):
    """One merge on the way from bytes to tokens: the pair of ids that became one (None at the start) and the ids after it."""

    pair: tuple[int, int] | None
    ids: list[int]


def merge(ids, pair, new):
    """Replace each occurrence of `pair` in `ids`, from the left, by the id `new`; the input is left as it was."""
    merged, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and ids[i] == pair[0] and ids[i + 1] == pair[1]:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def learn(text):
    """Yield (pair, count) for one merge after another: always the most frequent pair, the smaller ids on a tie, until none occurs twice."""
    counts = Counter(WORD.findall(text))
    words = [list(to_bytes(word)) for word in counts]
    times = list(counts.values())
    pairs, places = Counter(), defaultdict(set)
    for i, word in enumerate(words):
        for pair in pairwise(word):
            pairs[pair] += times[i]
            places[pair].add(i)
    queue = [(-count, pair) for pair, count in pairs.items()]
    heapq.heapify(queue)
    new = BYTES
    while queue:
        count, pair = heapq.heappop(queue)
        if pairs[pair] != -count:  # the count has changed since; the true one waits further back in the queue
            continue
        if -count < 2:
            return
        yield pair, -count
        changed = set()
        for i in places.pop(pair):
            for old in pairwise(words[i]):
                pairs[old] -= times[i]
                changed.add(old)
            words[i] = merge(words[i], pair, new)
            for fresh in pairwise(words[i]):
                pairs[fresh] += times[i]
                places[fresh].add(i)
                changed.add(fresh)
        for pair in changed:
            if pairs[pair] > 0:
                heapq.heappush(queue, (-pairs[pair], pair))
        new += 1


def train(text, merges):
    """Learn at most `merges` merges from `text`; returns the Tokenizer."""
    return Tokenizer([pair for _, (pair, _) in zip(range(merges), learn(text), strict=False)])


def to_bytes(text):
    """UTF-8 bytes of any Python string, half a surrogate pair included."""
    return text.encode("utf-8", "surrogatepass")


def uncased(text):
    """`text` in small letters, as many as before, after a space: so a word is one token with a capital, without, and as the first (Devlin 2019)."""
    return ("" if text[:1].isspace() else " ") + "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


class Tokenizer:
    """Merges in the order learned. Ids 0-255 are the bytes, then one id per merge; the last id, `end`, stands between documents, never in a text.

    With `cased=False` a text is read as `uncased` gives it, and so decoded.
    """

    def __init__(self, merges, cased=True):
        self.cased = cased
        self.merges = tuple((int(left), int(right)) for left, right in merges)
        self.ranks = {pair: BYTES + i for i, pair in enumerate(self.merges)}
        self.bytes = [bytes([i]) for i in range(BYTES)]
        for left, right in self.merges:
            self.bytes.append(self.bytes[left] + self.bytes[right])
        self.bytes.append(b"")
        self.end = len(self.bytes) - 1
        self._encode_word = lru_cache(maxsize=65_536)(lambda word: deque(self._merge([list(to_bytes(word))]), maxlen=1).pop().ids)

    def __len__(self):
        """Size of the vocabulary V: bytes, merges and `end`."""
        return len(self.bytes)

    def steps(self, text):
        """Yield the Steps that turn `text` into tokens: its bytes first, then after every merge, in the order in which the merges were learned."""
        return self._merge([list(to_bytes(word)) for word in self.words(text)])

    def encode(self, text):
        """Token ids of `text`: the last of its `steps`, taken word by word because merges stay inside a word."""
        return [id for word in self.words(text) for id in self._encode_word(word)]

    def words(self, text):
        """The pieces of `text` inside which merges stay."""
        return WORD.findall(text if self.cased else uncased(text))

    def _merge(self, words):
        yield Step(None, list(chain.from_iterable(words)))
        while True:
            known = [self.ranks[pair] for word in words for pair in pairwise(word) if pair in self.ranks]
            if not known:
                return
            new = min(known)
            pair = self.merges[new - BYTES]
            words = [merge(word, pair, new) for word in words]
            yield Step(pair, list(chain.from_iterable(words)))

    def decode(self, ids):
        """Text of the token ids; bytes that are no text, such as half of a character, become U+FFFD."""
        data = b"".join(self.bytes[id] for id in ids)
        try:
            return data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return data.decode("utf-8", "replace")

    def piece(self, id):
        """The token as a person may read it: its text, or its bytes in hexadecimal, such as ⟨F0 9F⟩, where they are part of a character."""
        try:
            return self.bytes[id].decode("utf-8") if id != self.end else "⟨end⟩"
        except UnicodeDecodeError:
            return f"⟨{self.bytes[id].hex(' ').upper()}⟩"

    def spans(self, text, ids):
        """Character offsets (start, end) into `text` of each token; a token that is a part of a character has the whole character's span."""
        read = text if self.cased else uncased(text)
        added = len(read) - len(text)  # 1 where a space was put in front
        character = [i - added for i, letter in enumerate(read) for _ in to_bytes(letter)]
        spans, place = [], 0
        for id in ids:
            after = place + len(self.bytes[id])
            spans.append((max(0, character[place]), character[after - 1] + 1))
            place = after
        return spans
