"""Word sense: where a word's vector falls between two groups of examples, layer by layer,
and what the word took it from.

Legend: S = L + 2 stages of the residual stream: the embedding, after each layer,
and the normalised end; the rest as in trace.py.
"""

from model.analysis.senses.axes import Axis, Separation, others, plane, separate
from model.analysis.senses.clues import NEUTRAL, apart, blinded, blindfold, fitting, looks
from model.analysis.senses.examples import SENTENCES, WORDNET, Sense, bundled, likely, listed, wordnet
from model.analysis.senses.streams import PASS, alone, average, parts, stages, vectors
from model.analysis.words import Word, find, shared, words

__all__ = ["NEUTRAL", "PASS", "SENTENCES", "WORDNET", "Axis", "Sense", "Separation", "Word", "alone"]
__all__ += ["apart", "average", "blinded", "blindfold", "bundled", "find", "fitting", "likely", "listed"]
__all__ += ["looks", "others", "parts", "plane", "separate", "shared", "stages", "vectors", "wordnet"]
__all__ += ["words"]
