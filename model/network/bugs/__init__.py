"""Bugs that people have shipped, each as one wrong function in a network that is right otherwise."""

from model.network.bugs import attention, positions
from model.network.bugs.bug import Bug
from model.network.bugs.patch import WINDOW, Model, Patch, model
from model.network.config import ModelConfig

__all__ = ["BUGS", "WINDOW", "Bug", "Model", "Patch", "model", "offered"]

BUGS = (*attention.BUGS, *positions.BUGS)


def offered(config: ModelConfig) -> dict[str, Bug]:
    """The bugs that can be made in a model, by their names."""
    return {bug.name: bug for bug in BUGS if bug.applies(config)}
