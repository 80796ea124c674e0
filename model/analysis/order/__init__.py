"""What a transformer knows about order: the shuffle test, attention by distance, scores as content and
position, loss past the training length.
"""

from model.analysis.order.content import credit, four_parts, normalised, score_parts
from model.analysis.order.distance import alikeness, by_distance, by_distance_alone, by_offset
from model.analysis.order.length import binned, losses, rescaled
from model.analysis.order.shuffle import disorder, shuffled, words

__all__ = ["alikeness", "binned", "by_distance", "by_distance_alone", "by_offset", "credit", "disorder"]
__all__ += ["four_parts", "losses", "normalised", "rescaled", "score_parts", "shuffled", "words"]
