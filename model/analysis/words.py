"""Words of a text: where they stand, which of them are one word in other forms, and which say little."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from model.tokenizer import Tokenizer

FORMS = Path(__file__).with_name("forms.txt")  # a line is a word, then its other forms
# stands for any combining mark while words are looked for: Python's \w knows letters and digits only
MARK = "\ue000"
LETTER = rf"[^\W_]{MARK}*"
WORD = re.compile(rf"((?:{LETTER})+(?:['’](?!s\b)(?:{LETTER})+)*)(?:['’]s\b)?", re.IGNORECASE)
VOWEL = re.compile("[aeiouy]")
SMALL = """
    a about above across after afterwards again against all almost alone along already also although
    always am among an and another any anybody anyone anything anywhere are around as at away be became
    because become becomes been before behind being below beside besides between beyond both but by came
    can cannot come could did do does doing done during each either else enough etc ever every everybody
    everyone everything everywhere except few for from further get gets getting go goes going gone got had
    has have having he hence her here hers herself him himself his how however http https i if in indeed
    instead into is it its itself just later least less let made make makes many may maybe me might more
    most mostly much must my myself near nearly neither never nevertheless next no nobody none nor not
    nothing now nowhere of off often on once one only onto or org other others otherwise ought our ours
    ourselves out over own per perhaps quite rather really same shall she should since so some somebody
    someone something sometimes somewhere soon such than that the thee their theirs them themselves then
    there therefore these they this those thou though through throughout thus thy to together too toward
    towards two under until up upon us very was we went were what whatever when whenever where whether
    which while who whoever whole whom whose why will with within without would www ye yes yet you your
    yours yourself yourselves ain't aren't can't couldn't didn't doesn't don't hadn't hasn't haven't he'd
    he'll i'd i'll i'm i've isn't it'd it'll mustn't needn't shan't she'd she'll shouldn't they'd they'll
    they're they've wasn't we'd we'll we're we've weren't won't wouldn't you'd you'll you're you've
    """
STOP = frozenset(SMALL.split())


class Word(NamedTuple):
    """One occurrence of a word: the text, and the characters [start, end) of it that are the word,
    without a possessive 's.
    """

    text: str
    start: int
    end: int

    def __str__(self) -> str:
        return spelled(self.text[self.start : self.end])

    def tokens(self, spans: Sequence[tuple[int, int]]) -> list[int]:
        """Places of the tokens, given their character spans, that lie in the word:
        one, or several where the tokenizer cut it.
        """
        return [i for i, (start, end) in enumerate(spans) if start < self.end and end > self.start]


def words(text: str) -> list[Word]:
    """All words of a text, in order; accents and vowel signs that stand as characters of their own belong
    to their letter.
    """
    marked = text
    if not text.isascii():
        marked = "".join(MARK if unicodedata.category(sign)[0] == "M" else sign for sign in text)
    return [Word(text, *match.span(1)) for match in WORD.finditer(marked)]


def spelled(word: str) -> str:
    """A word in one spelling: small, composed letters (Unicode's NFC), straight apostrophes."""
    return unicodedata.normalize("NFC", word).lower().replace("’", "'")


def find(text: str, word: str) -> list[Word]:
    """Where `word` occurs in the text, in any of its forms."""
    wanted = set(bases(word))
    return [one for one in words(text) if not wanted.isdisjoint(bases(str(one)))]


def spelling(text: str, word: str) -> list[Word]:
    """Where `word` occurs in the text in this form alone."""
    return [one for one in words(text) if str(one) == spelled(word)]


def shared(first: str, second: str) -> list[str]:
    """The words that occur in both texts, in the same form or in others, each once,
    in the order of the first text.
    """
    theirs = defaultdict(list)  # word: its forms in the second text
    for other in dict.fromkeys(map(str, words(second))):
        for base in bases(other):
            theirs[base].append(other)
    names = []
    for one in dict.fromkeys(map(str, words(first))):
        forms = [other for base in bases(one) for other in theirs.get(base, ())]
        names += [name(one, other) for other in ([one] if one in forms else forms)]
    return list(dict.fromkeys(names))


# ---- one word in other forms ----


@cache
def known_forms() -> dict[str, tuple[str, ...]]:
    """For each known form of a word the words that it may be a form of,
    itself first where it is one: left -> left, leave.
    """
    bases = {}
    for line in FORMS.read_text(encoding="utf-8").splitlines():
        base, *forms = line.split()
        bases[base] = base, *bases.get(base, ())
        for form in forms:
            bases[form] = *bases.get(form, ()), base
    return bases


def bases(word: str) -> tuple[str, ...]:
    """The words that `word` may be a form of, at least one;
    by the rules of English where the list of forms does not have it.
    """
    word = spelled(word)
    return known_forms().get(word) or ((word,) if word in STOP else (word, *regular(word)))


def regular(word: str) -> Iterable[str]:
    """The words of which this may be a regular form:
    plural, third person, past, participle (after WordNet's Morphy, Miller 1990).
    """
    for ending, others in (
        ("ies", ("y",)),
        ("es", ("", "e")),
        ("s", ("",)),
        ("ied", ("y",)),
        ("ed", ("", "e")),
        ("ing", ("", "e")),
    ):
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 2 or not VOWEL.search(stem) or (stem.endswith("s") and ending == "s"):
            continue
        yield from (stem + other for other in others)
        if ending in ("ed", "ing") and stem[-1] == stem[-2]:
            yield stem[:-1]


def name(one: str, other: str) -> str:
    """One name for two forms of a word: the word that both are forms of, or the spelling itself where there
    are several such words.
    """
    common = [base for base in bases(one) if base in bases(other)]
    spellings = [word for word in (one, other) if word in common or (one == other and len(common) > 1)]
    return (spellings or common)[0]


def rarest(names: Iterable[str], tokenizer: Tokenizer) -> list[str]:
    """The words, the rarest first, by how late the tokenizer learned them, if at all;
    those of STOP come last.
    """

    def rarity(word: str) -> tuple[bool, int, int]:
        ids = tokenizer.encode(word)
        return word not in STOP, len(ids), max(ids)

    return sorted(names, key=rarity, reverse=True)
