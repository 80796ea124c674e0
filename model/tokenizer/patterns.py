"""How a text is cut before any merge: into the pieces inside which merges stay,
and into words as people count them.
"""

import re
from collections import Counter
from itertools import chain
from unicodedata import category

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
# Letters that are cut. Looked for at the beginning of a run only: at every letter it would take twenty times
# as long, and the interpreter waits meanwhile.
LONG_RUN = re.compile(rf"(?<!{LETTER})(?:{LETTER}[{MARKS}]*){{{LONGEST + 1}}}")


def whole_words(text: str, pattern: re.Pattern) -> Counter[str]:
    """How often each of the pieces that `pattern` cuts stands in the text as a whole word,
    as people count words.
    """
    words = {match.span() for match in COUNTED.finditer(text)}
    spans = (
        (match[0], match.start() + match[0].startswith(" "), match.end()) for match in pattern.finditer(text)
    )
    return Counter(piece for piece, start, end in spans if (start, end) in words)
