"""Reach: which tokens can change one output at all, by formula and by gradient; and influence: how much each
does in a trained model.

Legend: T tokens. A level is the tokens, or what one layer makes of the level below; levels are listed from
the output down to the tokens.
"""

from model.analysis.reach.depth import needed, needed_by_attention, needed_of
from model.analysis.reach.formula import Cone, Field, attention_cone, cone, ends, fields, size, steps
from model.analysis.reach.gradient import disagreement, measured, measured_attention
from model.analysis.reach.influence import PASS, PUT, occlusion, put, unchanged
from model.analysis.reach.layers import EXPONENTIAL, LARGEST, MOST, Layer, NoLayer, layer, parsed, stack

__all__ = ["EXPONENTIAL", "LARGEST", "MOST", "PASS", "PUT", "Cone", "Field", "Layer", "NoLayer"]
__all__ += ["attention_cone", "cone", "disagreement", "ends", "fields", "layer", "measured"]
__all__ += ["measured_attention", "needed", "needed_by_attention", "needed_of", "occlusion", "parsed"]
__all__ += ["put", "size", "stack", "steps", "unchanged"]
