"""What is wrong with a model? Measurements that each tell some bugs from others."""

from collections.abc import Callable
from dataclasses import dataclass

from model.analysis.diagnosis import attention, passes
from model.analysis.diagnosis.places import places
from model.analysis.diagnosis.subject import Finding, Subject, explained, half, head_weights, passed, read
from model.network.config import ModelConfig

__all__ = ["MEASUREMENTS", "TELLS", "Finding", "Measurement", "Subject", "explained", "half"]
__all__ += ["head_weights", "passed", "read", "useful"]

TELLS = {  # bug: the measurement that finds it
    "no_mask": "ahead",
    "late_mask": "rows",
    "axis": "columns",
    "undivided": "scale",
    "model_width": "scale",
    "swapped": "roles",
    "reshape": "own",
    "halves": "places",
    "backwards": "places",
    "off_by_one": "places",
    "anew": "cache",
    "wrong_half": "ahead",
    "slopes": "places",
    "both_ways": "places",
    "wrong_row": "places",
    "last_head": "silence",
    "no_norm": "stretch",
    "constant": "loss",  # which finds nothing, as there is nothing to find
}


@dataclass(frozen=True)
class Measurement:
    """A question to a model. applies: whether it can be asked of it; measure: answers it."""

    title: str
    measure: Callable[[Subject], Finding]
    applies: Callable[[ModelConfig], bool] = lambda config: True


def placed(config: ModelConfig) -> bool:
    """Models with a positional encoding."""
    return config.encoding.enters != "nowhere"


def movable(config: ModelConfig) -> bool:
    """Models whose tokens have places of their own."""
    return config.encoding.enters in ("embedding", "queries and keys")


def causal(config: ModelConfig) -> bool:
    """Models that never see what comes later."""
    return config.causal


MEASUREMENTS = {
    "rows": Measurement("Do rows of weights sum to 1?", attention.rows),
    "columns": Measurement("Do columns of weights sum to 1?", attention.columns),
    "ahead": Measurement("Is there weight on later tokens?", attention.ahead, causal),
    "leak": Measurement("Another last token: do earlier outputs move?", passes.leak, causal),
    "scale": Measurement("What are the scores divided by?", attention.scale),
    "roles": Measurement("Which matrix made the queries?", attention.roles),
    "own": Measurement("Another word: whose queries move?", passes.own),
    "stretch": Measurement("A stream twice as long: do queries grow?", passes.stretch),
    "silence": Measurement("Each head silenced: which one matters?", passes.silence),
    "places": Measurement("Which place has each token?", places, placed),
    "shift": Measurement("All places moved: do outputs move?", passes.shift, movable),
    "cache": Measurement("Read in two pieces: the same?", passes.cache, causal),
    "loss": Measurement("From where on is the loss another?", passes.loss),
}


def useful(config: ModelConfig) -> dict[str, Measurement]:
    """The measurements that can be asked of a model, by their names."""
    return {name: one for name, one in MEASUREMENTS.items() if one.applies(config)}
