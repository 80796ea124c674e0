"""Byte pair encoding (Gage 1994; Sennrich 2016, arXiv:1508.07909) over UTF-8 bytes (Radford 2019): any text
to ids and back, without loss.
"""

from model.tokenizer.encoding import BYTES, Step, Tokenizer, merge, to_bytes, uncased
from model.tokenizer.learning import Round, learn, rounds, train
from model.tokenizer.patterns import (
    COUNTED,
    LETTER,
    LONG_RUN,
    LONGEST,
    MARKED,
    MARKS,
    WORD,
    pieces,
    whole_words,
)

__all__ = ["BYTES", "COUNTED", "LETTER", "LONGEST", "LONG_RUN", "MARKED", "MARKS", "WORD", "Round", "Step"]
__all__ += ["Tokenizer", "learn", "merge", "pieces", "rounds", "to_bytes", "train", "uncased"]
__all__ += ["whole_words"]
