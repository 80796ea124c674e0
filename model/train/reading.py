"""The lines that the encoders learn from, and their variations."""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random

from model.train import corpus
from model.train.teacher import WORD

SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[.!?][\"”’'])\s+")
LONGEST = 60  # words in a line


def sentences(text: str, chance: Random, longest: int = LONGEST) -> Iterator[str]:
    """Yield pieces of a story, one to a few sentences each, up to a length drawn for each piece."""
    piece, wanted = [], chance.randint(1, 40)
    for sentence in SENTENCE.split(text.replace("\n", " ")):
        if len(WORD.findall(sentence)) > longest:
            continue
        piece.append(sentence)
        size = len(WORD.findall(" ".join(piece)))
        if size >= wanted or size > longest - 20:
            yield " ".join(piece)
            piece, wanted = [], chance.randint(1, 40)
    if piece:
        yield " ".join(piece)


def phrases(lines: Sequence[str], chance: Random, count: int) -> Iterator[str]:
    """Yield `count` pieces of two to five words in a row, as a user may type them."""
    for line in chance.choices(lines, k=count):
        words = line.split()
        start = chance.randrange(max(1, len(words) - 1))
        yield " ".join(words[start : start + chance.randint(2, 5)]).strip(" ,.;:!?\"“”'()")


def company(glosses: Iterable[str], frequent: Container[str], chance: Random) -> Iterator[list[str]]:
    """Yield for each gloss that defines a common word that word among one to five words of the definition,
    shuffled: [sloping, bank, water].
    """
    for line in glosses:
        heads, _, definition = line.partition(": ")
        known = [head for head in heads.split(", ") if head.lower() in frequent]
        content = [word for word in WORD.findall(definition) if len(word) > 3]
        if known and content:
            words = [chance.choice(known), *chance.sample(content, min(len(content), chance.randint(1, 5)))]
            chance.shuffle(words)
            yield words


def exchange(line: str, words: Sequence[str], chance: Random) -> str:
    """The line with words of four letters or more, at random places, replaced by `words`, as many as there is
    room for (as in TinyBERT, Jiao 2020).
    """
    places = [match.span() for match in WORD.finditer(line) if match.end() - match.start() > 3]
    chosen = chance.sample(places, min(len(places), len(words)))
    for (start, end), word in zip(sorted(chosen, reverse=True), words, strict=False):
        line = line[:start] + word + line[end:]
    return line


def common(counts: Mapping[str, int]) -> dict[str, int]:
    """The words that occur often enough to be set into other lines, and how often they occur."""
    return {word: n for word, n in counts.items() if n >= 8 and len(word) > 2}


def gather(folder: Path, seed: int = 1) -> list[str]:
    """The lines to learn from, shuffled: WordNet, the stories, the books, single words, phrases,
    mixtures; never held-out text.
    """
    chance = Random(seed)
    training, _ = corpus.split(sorted(folder.glob("*.txt")))
    glosses, examples = training["oewn_glosses.txt"], training["oewn_examples.txt"]
    plain = examples + [
        piece for name in corpus.STORIES for text in training[name] for piece in sentences(text, chance)
    ]
    counts = Counter(word for text in plain + glosses for word in WORD.findall(text.lower()))
    known = common(counts)
    lines = glosses + plain + list(known)
    lines += [line.rstrip(".") for line in plain if chance.random() < 0.1]
    lines += phrases(plain + glosses, chance, 60_000)
    short = [line for line in plain if 20 < len(line) < 150]
    for words in company(glosses, known, chance):
        lines += [" ".join(words), exchange(chance.choice(short), words, chance)]
    lines += [
        exchange(chance.choice(short), [word], chance)
        for word in chance.choices(list(known), [n**0.5 for n in known.values()], k=40_000)
    ]
    lines = [" ".join(line.split()) for line in lines]
    lines = [line for line in lines if 0 < len(WORD.findall(line)) <= LONGEST and len(line) < 500]
    chance.shuffle(lines)
    return lines


def mixed(lines: Sequence[str], counts: Mapping[str, int], chance: Random) -> Iterator[str]:
    """Yield lines, drawn again and again without end, with up to half of the words of each exchanged for any
    that are `common`, all equally often.
    """
    names = list(common(counts))
    while True:
        line = chance.choice(lines)
        yield exchange(line, chance.choices(names, k=len(line.split()) // 2), chance)


def variations(lines: Sequence[str], counts: Mapping[str, int], chance: Random) -> Iterator[str]:
    """Yield all lines again and again without end, in another order each time: four in ten as they are, two
    cut to a few words in a row, four with one to three words exchanged for others that are `common`. Of these
    one that occurs 10,000 times is drawn only five times as often as one that occurs 16 times.
    """
    known = common(counts)
    names, drawn = list(known), list(accumulate(n**0.25 for n in known.values()))
    while True:
        for line in chance.sample(lines, len(lines)):
            changed = varied(line, names, drawn, chance)
            if WORD.search(changed):
                yield changed


def varied(line: str, names: Sequence[str], drawn: Sequence[float], chance: Random) -> str:
    """One of the `variations`."""
    kind, pieces = chance.random(), line.split()
    if kind < 0.4:
        return exchange(line, chance.choices(names, cum_weights=drawn, k=chance.randint(1, 3)), chance)
    if kind < 0.6 and len(pieces) > 2:
        size = chance.randint(2, len(pieces))
        start = chance.randint(0, len(pieces) - size)
        return " ".join(pieces[start : start + size])
    return line
