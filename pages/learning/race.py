"""Encodings race: the same task, the same batches, several seeds each."""

import csv
import io
from dataclasses import astuple, fields, replace

import numpy as np
import streamlit as st

from model.analysis.learning import SCALES, Settings, kept
from model.analysis.learning.contest import Contest
from model.network.encodings import ENCODINGS
from pages import _fold, _shell, _watching
from pages._cache import remembered
from pages._control import Several, pause
from pages._findings import extremes
from pages._numbers import number, percent, plural
from pages.learning import choices
from viz import race as figures

OPENING = (
    "Encodings learn the same task from the same strings, each with three seeds, drawn as a band. **Look how "
    "wide the bands are** before you believe that one is better: a smaller difference is chance."
)
SEEDS = 3
SECONDS = 1200  # of a race, at most
TIED = "\u00a0"  # a space at which no line breaks
RACERS = Several("Encodings", "learning.racers", list(ENCODINGS), list(ENCODINGS), least=2)


def raced(settings, positions, seeds):
    """The laps of a race, in a worker: nothing served imports the training itself."""
    from model.train import live

    yield from live.race(settings, positions, seeds, SECONDS)


@remembered()
def shipped():
    """The settings of the race that comes with the models, and its laps; none where the file is gone."""
    try:
        return kept.load_race()
    except FileNotFoundError:
        return None, []


class Race(_watching.Source):
    """A race in the session; of the default settings it is there beforehand."""

    def __init__(self, settings, positions):
        super().__init__()
        self.settings, self.positions = settings, positions
        known, laps = shipped()
        self.shipped = known == settings
        self.laps = [lap for lap in laps if lap.positions in positions] if self.shipped else []

    @property
    def seeds(self):
        return range(self.settings.seed, self.settings.seed + SEEDS)

    @property
    def contest(self):
        return Contest(self.laps)

    def take(self):
        """Take what has come."""
        self.laps += self.parts()

    @property
    def step(self):
        """Steps of all trainings together."""
        last = {(lap.positions, lap.seed): lap.step for lap in self.laps}
        return sum(last.values())

    @property
    def total(self):
        return len(self.positions) * SEEDS * self.settings.what.steps

    @property
    def done(self):
        """How many of the trainings have finished."""
        return sum(bool(lap.scales) for lap in self.laps)

    @property
    def finished(self):
        return self.done == len(self.positions) * SEEDS

    def begin(self):
        """Race from the start."""
        self.reset()
        self.start(raced, self.settings, self.positions, list(self.seeds))

    def reset(self):
        """Forget all laps."""
        self.pause()
        self.laps, self.shipped, self.wrong = [], False, ""


def show(row):
    """Show a race, the visitor's own or the one that comes with the models."""
    first = choices.TASK, RACERS
    settings = replace(choices.settings(row, *first), positions=Settings.positions)
    one = _watching.kept("race", (settings, tuple(RACERS.value())), Race)
    with row:
        choices.draw_first(*first)
        _watching.turn(one, "Race anew" if one.laps else "Race", "Stop", "learning.race", one.begin)
    _watching.watch(one, None, picture, Race.begin)
    if not one.running:
        at_rest(one)
    pause()
    choices.draw_others(*choices.MODEL)
    _fold.sources("learning.code", Contest.gap, Settings.batch)


def at_rest(one):
    """What came of a race that does not go on."""
    if not one.laps:
        st.info(
            f"This race has not been run here yet: {len(one.positions)} encodings with seeds {one.seeds[0]} "
            f"to {one.seeds[-1]}, {plural('step', one.settings.what.steps)} each{lasting(one)}. Press "
            "**Race**."
        )
        return
    st.markdown(verdicts(one))
    table(one)


def lasting(one):
    """How long a race may take, by that which comes with the models."""
    settings, laps = shipped()
    if not laps:
        return ""
    seconds = Contest(laps).cost(settings.positions) * settings.what.steps
    minutes = max(1, round(seconds * len(one.positions) * SEEDS / 60))
    return f"; with the default settings so many take {plural('minute', minutes)} of a core"


def picture(one):
    """The share of right answers over the steps."""
    if not one.laps:
        return
    contest = one.contest
    curves = {name: contest.curve(name) for name in contest.names}
    last = {name: float(shares[1, -1]) for name, (_, shares) in curves.items()}
    _shell.show(
        figures.race(curves, total=one.settings.what.steps),
        key="learning.curves",
        finding=extremes(last, "share of right answers", 2),
        shows="the share of right answers of each encoding over the steps, the mean of the seeds",
    )


def verdicts(one):
    """Which encoding is ahead at each length, or that it is chance."""
    sentences = []
    for scale in SCALES:
        gap = one.contest.gap(scale)
        where = "At the training length" if scale == 1 else f"At {scale} times it"
        if gap is None:
            continue
        difference, spread = (f"{number(100 * value, 1)} points" for value in (gap.difference, gap.spread))
        if gap.chance:
            sentences.append(
                f"{where} the first two, {gap.best} and {gap.next}, differ by {difference}, no more than the "
                f"seeds of one do ({spread}): **that is chance**."
            )
        else:
            sentences.append(
                f"{where} **{gap.best}** is ahead of {gap.next} by **{difference}**, more than the seeds’ "
                f"spread of {spread}."
            )
    if not sentences:
        return "There is no verdict before two encodings have finished with two seeds each."
    return " ".join(sentences)


def table(one):
    """The numbers at the end, and a button that takes them away."""
    contest = one.contest
    lines = [
        "| encoding | seeds | " + " | ".join(f"right at {scale}×" for scale in SCALES) + " | ms a step |",
        "|---|---|" + "---|" * (len(SCALES) + 1),
    ]
    for name in contest.names:
        ends = contest.ends(name)
        cells = [mean_and_range(column) for column in ends.T] if len(ends) else ["–"] * len(SCALES)
        lines.append(f"| {name} | {len(ends)} | {' | '.join(cells)} | {number(1000 * contest.cost(name))} |")
    st.markdown("\n".join(lines))
    st.caption(
        "Mean over the seeds, lowest to highest in brackets; – where the encoding has no such position, as "
        "its table ends. Longer strings have more symbols than any in training. The time is the processor’s, "
        "without what is measured meanwhile."
    )
    st.download_button(
        "Save as CSV",
        written(one),
        "riverbank-race.csv",
        "text/csv",
        key="learning.save",
        on_click="ignore",
    )


def mean_and_range(shares):
    """Shares of the seeds in a cell of the table."""
    if not np.isfinite(shares).all():
        return "–"
    low, high = (number(100 * share, 0) for share in (shares.min(), shares.max()))
    return f"{percent(shares.mean())} ({low} to {high})".replace(" ", TIED)


def written(one):
    """A row for each finished training: its settings, the shares of right answers, seconds a step."""
    names = [field.name for field in fields(Settings)]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([*names, *(f"right_at_{scale}x" for scale in SCALES), "seconds_per_step"])
    for lap in one.laps:
        if lap.scales:
            own = replace(one.settings, positions=lap.positions, seed=lap.seed)
            shares = ["" if np.isnan(share) else share for share in lap.scales]
            rows.writerow([*astuple(own), *shares, lap.seconds])
    return text.getvalue()
