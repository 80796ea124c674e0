"""How an opened model's tokenizer cuts a word into tokens, step by step, from the tables of its
tokenizer.json: merges (Sennrich 2016, arXiv:1508.07909), the longest match (Schuster 2012), the likeliest
pieces (Kudo 2018, arXiv:1804.10959). Tokens are spelled here as the vocabulary spells them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any, NamedTuple

PENALTY = 10.0  # of a character without a piece, below the worst score: the library's constant
WAYS = 5  # of cutting a word that are kept, the likeliest ones


class Step(NamedTuple):
    """One step on the way to the tokens: those after it, and the places of those that it made.

    rank: of a merge, its place in the table, from 0. score: of a way to cut the word, the sum of the log p of
    its pieces.
    """

    tokens: tuple[str, ...]
    made: tuple[int, ...] = ()
    rank: int | None = None
    score: float | None = None


def merges(letters: Sequence[str], ranks: Mapping[tuple[str, str], int], prefix: str = "") -> Iterator[Step]:
    """Yield the letters, and what they are after every merge: of all pairs the one that was learned first,
    the leftmost of these. `prefix` marks the inside of a word, and is written once.
    """
    tokens = list(letters)
    yield Step(tuple(tokens))
    while pairs := [(ranks[pair], place) for place, pair in enumerate(pairwise(tokens)) if pair in ranks]:
        rank, place = min(pairs)
        tokens[place : place + 2] = [tokens[place] + tokens[place + 1].removeprefix(prefix)]
        yield Step(tuple(tokens), (place,), rank)


def longest(word: str, vocabulary: Collection[str], prefix: str) -> Iterator[Step]:
    """Yield the word, and what it is each time the longest piece that its rest begins with is cut off; inside
    of the word pieces begin with `prefix`. Ends early where no piece fits.
    """
    tokens, rest = (), word
    yield Step((word,))
    while rest:
        inside = prefix if tokens else ""
        ends = (end for end in range(len(rest), 0, -1) if inside + rest[:end] in vocabulary)
        end = next(ends, None)
        if end is None:
            return
        tokens, rest = (*tokens, inside + rest[:end]), rest[end:]
        yield Step((*tokens, prefix + rest) if rest else tokens, (len(tokens) - 1,))


def likeliest(
    word: str, scores: Mapping[str, float], unknown: float, width: int, most: int = WAYS
) -> list[Step]:
    """The likeliest ways to cut the word, at most so many, the best first. `scores` are log p of the pieces,
    none of more than `width` letters, `unknown` that of a character that is no piece.
    """
    best: list[list[tuple[float, tuple[str, ...]]]] = [[(0.0, ())]]  # by the place that is reached
    for end in range(1, len(word) + 1):
        ways = []
        for start in range(max(0, end - width), end):
            piece = word[start:end]
            score = scores.get(piece, unknown if end - start == 1 else None)
            if score is not None:
                ways += [(score + before, (*path, piece)) for before, path in best[start]]
        best.append(sorted(ways, key=lambda way: -way[0])[:most])
    return [Step(path, score=score) for score, path in best[-1]]


# ---- the three kinds, as a file describes them ----


class Cutter:
    """What cuts a word, as the `model` of a tokenizer.json says."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        self.model = model

    @cached_property
    def vocabulary(self) -> Mapping[str, int]:
        """The id of each token."""
        return self.model["vocab"]

    @property
    def unknown(self) -> str | None:
        """The token of what has no other."""
        return self.model.get("unk_token")

    def steps(self, word: str) -> list[Step]:
        """The steps on the way to the tokens of a word; the last one has them."""
        return [Step((word if word in self.vocabulary else self.unknown,))]

    def ids(self, word: str) -> list[int]:
        """The ids of the tokens of a word."""
        return [self.vocabulary[token] for token in self.steps(word)[-1].tokens]

    def spelled_bytes(self, text: str) -> list[str] | None:
        """The tokens of the bytes of a text, where the vocabulary has one for each."""
        tokens = [f"<0x{byte:02X}>" for byte in text.encode("utf-8", "surrogatepass")]
        known = self.model.get("byte_fallback") and all(token in self.vocabulary for token in tokens)
        return tokens if known else None


class Merges(Cutter):
    """Byte pair encoding, over the letters of bytes or over characters."""

    @cached_property
    def ranks(self) -> dict[tuple[str, str], int]:
        """The place of each merge in the order in which they were learned."""
        return {tuple(pair): rank for rank, pair in enumerate(self.model["merges"])}

    @cached_property
    def neighbours(self) -> set[tuple[str, str]]:
        """The letters between which any merge joins two tokens: the last of one, the first of the next."""
        prefix = self.model["continuing_subword_prefix"] or ""
        return {(left[-1], right.removeprefix(prefix)[0]) for left, right in self.ranks}

    def letters(self, word: str) -> list[str]:
        """What merging begins with: the tokens of single letters, of bytes where a letter has none, or else
        the unknown one.
        """
        prefix, suffix = (
            self.model[f"{part}"] or "" for part in ("continuing_subword_prefix", "end_of_word_suffix")
        )
        tokens: list[str | None] = []
        for place, letter in enumerate(word):
            spelled = prefix * (place > 0) + letter + suffix * (place == len(word) - 1)
            known = [spelled] if spelled in self.vocabulary else self.spelled_bytes(spelled)
            tokens += known or [self.unknown]
        if self.model["fuse_unk"]:
            runs = ((one, len(list(run))) for one, run in groupby(tokens))
            tokens = [one for one, times in runs for _ in range(1 if one == self.unknown else times)]
        return [token for token in tokens if token is not None]

    def steps(self, word: str) -> list[Step]:
        """As Cutter.steps; what one merge does at several places, one after the other, is one step."""
        if self.model["ignore_merges"] and word in self.vocabulary:
            return [Step((word,))]
        found: list[Step] = []
        for step in merges(self.letters(word), self.ranks, self.model["continuing_subword_prefix"] or ""):
            made = step.made
            if found and found[-1].rank == step.rank:
                made = (*found.pop().made, *made)
            found.append(step._replace(made=made))
        return found


class LongestMatch(Cutter):
    """WordPiece: a word of which any part is no piece is unknown as a whole."""

    def steps(self, word: str) -> list[Step]:
        """As Cutter.steps."""
        if len(word) > self.model["max_input_chars_per_word"]:
            return [Step((self.unknown,))]
        found = list(longest(word, self.vocabulary, self.model["continuing_subword_prefix"]))
        return (
            found
            if all(one in self.vocabulary for one in found[-1].tokens)
            else [*found, Step((self.unknown,))]
        )


class LikeliestPieces(Cutter):
    """Unigram: the way to cut a word whose pieces have the largest sum of log p."""

    @cached_property
    def vocabulary(self) -> Mapping[str, int]:
        """The id of each token."""
        return {piece: id for id, (piece, _) in enumerate(self.model["vocab"])}

    @cached_property
    def scores(self) -> dict[str, float]:
        """log p of each piece."""
        return dict(self.model["vocab"])

    @property
    def unknown(self) -> str | None:
        """The token of what has no other."""
        id = self.model["unk_id"]
        return None if id is None else self.model["vocab"][id][0]

    @cached_property
    def width(self) -> int:
        """Letters of the longest piece."""
        return max(map(len, self.scores))

    @cached_property
    def penalty(self) -> float:
        """log p of a character that is no piece."""
        return min(self.scores.values()) - PENALTY

    def steps(self, word: str) -> list[Step]:
        """The ways to cut the word, the likeliest one last."""
        return likeliest(word, self.scores, self.penalty, self.width)[::-1]

    def ids(self, word: str) -> list[int]:
        """The ids of the tokens of a word; characters without a piece that stand together are one token, or
        the tokens of their bytes.
        """
        ids = []
        runs = groupby(self.steps(word)[-1].tokens, key=lambda piece: piece in self.vocabulary)
        for known, pieces in runs:
            tokens = list(pieces) if known else self.spelled_bytes("".join(pieces)) or [self.unknown]
            ids += [self.vocabulary[token] for token in tokens]
        return ids


KINDS = {"BPE": Merges, "WordPiece": LongestMatch, "Unigram": LikeliestPieces, "WordLevel": Cutter}
