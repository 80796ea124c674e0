"""The lines that the encoders learn from, and their variations."""

import random
import re
from collections import Counter
from itertools import accumulate

from model.train import corpus
from model.train.teacher import WORD

SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[.!?][\"”’'])\s+")
LONGEST = 60  # words in a line


def sentences(text, chance, longest=LONGEST):
    """Pieces of one to a few sentences, up to a length drawn for each piece, from a story."""
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


def phrases(lines, chance, count):
    """`count` pieces of two to five words in a row, as a user may type them."""
    for line in chance.choices(lines, k=count):
        words = line.split()
        start = chance.randrange(max(1, len(words) - 1))
        yield " ".join(words[start : start + chance.randint(2, 5)]).strip(" ,.;:!?\"“”'()")


def company(glosses, frequent, chance):
    """For each common word that a gloss defines, the word among one to five words of its definition,
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


def exchange(line, words, chance):
    """The line with longer words of it, at random places, replaced by `words`, as many as there is room for
    (after TinyBERT's way, Jiao 2020).
    """
    places = [match.span() for match in WORD.finditer(line) if match.end() - match.start() > 3]
    for (start, end), word in zip(
        sorted(chance.sample(places, min(len(places), len(words))), reverse=True), words, strict=False
    ):
        line = line[:start] + word + line[end:]
    return line


def common(counts):
    """The words that occur often enough to be set into other lines, in a dict of how often."""
    return {word: n for word, n in counts.items() if n >= 8 and len(word) > 2}


def gather(folder, seed=1):
    """The lines to learn from, shuffled: WordNet, the stories, the books, single words, phrases, mixtures;
    never held-out text.
    """
    chance = random.Random(seed)
    training, _ = corpus.split(sorted(folder.glob("*.txt")))
    glosses, examples = training["oewn_glosses.txt"], training["oewn_examples.txt"]
    plain = examples + [
        piece for name in corpus.STORIES for text in training[name] for piece in sentences(text, chance)
    ]
    counts = Counter(word for text in plain + glosses for word in WORD.findall(text.lower()))
    known = common(counts)
    found = glosses + plain + list(known)
    found += [line.rstrip(".") for line in plain if chance.random() < 0.1]
    found += phrases(plain + glosses, chance, 60_000)
    short = [line for line in plain if 20 < len(line) < 150]
    for words in company(glosses, known, chance):
        found += [" ".join(words), exchange(chance.choice(short), words, chance)]
    found += [
        exchange(chance.choice(short), [word], chance)
        for word in chance.choices(list(known), [n**0.5 for n in known.values()], k=40_000)
    ]
    found = [" ".join(line.split()) for line in found]
    found = [line for line in found if 0 < len(WORD.findall(line)) <= LONGEST and len(line) < 500]
    chance.shuffle(found)
    return found


def mixed(found, counts, chance):
    """The lines, in any order and without end, up to half of the words of each, longer ones, exchanged for
    any that are `common`, all equally often.
    """
    names = list(common(counts))
    while True:
        line = chance.choice(found)
        yield exchange(line, chance.choices(names, k=len(line.split()) // 2), chance)


def variations(found, counts, chance):
    """The lines again and again without end, in another order each time: four in ten as they are, the others
    cut to a few words in a row, or with one to three words exchanged for any others that are `common`; one of
    10,000 occurrences comes only five times as often as one of 16.
    """
    known = common(counts)
    names, drawn = list(known), list(accumulate(n**0.25 for n in known.values()))
    while True:
        for line in chance.sample(found, len(found)):
            changed = varied(line, names, drawn, chance)
            if WORD.search(changed):
                yield changed


def varied(line, names, drawn, chance):
    """One of the `variations`."""
    how, pieces = chance.random(), line.split()
    if how < 0.4:
        return exchange(line, chance.choices(names, cum_weights=drawn, k=chance.randint(1, 3)), chance)
    if how < 0.6 and len(pieces) > 2:
        size = chance.randint(2, len(pieces))
        start = chance.randint(0, len(pieces) - size)
        return " ".join(pieces[start : start + size])
    return line
