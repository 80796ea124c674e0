"""Decoding: from logits to the next token, one step at a time, with what was read before kept in a cache."""

from model.decoding.cache import Cache, bytes_per_token, durations, room
from model.decoding.choice import entropy, lens, roll, sample
from model.decoding.filters import Filters, min_p, ranked, repetition, stages, temperature, top_k, top_p
from model.decoding.generation import Step, generate
from model.decoding.search import Beam, beams

__all__ = ["Beam", "Cache", "Filters", "Step", "beams", "bytes_per_token", "durations", "entropy"]
__all__ += ["generate", "lens", "min_p", "ranked", "repetition", "roll", "room"]
__all__ += ["sample", "stages", "temperature", "top_k", "top_p"]
