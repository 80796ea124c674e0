"""Examples of the senses of words, from the definitions and examples of Open English WordNet, for readers
who have written none.
"""

import csv
import gzip
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from model.analysis import senses
from model.analysis.words import STOP, bases, find
from model.train import means
from model.train.mentions import Mentions, content, counted
from model.train.synsets import Synset, candidates, matched, synsets

SENSES, LINES, LONGEST = 24, 3, 100  # of a word; of a sense; characters of a line
NAME = 36  # characters of a sense's name
OFTEN = 50  # sentences that a word stands in, at least
CLEAR, KNOWN = 2, 20  # senses of a word that names another's, at most; sentences it stands in, at least
ASIDE = re.compile(r"\([^)]*\)\s*")

# ---- how a sense is shown ----


def parts_of(synset: Synset) -> list[str]:
    """The definition without what stands in brackets, cut at its semicolons."""
    parts = (part.strip() for part in ASIDE.sub("", synset.definition).split(";"))
    return [part for part in parts if part]


def lines_of(word: str, synset: Synset, examples: Iterable[str]) -> tuple[str, ...]:
    """The definition and the examples that hold the word. In a sense without examples the rest of the
    definition stands in their place, or the definition again:
    after the sense's other words, or before the word.
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


def name_of(word: str, synset: Synset, known: Callable[[str], int], often: Callable[[str], int]) -> str:
    """Another word that shares the sense, if it is common and has few senses itself; else the definition's
    beginning. `known` says how many senses a word has, `often` in how many sentences it stands.
    """
    for head in synset.heads:
        clear = known(head) <= CLEAR and often(head) >= KNOWN
        if clear and word not in head.lower().split() and len(head) <= NAME:
            return head
    return beginning(parts_of(synset)[0])


def beginning(definition: str) -> str:
    """As many words of the definition as NAME has room for, without words of STOP at either end."""
    words = []
    for word in definition.split():
        if len(" ".join([*words, word])) > NAME:
            break
        words.append(word)
    while len(words) > 1 and words[-1].lower() in STOP:
        words.pop()
    while len(words) > 1 and words[0].lower() in STOP:
        words.pop(0)
    return " ".join(words).strip(",") or definition[:NAME]


# ---- all of it ----


def inventory(folder: Path) -> dict[str, list[senses.Sense]]:
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
    listed = {word: senses_of(word, every, holders, shown, mentions) for word in sorted(able)}
    return {word: several for word, several in listed.items() if len(several) > 1}


def fit(word: str, mentions: Mentions) -> bool:
    """Whether a word belongs in the inventory."""
    return (
        word.isascii()
        and word.isalpha()
        and len(word) > 2
        and word not in STOP
        and mentions.often(word) >= OFTEN
    )


def senses_of(
    word: str,
    every: Sequence[Synset],
    holders: Mapping[str, Sequence[int]],
    shown: Mapping[int | None, Sequence[str]],
    mentions: Mentions,
) -> list[senses.Sense]:
    """The Senses of one word, the commonest first, each name once.

    `holders` has the places in `every` of each word's synsets, `shown` the examples of the synset at a place.
    """
    places = [place for place in holders[word] if parts_of(every[place])]
    texts = [" ".join([*every[place].heads, every[place].definition, *shown[place]]) for place in places]
    counts = counted(word, [content(text) - {bases(word)[0]} for text in texts], mentions)
    named = {}
    for count, place in sorted(zip(counts, places, strict=True), key=lambda one: -one[0]):
        name = name_of(word, every[place], lambda head: len(holders[head.lower()]), mentions.often)
        named.setdefault(name, senses.Sense(name, round(count), lines_of(word, every[place], shown[place])))
    return list(named.values())[:SENSES]


def write(folder: Path) -> int:
    """Make the inventory from the texts in the folder; returns its number of lines."""
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
