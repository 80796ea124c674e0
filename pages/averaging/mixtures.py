"""What is left of the two senses of a word when its examples are mixed otherwise."""

from model.analysis import senses
from pages import _senses
from pages._cache import remembered

MIXTURES = {"attention": None, "plain average": "average", "only itself": "alone"}


def arguments(mixture, layers):
    """What `_senses.vectors` is told of a mixture, after the words."""
    return (_senses.MODEL, mixture, layers) if mixture else ()


@remembered()
def separated(examples, mixture, layers):
    """The Separation of two groups of examples, mixed so, by the axis of the model as it is."""
    left, right = map(_senses.vectors, examples)
    mixed = [_senses.vectors(group, *arguments(mixture, layers)) for group in examples]
    return senses.separate(left, right, mixed)
