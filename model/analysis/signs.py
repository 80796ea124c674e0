"""The signs that phones and word processors write by themselves, such as ’ “ – … and unbreakable spaces:
the plain ones that a keyboard has, and what both cost a model.
"""

import re
import unicodedata
from typing import NamedTuple

from model.bundle import Bundle

INVISIBLE = "\u00ad\u200b\u2060\ufeff"  # soft hyphen, zero-width space and joiner, byte order mark
SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"
LIGATURES = "ﬀﬁﬂﬃﬄﬅﬆ"
# Latin letters, digits and signs as wide as a Chinese character, and the space that goes with them. In a text
# of such characters they are the plain ones.
FULLWIDTH = "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000"
EAST_ASIAN = re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
PLAIN = (
    dict.fromkeys("’‘‚‛′ʼ´‹›", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("–—―‒‐‑−", "-")
    | {"…": "..."}
    | dict.fromkeys(SPACES, " ")
    | dict.fromkeys(INVISIBLE, "")
    | dict.fromkeys("\u2028\u2029\x0b\x85", "\n")
    | {sign: unicodedata.normalize("NFKC", sign) for sign in LIGATURES}
)
WIDE = {sign: unicodedata.normalize("NFKC", sign) for sign in FULLWIDTH}
PARTING_DASH = re.compile(r"(?<=\w)[—―](?=\w)")  # a dash between two words that has no spaces around it


def table(text: str) -> dict[str, str]:
    """{sign: its plain form} for a text of this kind."""
    return PLAIN if EAST_ASIAN.search(text) else PLAIN | WIDE


def signs(text: str) -> list[str]:
    """The typographic signs of a text, each once, in the order of their first places."""
    known = table(text)
    return [sign for sign in dict.fromkeys(text) if sign in known]


def plain(text: str) -> str:
    """The text with plain signs: straight quotes, hyphens for dashes, three dots, usual spaces."""
    return PARTING_DASH.sub(" - ", text).translate(str.maketrans(table(text)))


class Cost(NamedTuple):
    """What a text costs a model."""

    tokens: int
    nats: float | None  # of all tokens but the first; None from a model that does not predict the next one
    mean: float | None  # of them, per token


def cost(bundle: Bundle, text: str) -> Cost:
    """The Cost of a text; ValueError as in Bundle.read."""
    if not (bundle.config.predicts and bundle.config.causal):
        return Cost(len(bundle.read(text)), None, None)
    losses = bundle.explain(text).losses
    return Cost(len(losses) + 1, float(losses.sum()), float(losses.mean()) if len(losses) else 0.0)
