"""What is measured of models that look at pictures: what a patch can see, what does how much to what, how
many digits are read, what was learned.
"""

from model.analysis.vision.accuracy import (
    SHIFTS,
    accuracy,
    facts,
    shift_accuracy,
    shifted,
    shuffle_accuracy,
    shuffled,
)
from model.analysis.vision.curves import Curves, curves
from model.analysis.vision.field import attended_field, cell, field, field_size
from model.analysis.vision.influence import Place, by_patch, gradient_reach, occlusion, support
from model.analysis.vision.likeness import filters, position_likeness
from model.analysis.vision.rollout import rollout

__all__ = ["SHIFTS", "Curves", "Place", "accuracy", "attended_field", "by_patch", "cell", "curves", "facts"]
__all__ += ["field", "field_size", "filters", "gradient_reach", "occlusion", "position_likeness", "rollout"]
__all__ += ["shift_accuracy", "shifted", "shuffle_accuracy", "shuffled", "support"]
