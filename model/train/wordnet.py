"""Examples of the senses of words, from the definitions and examples of Open English WordNet, for readers
who have written none.

The two files name no senses: a definition has its synset's words in front, an example has nothing. But
both keep WordNet's order, so that they can be
matched. How common a sense is they do not say either: that is judged here, and is a guess.
"""

import csv
import gzip
import io
import math
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from itertools import chain
from typing import NamedTuple

from model.analysis import senses
from model.analysis.words import STOP, bases, find, words
from model.train import means

SENSES, LINES, LONGEST = 24, 3, 100  # of a word; of a sense; characters of a line
NAME = 36  # characters of a sense's name
OFTEN = 50  # sentences that a word stands in, at least
CLEAR, KNOWN = 2, 20  # senses of a word that names another's, at most; sentences it stands in, at least
MENTIONS = 400  # sentences with a word by which its senses are counted
ASIDE = re.compile(r"\([^)]*\)\s*")


class Synset(NamedTuple):
    """Words that share a sense, and what it is."""

    heads: tuple[str, ...]
    definition: str


def synsets(lines):
    """The Synset of each line of definitions."""
    parted = (line.partition(": ") for line in lines)
    return [Synset(tuple(heads.split(", ")), definition) for heads, _, definition in parted]


# ---- which example belongs to which synset ----


def candidates(examples, every):
    """For each example the places of the synsets of which it holds a word in some form, falling."""
    starts = defaultdict(list)
    for place, synset in enumerate(every):
        for head in synset.heads:
            first, *more = head.lower().split()
            starts[first].append((place, more))
    for example in examples:
        forms = [set(bases(str(word))) for word in words(example)]
        found = {
            place
            for i, some in enumerate(forms)
            for form in some
            for place, more in starts.get(form, ())
            if all(i + j < len(forms) and part in forms[i + j] for j, part in enumerate(more, 1))
        }
        yield sorted(found, reverse=True)


def chains(rows):
    """For each row's places, in rows of falling places, the length of the longest chain that ends there:
    one place from each of some rows, never falling.
    """
    ends, lengths = [], []
    for places in rows:
        lengths.append([])
        for place in places:
            at = bisect_right(ends, place)
            ends[at : at + 1] = [place]
            lengths[-1].append(at + 1)
    return lengths


def matched(rows, total):
    """For each row the one place that it has in all longest chains; None where it has several, or none.
    `total` is more than any place.
    """
    before = chains(rows)
    turned = [[total - place for place in reversed(places)] for places in reversed(rows)]
    after = [lengths[::-1] for lengths in reversed(chains(turned))]
    longest = max(chain.from_iterable(before), default=0)
    possible = [
        [place for place, a, b in zip(places, *lengths, strict=True) if a + b - 1 == longest]
        for places, *lengths in zip(rows, before, after, strict=True)
    ]
    return [places[0] if len(places) == 1 else None for places in possible]


# ---- which senses of a word there are, and which are common ----


def content(text):
    """The words of a text that say something, each as the first word that it may be a form of."""
    return {bases(name)[0] for name in map(str, words(text)) if name not in STOP and len(name) > 2}


class Mentions:
    """In which sentences words stand with which others, and how telling each word is: -log of the share of
    sentences that hold it.
    """

    def __init__(self, lines):
        self.sets = [content(line) for line in lines]
        self.where = defaultdict(list)
        for i, some in enumerate(self.sets):
            for word in some:
                self.where[word].append(i)
        self.telling = {word: math.log(len(self.sets) / len(places)) for word, places in self.where.items()}

    def often(self, word):
        """In how many sentences the word stands."""
        return len(self.where.get(bases(word)[0], ()))

    def beside(self, word):
        """The words that stand with this one, a set for each of at most MENTIONS sentences, evenly spread."""
        places = self.where.get(bases(word)[0], [])
        return [self.sets[i] for i in places[:: max(1, len(places) // MENTIONS)]]


def counted(word, signatures, mentions):
    """How many mentions of the word have most in common with the signature of each sense, a set of words
    (Lesk 1986); those that have nothing in common with any are not counted.
    """
    owners = defaultdict(list)
    for i, some in enumerate(signatures):
        for one in some:
            owners[one].append((i, mentions.telling.get(one, 0) / math.sqrt(len(some) + 5)))
    counts = Counter()
    for beside in mentions.beside(word):
        scores = Counter()
        for one in beside:
            for i, gain in owners.get(one, ()):
                scores[i] += gain
        best = [i for i, score in scores.items() if score == max(scores.values())]
        counts.update({i: 1 / len(best) for i in best})
    return [counts[i] for i in range(len(signatures))]


# ---- how a sense is shown ----


def parts_of(synset):
    """The definition without what stands in brackets, cut at its semicolons."""
    parts = (part.strip() for part in ASIDE.sub("", synset.definition).split(";"))
    return [part for part in parts if part]


def lines_of(word, synset, examples):
    """The definition and the examples that hold the word. A sense without examples has the second half of
    its definition, or the definition again: behind its other words, or in front of the word.
    """
    first, *others = parts_of(synset)
    shown = [line for line in examples if len(line) <= LONGEST and find(line, word)][: LINES - 1]
    heads = [head for head in synset.heads if head.lower() != word][:2]
    again = [
        *(f"{word}: {part}" for part in others),
        *([f"{', '.join([word, *heads])}: {first}"] if heads else []),
        f"{first}: {word}",
    ]
    return (f"{word}: {first}", *(shown or again[:1]))


def name_of(word, synset, known, often):
    """Another word that shares the sense, if it is known and has few senses itself; else the definition's
    beginning. `known` says how many senses a word has, `often` in how many sentences it stands.
    """
    for head in synset.heads:
        clear = known(head) <= CLEAR and often(head) >= KNOWN
        if clear and word not in head.lower().split() and len(head) <= NAME:
            return head
    short = []
    for part in parts_of(synset)[0].split():
        if len(" ".join([*short, part])) > NAME:
            break
        short.append(part)
    while len(short) > 1 and short[-1].lower() in STOP:
        short.pop()
    while len(short) > 1 and short[0].lower() in STOP:
        short.pop(0)
    return " ".join(short).strip(",") or parts_of(synset)[0][:NAME]


# ---- all of it ----


def inventory(folder):
    """{word: its Senses, the commonest first} of the words that have several and are common enough."""
    every = synsets((folder / "oewn_glosses.txt").read_text(encoding="utf-8").splitlines())
    examples = (folder / "oewn_examples.txt").read_text(encoding="utf-8").splitlines()
    shown, holders = defaultdict(list), defaultdict(list)
    for example, place in zip(examples, matched(list(candidates(examples, every)), len(every)), strict=True):
        shown[place].append(example)
    for place, synset in enumerate(every):
        for head in dict.fromkeys(map(str.lower, synset.heads)):
            holders[head].append(place)
    mentions = Mentions(means.sentences(folder))
    able = [word for word, places in holders.items() if len(places) > 1 and fit(word, mentions)]
    found = {word: senses_of(word, every, holders, shown, mentions) for word in sorted(able)}
    return {word: some for word, some in found.items() if len(some) > 1}


def fit(word, mentions):
    """Whether a word belongs into the inventory."""
    return (
        word.isascii()
        and word.isalpha()
        and len(word) > 2
        and word not in STOP
        and mentions.often(word) >= OFTEN
    )


def senses_of(word, every, holders, shown, mentions):
    """The Senses of one word, the commonest first, each name once."""
    places = [place for place in holders[word] if parts_of(every[place])]
    texts = [" ".join([*every[place].heads, every[place].definition, *shown[place]]) for place in places]
    counts = counted(word, [content(text) - {bases(word)[0]} for text in texts], mentions)
    found = {}
    for count, place in sorted(zip(counts, places, strict=True), key=lambda one: -one[0]):
        name = name_of(word, every[place], lambda head: len(holders[head.lower()]), mentions.often)
        found.setdefault(name, senses.Sense(name, round(count), lines_of(word, every[place], shown[place])))
    return list(found.values())[:SENSES]


def write(folder):
    """Make the inventory of the texts in the folder."""
    rows = [
        (word, sense.name, sense.count, line)
        for word, every in inventory(folder).items()
        for sense in every
        for line in sense.lines
    ]
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerows([("word", "sense", "count", "sentence"), *rows])
    senses.WORDNET.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    return len(rows)
