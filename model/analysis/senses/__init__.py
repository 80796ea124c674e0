"""Word sense: where a word's vector falls between two groups of examples, layer by layer,
and what the word took it from.

Legend: S = L + 2 stages of the residual stream: the embedding, after each layer,
and the normalised end; the rest as in trace.py.
"""

from model.analysis.senses.axes import Axis, Separation, others, plane, separate
from model.analysis.senses.clues import NEUTRAL, apart, backup, blinded, blindfold, fitting, looks
from model.analysis.senses.distance import moved_away
from model.analysis.senses.examples import SENTENCES, WORDNET, Sense, bundled, likely, listed, wordnet
from model.analysis.senses.kinship import ENOUGH, Kinship
from model.analysis.senses.streams import PASS, alone, average, parts, stages, vectors
from model.analysis.words import Word, find, shared, words

__all__ = ["ENOUGH", "NEUTRAL", "PASS", "SENTENCES", "WORDNET", "Axis", "Kinship", "Sense"]
__all__ += ["Separation", "Word", "alone", "apart", "average", "backup", "blinded", "blindfold", "bundled"]
__all__ += ["find", "fitting", "likely", "listed", "looks", "moved_away", "others", "parts", "plane"]
__all__ += ["separate", "shared", "stages", "vectors", "wordnet", "words"]
