"""A model by its name: bundled with Riverbank, or opened with the library `transformers`."""

from model import zoo
from model.bundle import Bundle
from model.hub import open_model

HUB = "hub:"  # begins the name of a model that is not ours: its name on the hub, or its folder, follows


def is_opened(name: str) -> bool:
    """Whether the model of that name is none of ours, but one that was opened."""
    return name.startswith(HUB)


def load(name: str) -> Bundle:
    """The Bundle of that name; one object, shared by all callers. Of a name that begins with HUB nothing is
    downloaded. Unavailable, with a sentence for the user, if there is none.
    """
    if is_opened(name):
        return open_model(name.removeprefix(HUB), download=False)
    return zoo.load(name)
