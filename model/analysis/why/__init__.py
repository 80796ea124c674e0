"""Why a token looked at another, and what was written for it: scores, logits and the meter of a sense as
sums over what each part of a transformer has written into the residual stream (Elhage 2021, A Mathematical
Framework for Transformer Circuits).

A score is bilinear: with the statistics of the norms held at what they were in the pass, a query is a sum of
what was written before, Σ_a q_a, and so is a key, Σ_b k_b; the encoding's rotation is linear too. So the
score is Σ_a Σ_b q_a · k_b / √D, exactly, before the encoding's bias.

Legend: A and B parts, N places, n tokens of the vocabulary; the rest as in model.trace.
"""

from model.analysis.why.induction import MOST, induction
from model.analysis.why.parts import BIAS, HEAD, MLP, POSITION, START, TOKEN, NotPlain, Part, stream
from model.analysis.why.reading import reader
from model.analysis.why.score import ingredients, opened
from model.analysis.why.sense import carried, moves, pushes
from model.analysis.why.walk import walk
from model.analysis.why.written import by_head, by_source, knocked_out, written

__all__ = ["BIAS", "HEAD", "MLP", "MOST", "POSITION", "START", "TOKEN", "NotPlain", "Part", "by_head"]
__all__ += ["by_source", "carried", "induction", "ingredients", "knocked_out", "moves", "opened", "pushes"]
__all__ += ["reader", "stream", "walk", "written"]
