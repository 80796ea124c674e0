"""Riverbank's models: `load(name).explain(text)` returns the Trace of everything the model computed."""

from model.bundle import Bundle
from model.hub import open_model
from model.loading import load
from model.network import masks
from model.network.change import Change
from model.trace import AttentionTrace, LayerTrace, Trace
from model.zoo import Unavailable, names

__all__ = ["AttentionTrace", "Bundle", "Change", "LayerTrace", "Trace", "Unavailable"]
__all__ += ["load", "masks", "names", "open_model"]
