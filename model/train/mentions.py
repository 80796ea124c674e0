"""How common each sense of a word is, judged by the words that stand beside it in sentences:
a guess, since the inventory has no counts.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from model.analysis.words import STOP, bases, words

MENTIONS = 400  # sentences with a word by which its senses are counted


def content(text: str) -> set[str]:
    """The words of a text that have three letters or more and are not in STOP,
    each as the first word that it may be a form of.
    """
    return {bases(name)[0] for name in map(str, words(text)) if name not in STOP and len(name) > 2}


class Mentions:
    """Which words stand together in which sentences, and how telling each word is: -log of the share of
    sentences that hold it.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.sets = [content(line) for line in lines]
        self.where = defaultdict(list)
        for i, together in enumerate(self.sets):
            for word in together:
                self.where[word].append(i)
        self.telling = {word: math.log(len(self.sets) / len(places)) for word, places in self.where.items()}

    def often(self, word: str) -> int:
        """In how many sentences the word stands."""
        return len(self.where.get(bases(word)[0], ()))

    def beside(self, word: str) -> list[set[str]]:
        """The words that stand with this one, a set for each of at most MENTIONS sentences, evenly spread."""
        places = self.where.get(bases(word)[0], [])
        return [self.sets[i] for i in places[:: max(1, len(places) // MENTIONS)]]


def counted(word: str, signatures: Sequence[set[str]], mentions: Mentions) -> list[float]:
    """How many mentions of the word have most in common with each sense, whose signature is a set of words
    (Lesk 1986). A tie is shared out; a mention that has nothing in common with any sense is not counted.
    """
    owners = defaultdict(list)
    for i, signature in enumerate(signatures):
        for one in signature:
            owners[one].append((i, mentions.telling.get(one, 0) / math.sqrt(len(signature) + 5)))
    counts = Counter()
    for beside in mentions.beside(word):
        scores = Counter()
        for one in beside:
            for i, gain in owners.get(one, ()):
                scores[i] += gain
        best = [i for i, score in scores.items() if score == max(scores.values())]
        counts.update({i: 1 / len(best) for i in best})
    return [counts[i] for i in range(len(signatures))]
