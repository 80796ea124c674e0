"""A visitor's training: what it has recorded so far, and how it goes on."""

from model.analysis.learning import History, Settings, kept, measure
from pages import _heavy
from pages._cache import remembered
from pages.learning.source import Source

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


class Run(Source):
    """A training in the session: its records, and the state from which it goes on."""

    def __init__(self, settings):
        super().__init__()
        self.settings, self.state = settings, None
        self.shipped = settings == Settings() and bool(shipped())
        self.records = list(shipped()) if self.shipped else [first(settings)]

    @property
    def history(self):
        return History(self.settings, self.records)

    @property
    def step(self):
        return self.records[-1].step

    @property
    def total(self):
        return self.settings.what.steps

    @property
    def finished(self):
        return self.step >= self.total

    def begin(self, single=False):
        """Train on from the last state, from the start where there is none: to its end, or one step."""
        if self.shipped or self.finished:
            self.reset()
        self.start(trained, self.settings, self.state, self.step + 1 if single else None)

    def take(self):
        """Take what has come."""
        for record, state in self.parts():
            if record.step > self.step:  # others have been taken before a pause
                self.records.append(record)
            self.state = state or self.state

    def reset(self):
        """Back to before the first step."""
        self.pause()
        self.state, self.wrong, self.shipped = None, "", False
        self.records = [first(self.settings)]
