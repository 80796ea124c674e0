"""Byte pair encoding (Gage 1994; Sennrich 2016, arXiv:1508.07909) over UTF-8 bytes (Radford 2019): any text
to ids and back, without loss.
"""

import heapq
import re
from collections import Counter, defaultdict, deque
from functools import lru_cache
from itertools import chain, count, pairwise
from operator import add, mul
from typing import NamedTuple
from unicodedata import category

BYTES = 256
LONGEST = 32  # letters, signs or spaces of a run


def joined_marks() -> str:
    """What continues a word and is no letter: Unicode's combining marks, such as accents and the vowel signs
    of Indic scripts, and the two joiners; as the inside of a character class.
    """
    planes = chain(range(0x0300, 0x1F000), range(0xE0100, 0xE01F0))  # there are none elsewhere
    return "".join(chr(i) for i in planes if category(chr(i)).startswith("M")) + "\u200c\u200d"


def pieces(letters: str) -> re.Pattern:
    """The pieces inside which merges stay: a run of `letters` with the space before it, up to three digits, a
    run of signs, white space.

    Runs are cut at LONGEST, so that a "word" of 100,000 letters costs no more than 100,000 letters of prose.
    """
    signs, spaces = rf" ?(?:[^\w\s]|_){{1,{LONGEST}}}", rf"\s{{1,{LONGEST}}}(?!\S)|\s"
    return re.compile(rf"'(?:s|t|re|ve|m|ll|d)\b| ?{letters}| ?\d{{1,3}}|{signs}|{spaces}")


MARKS = joined_marks()
LETTER = r"[^\W\d_]"
BARE = rf"(?:{LETTER}{{{LONGEST}}}|{LETTER}{{1,{LONGEST}}}(?!{LETTER}))(?![{MARKS}])"  # quickly found
WORD = pieces(rf"{LETTER}{{1,{LONGEST}}}")  # of the bundled models: a mark is a sign to them
DRESSED = rf"(?:{LETTER}[{MARKS}]{{0,{LONGEST}}}){{1,{LONGEST}}}"
MARKED = pieces(rf"(?:{BARE}|{DRESSED})")  # a letter keeps its marks
# Words as people count them: letters and digits with their marks, and the apostrophe, hyphen, underscore or
# decimal sign that stands between two of them. A space is in none of them.
SPOKEN = rf"(?:[^\W_]+[{MARKS}]*)+"
COUNTED = re.compile(rf"{SPOKEN}(?:(?:['’‐‑_-]|(?<=\d)[.,](?=\d)){SPOKEN})*")
LONG_RUN = re.compile(rf"(?:{LETTER}[{MARKS}]*){{{LONGEST + 1}}}")  # letters that are cut


def whole_words(text: str, pattern: re.Pattern) -> Counter:
    """How often each of the pieces that `pattern` cuts is, where it stands, a whole word as people count."""
    words = {match.span() for match in COUNTED.finditer(text)}
    spans = (
        (match[0], match.start() + match[0].startswith(" "), match.end()) for match in pattern.finditer(text)
    )
    return Counter(piece for piece, start, end in spans if (start, end) in words)


class Step(NamedTuple):
    """One merge on the way from bytes to tokens: the pair of ids that became one (None at the start) and the
    ids after it.
    """

    pair: tuple[int, int] | None
    ids: list[int]


def merge(ids, pair, new):
    """Replace each occurrence of `pair` in `ids`, from the left, by the id `new`; the input is left as it
    was.
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


class Round(NamedTuple):
    """Where training stands before its next merge.

    leaders: the most frequent pairs with their counts, the next to be merged first. tokens: how many the text
    has. whole: how often the word, as people count, occurs that the merge before made one token; 0 if it
    finished no word. It can be one word only: the one spelled like the new token.
    """

    leaders: list[tuple[tuple[int, int], int]]
    tokens: int
    whole: int


def rounds(text, places=10, pattern=WORD):
    """Yield a Round with at most `places` leaders before each merge: always the most frequent pair, the
    smaller ids on a tie, until none occurs twice. Merges stay inside the pieces that `pattern` cuts.
    """
    counts, spoken = Counter(pattern.findall(text)), whole_words(text, pattern)
    words = [
        "".join(map(chr, to_bytes(word))) for word in counts
    ]  # a character for each token: Python searches strings faster than lists
    times, spoken = list(counts.values()), [spoken[word] for word in counts]
    tokens = sum(map(mul, map(len, words), times))
    pairs, where = defaultdict(int), defaultdict(list)
    for i, word in enumerate(words):
        for pair in map(add, word, word[1:]):
            pairs[pair] += times[i]
            where[pair].append(i)
    queue = [(-often, pair) for pair, often in pairs.items() if often > 1]
    heapq.heapify(queue)
    whole = 0
    for new in map(chr, count(BYTES)):
        best = most_frequent(queue, pairs, places)
        yield Round([((ord(left), ord(right)), often) for (left, right), often in best], tokens, whole)
        if not best:
            return
        (pair, _), whole, fresh = best[0], 0, defaultdict(list)
        for i in {i for i in where.pop(pair) if pair in words[i]}:  # merges since then may have taken it away
            length = len(words[i])
            words[i], gone, made = join(words[i], pair, new)
            for other in gone:
                pairs[other] -= times[i]
            for other in made:
                pairs[other] += times[i]
                fresh[other].append(i)
            tokens -= (length - len(words[i])) * times[i]
            if len(words[i]) == 1 < length:
                whole = spoken[i]
        pairs[pair] = 0
        for other, having in fresh.items():
            if pairs[other] > 1:  # it will never be more than now
                where[other] = having
                heapq.heappush(queue, (-pairs[other], other))


def most_frequent(queue, pairs, places):
    """At most `places` (pair, count), best first. The queue holds the count that each pair began with; since
    then it can only have fallen.
    """
    best = []
    while queue and len(best) < places:
        began, pair = heapq.heappop(queue)
        if -began == pairs[pair]:
            best.append((pair, -began))
        elif pairs[pair] > 1:
            heapq.heappush(queue, (-pairs[pair], pair))  # back to where it belongs by now
    for pair, often in best:
        heapq.heappush(queue, (-often, pair))
    return best


def join(word, pair, new):
    """`word`, a character for each token, after `merge`; with the neighbouring pairs that this takes away and
    those that it makes.
    """
    (left, right), pieces = pair, word.split(pair)
    gone, made, last = [], [], len(pieces) - 2
    for i, (before, after) in enumerate(pairwise(pieces)):
        if before or i:
            neighbour = before[-1] if before else new
            gone.append(neighbour + left)
            made.append(neighbour + new)
        if after or i < last:
            neighbour = after[0] if after else left
            gone.append(right + neighbour)
            made.append(new + neighbour)
    return new.join(pieces), gone, made


def learn(text, pattern=WORD):
    """Yield (pair, count) for one merge after another: the first of the leaders of each of the `rounds`."""
    for now in rounds(text, places=1, pattern=pattern):
        yield from now.leaders


def train(text, merges, pattern=WORD):
    """Learn at most `merges` merges from `text`; returns the Tokenizer."""
    learned = zip(range(merges), learn(text, pattern), strict=False)
    return Tokenizer([pair for _, (pair, _) in learned], pattern=pattern)


def to_bytes(text):
    """UTF-8 bytes of any Python string, half a surrogate pair included."""
    return text.encode("utf-8", "surrogatepass")


def uncased(text):
    """`text` in small letters, as many as before, after a space: so a word is one token with a capital,
    without, and as the first (Devlin 2019).
    """
    return ("" if text[:1].isspace() else " ") + "".join(
        small if len(small := letter.lower()) == 1 else letter for letter in text
    )


class Tokenizer:
    """Merges in the order learned. Ids 0-255 are the bytes, then one id per merge; the last id, `end`, stands
    between documents, never in a text.

    With `cased=False` a text is read as `uncased` gives it, and so decoded. `pattern` cuts a text into the
    pieces inside which merges stay: WORD, or MARKED.
    """

    def __init__(self, merges, cased=True, pattern=WORD):
        self.cased, self.pattern = cased, pattern
        self.merges = tuple((int(left), int(right)) for left, right in merges)
        self.ranks = {pair: BYTES + i for i, pair in enumerate(self.merges)}
        self.bytes = [bytes([i]) for i in range(BYTES)]
        for left, right in self.merges:
            self.bytes.append(self.bytes[left] + self.bytes[right])
        self.bytes.append(b"")
        self.end = len(self.bytes) - 1
        self.longest = max(map(len, self.bytes))  # bytes, and so the most characters of one token
        self._encode_word = lru_cache(maxsize=65_536)(
            lambda word: deque(self.word_steps(word), maxlen=1).pop().ids
        )

    def __len__(self):
        """Size of the vocabulary V: bytes, merges and `end`."""
        return len(self.bytes)

    def steps(self, text):
        """Yield the Steps that turn `text` into tokens: its bytes first, then after every merge, in the order
        in which the merges were learned.
        """
        return self._merge([list(to_bytes(word)) for word in self.words(text)])

    def word_steps(self, word):
        """The same for one of the `words` of a text."""
        return self._merge([list(to_bytes(word))])

    def first(self, merges):
        """The Tokenizer that has learned only the first merges: every token that it knows has the id it has
        here, but for `end`, always the last one.
        """
        return Tokenizer(self.merges[:merges], self.cased, self.pattern)

    def encode(self, text):
        """Token ids of `text`: the last of its `steps`, taken word by word because merges stay inside a
        word.
        """
        return [id for word in self.words(text) for id in self._encode_word(word)]

    def encode_word(self, word):
        """Token ids of one of the `words` of a text."""
        return list(self._encode_word(word))

    def words(self, text):
        """The pieces of `text` inside which merges stay."""
        return self.pattern.findall(text if self.cased else uncased(text))

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
        """The token as a person may read it: its text, or its bytes in hexadecimal, such as ⟨F0 9F⟩, where
        they are part of a character.
        """
        try:
            return self.bytes[id].decode("utf-8") if id != self.end else "⟨end⟩"
        except UnicodeDecodeError:
            return f"⟨{self.bytes[id].hex(' ').upper()}⟩"

    def spans(self, text, ids):
        """Character offsets (start, end) into `text` of each token; a token that is a part of a character has
        the whole character's span.
        """
        read = text if self.cased else uncased(text)
        added = len(read) - len(text)  # 1 where a space was put in front
        character = [i - added for i, letter in enumerate(read) for _ in to_bytes(letter)]
        spans, place = [], 0
        for id in ids:
            after = place + len(self.bytes[id])
            spans.append((max(0, character[place]), character[after - 1] + 1))
            place = after
        return spans
