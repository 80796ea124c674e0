"""A visitor's training: what it has recorded so far, and how it goes on."""

from model.analysis.learning import History, Settings, kept, measure
from pages import _heavy
from pages._cache import remembered
from pages._watching import Recorded

SECONDS = 180  # of a training without a pause: after that it stops where it is
LARGE = 600  # heads times width of a model that a worker measures: here it would take half a second


def trained(settings, state, until):
    """The parts of a training, in a worker: nothing served imports the training itself."""
    from model.train import live

    yield from live.train(settings, state=state, until=until, seconds=SECONDS)


def untrained(settings):
    """What the model does before the first step."""
    return measure(settings.network(), settings, 0, [])


@remembered()
def first(settings):
    """The Record of step 0, once for all who ask."""
    if settings.layers * settings.heads * settings.width > LARGE:
        return _heavy.run(untrained, settings)
    return untrained(settings)


@remembered()
def shipped():
    """The records that come with the models, of the default settings; none where the file is gone."""
    try:
        return tuple(kept.load_history().records)
    except FileNotFoundError:
        return ()


class Run(Recorded):
    """A training on strings; of the default settings it is there beforehand."""

    def __init__(self, settings):
        super().__init__(settings, settings.what.steps, trained, first)
        if settings == Settings() and shipped():
            self.shipped, self.records = True, list(shipped())

    @property
    def settings(self):
        return self.chosen

    @property
    def history(self):
        return History(self.settings, self.records)
