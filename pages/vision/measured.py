"""How many of the thousand test digits a model reads rightly: measured by a worker, once for all visitors."""

from model.analysis import vision as seen
from model.vision import digits, load, window
from pages import _progress
from pages._cache import remembered


@remembered(heavy=0)
def moved(name, down, right):
    """The accuracy with all digits moved so many pixels."""
    images = digits.bright(digits.test()[0])
    return seen.accuracy(load(name), seen.shifted(images, down, right))


@remembered(heavy=0)
def shifted(name, pixels):
    """The mean accuracy with all digits moved so many pixels to the right, to the left, down and up."""
    return seen.shift_accuracy(load(name), pixels)


@remembered(heavy=0)
def shuffled(name, seed):
    """The accuracy with the patches of each digit shuffled, each in a way of its own."""
    return seen.shuffle_accuracy(load(name), seed)


@remembered(heavy=0)
def windowed(name, radius):
    """The accuracy behind a mask that lets each patch see a window around it."""
    return seen.accuracy(load(name), allowed=window(radius))


def all_of(jobs):
    """{job: accuracy} of the jobs (function, *arguments), with a bar once they take half a second."""
    watched = _progress.watched(dict.fromkeys(jobs), "Reading a thousand digits")
    return {job: job[0](*job[1:]) for job in watched}
