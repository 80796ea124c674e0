"""The page on which models learn: what it shows is what was recorded, and trainings begin, pause, go on
and fail as it says.
"""

import csv
import io
import os
import re
import signal
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

import model
from model.analysis.learning import TASKS, Lap, Settings, kept
from model.analysis.learning.contest import Contest
from model.network.encodings import ENCODINGS
from model.train import live
from pages import _cache, _heavy, _pool, _trainings
from pages._cache import Cache
from pages._pool import BUSY, LOST, Interrupted, Pool
from pages.learning import race, run
from tests.session import (
    HOSTILE,
    address,
    click,
    control,
    escaped,
    opened,
    pictures,
    said,
    unfold,
    visit,
)

SMALL = {"learning.task": "sort", "learning.layers": "1", "learning.heads": "2", "learning.width": "32"}
STEPS = 6
NOW = 1_700_000_000_000


@pytest.fixture
def short(monkeypatch):
    """Trainings of six steps, all of them recorded, a record at each look."""
    for name in ("sort", "your own", "repeat"):
        monkeypatch.setitem(TASKS, name, replace(TASKS[name], steps=STEPS))
    monkeypatch.setattr(_trainings, "PORTION", 0.0)
    monkeypatch.setattr(live, "LAPS", 3)
    monkeypatch.setattr(_cache, "CACHE", Cache(1e8))


def course(at):
    """What was sent to the picture: its header and the maps."""
    return pictures(at)["learning.course"]


def press(at, key):
    control(at, f"learning.{key}").click()
    at.run()
    assert not at.exception
    return at


def settled(at):
    """The session once its training has come to an end."""
    for _ in range(40):
        if not any(button.label in ("Pause", "Stop") for button in at.button):
            return at
        at.run()
        assert not at.exception
    raise AssertionError("it goes on and on")


# ---- one training ----


def test_the_first_visit_shows_a_training_that_was_recorded_and_its_moments():
    at = opened("learning")
    header, maps = course(at)
    history = kept.load_history()
    assert header["steps"] == history.steps == live.moments(600, 8, 24 * 24)
    assert header["loss"] == np.round(history.every("loss"), 4).tolist()
    assert header["inside"][-1] > 0.9 > 0.1 > header["inside"][0]
    np.testing.assert_array_equal(maps, history.every("maps").reshape(maps.shape))
    formed, fall = history.formed(), history.cliff()
    assert (header["formed"], tuple(header["cliff"])) == (formed.record, fall)
    assert header["names"][header["head"]] == f"{formed.layer + 1}.{formed.head + 1}"
    assert f"step {history.steps[formed.record]}" in header["verdict"]
    assert f"step {history.steps[fall.before]} to {history.steps[fall.after]}" in header["verdict"]
    assert "Recorded beforehand" in said(at)


def test_what_was_recorded_is_what_the_training_gives():
    history = kept.load_history()
    fresh = [record for record, _ in live.train(Settings(), until=10)]
    for one, other in zip(history.records, fresh, strict=False):
        assert (one.step, one.inside) == (other.step, pytest.approx(other.inside, abs=0.01))
        np.testing.assert_allclose(one.losses, other.losses, rtol=1e-4)
        np.testing.assert_allclose(one.answer, other.answer, atol=1e-3)
    assert len(fresh) == 3


def test_a_training_begins_pauses_goes_on_and_starts_over(short):
    at = opened("learning", **SMALL)
    assert course(at)[0]["steps"] == [0] and "nothing has been learned yet" in said(at)
    press(at, "train").run()
    press(at.run(), "train")
    some = course(at)[0]["steps"]
    assert 0 < some[-1] < STEPS and f"Stopped after {some[-1]} of 6 steps; it can go on." in said(at)
    press(at, "one")
    assert course(settled(at))[0]["steps"] == [*some, some[-1] + 1]
    header, maps = course(settled(press(at, "train")))
    assert header["steps"] == list(range(STEPS + 1)) and not header["live"]
    whole = [record for record, _ in live.train(Settings(task="sort", layers=1, heads=2, width=32))]
    assert header["loss"] == [round(record.loss, 4) for record in whole]
    np.testing.assert_array_equal(maps, np.array([record.maps for record in whole]).reshape(maps.shape))
    press(at, "reset")
    assert course(at)[0]["steps"] == [0]


def test_a_training_is_kept_while_others_are_looked_at(short):
    at = opened("learning", **SMALL)
    settled(press(at, "train"))
    assert control(at, "learning.one").disabled and control(at, "learning.train").label == "Train anew"
    control(at, "learning.seed").set_value(7).run()
    assert course(at)[0]["steps"] == [0]
    control(at, "learning.seed").set_value(1).run()
    assert course(at)[0]["steps"] == list(range(STEPS + 1))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("task", "look up"),
        ("positions", "learned"),
        ("mask", "window of 16"),
        ("mask", "full"),
        ("layers", 3),
        ("heads", 1),
        ("width", 128),
        ("rate", 0.1),
        ("seed", 1000),
    ],
)
def test_every_control_is_another_training_and_stands_in_the_address(key, value):
    at = opened("learning")
    control(at, f"learning.{key}").set_value(value).run()
    assert not at.exception
    header, maps = course(at)
    expected = run.untrained(replace(Settings(), **{key: value}))
    np.testing.assert_array_equal(maps[0], expected.maps.reshape(maps.shape[1:]))
    assert address(at)[f"learning.{key}"] == str(value)
    assert (header["beyond"] == [None]) == (value == "learned")
    assert "at once" not in said(at) and header["steps"] == [0]


def test_a_click_chooses_step_and_head_and_the_sentence_follows():
    at = opened("learning")
    record = kept.load_history().records[20]
    click(at, "learning.course", {"place": [20, 3, NOW]})
    assert address(at) == {"learning.step": str(record.step), "learning.head": "1.4"}
    header, _ = course(at)
    assert (header["place"], header["head"]) == (20, 3)
    assert f"At step {record.step} **{100 * record.inside:.0f} % of the answers are right" in said(at)
    control(at, "learning.silence").set_value(True).run()
    share = 100 * record.silenced[0, 3]
    assert f"with head 1.4 silenced **{share:.0f} %**" in said(at) and course(at)[0]["silence"]
    most = np.unravel_index(record.silenced.argmin(), record.silenced.shape)
    assert (
        f"{most[0] + 1}.{most[1] + 1} is needed most: without it {100 * record.silenced.min():.0f} %"
        in said(at)
    )
    header, weights = pictures(unfold(at, "learning.map"))["learning.cells"]
    np.testing.assert_allclose(np.nan_to_num(weights), record.maps[0, 3] / 255, atol=1e-6)
    unfold(at, "learning.map", False)
    again = opened("learning", **address(at))
    assert course(again)[0] == course(at)[0]
    click(at, "learning.course", {"place": [47, 3, NOW + 1]})
    assert "learning.step" not in address(at)  # who looks at the last step goes on with the training


def test_a_link_to_a_step_that_nobody_has_trained_to_says_so_and_comes_there(short):
    at = opened("learning", **SMALL, **{"learning.step": "3"})
    assert "The link asks for step 3: it comes once you train." in said(at)
    settled(press(at, "train"))
    header, _ = course(at)
    assert header["steps"][header["place"]] == 3 and header["steps"][-1] == STEPS


def test_the_table_and_the_first_losses_are_those_recorded():
    at = opened("learning", **{"learning.numbers": "True", "learning.formula": "True"})
    history = kept.load_history()
    assert ", ".join(f"{loss:.6f}" for loss in history.losses[:20]) in said(at)
    assert len(re.findall(r"^\| \d+ \|", said(at), re.MULTILINE)) == 16
    assert "Olsson" in said(at)


@pytest.mark.parametrize("rule", [*HOSTILE.values(), "aa aa", "ab ac"])
def test_any_rule_is_learned_or_refused_in_a_sentence(rule):
    at = visit("learning", {**SMALL, "learning.task": "your own", "learning.rule": rule}).run()
    assert not at.exception
    assert bool(at.warning) != bool(pictures(at))
    for text in (*at.warning, *at.markdown, *at.caption):
        assert not escaped(text.value)


def test_under_the_full_mask_the_page_says_that_the_model_cheats(short):
    for mask in ("causal", "full"):
        at = settled(press(opened("learning", **SMALL | {"learning.mask": mask}), "train"))
        assert ("cheats" in said(at)) == (mask == "full")


def test_a_rule_of_ones_own_is_trained(short):
    at = opened("learning", **SMALL | {"learning.task": "your own", "learning.rule": "ab bc ca"})
    header, _ = course(settled(press(at, "train")))
    given = "".join(header["rows"]).partition("|")[0]
    assert set(given) <= set("abc") and header["steps"][-1] == STEPS


def test_a_learning_rate_that_is_too_high_ends_in_a_sentence(short, monkeypatch):
    def diverging(*_):
        yield from ()
        raise ValueError("Choose a lower one.")

    monkeypatch.setattr(run, "trained", diverging)
    at = press(opened("learning", **SMALL), "train")
    assert [one.value for one in at.warning] == ["Choose a lower one."]
    assert course(at)[0]["steps"] == [0]


# ---- a server that many use ----


class Others:
    """A training that waits for others'."""

    over = False

    def parts(self):
        return []

    def place(self):
        return 2

    def close(self):
        self.over = True


def test_who_waits_is_told_the_place(monkeypatch):
    monkeypatch.setattr(_trainings, "begin", lambda *_: Others())
    at = press(opened("learning", **SMALL), "train")
    assert "Others train; you are number 2 in line." in said(at)
    press(at, "train")
    assert "in line" not in said(at)


@pytest.mark.parametrize(("said_so", "count"), [("3", 3), (None, max(1, _heavy.cores() - 1)), ("0", 0)])
def test_the_operator_says_how_many_train_at_once(said_so, count, monkeypatch):
    monkeypatch.setattr(_trainings, "POOLS", [])
    monkeypatch.delenv("RIVERBANK_TRAININGS", raising=False)
    if said_so:
        monkeypatch.setenv("RIVERBANK_TRAININGS", said_so)
    _trainings.open_pool()
    assert sum(len(one.threads) for one in _trainings.POOLS) == count
    _trainings.close_pool()


def test_where_too_many_wait_the_page_says_so(monkeypatch):
    def full(*_):
        raise Interrupted(BUSY)

    monkeypatch.setattr(_trainings, "begin", full)
    at = press(opened("learning", **SMALL), "train")
    assert [one.value for one in at.warning] == [BUSY]


@pytest.fixture(scope="module")
def pool():
    one = Pool(1, longest=5, megabytes=1400, gentle=15)
    yield one
    one.close()


def test_a_worker_that_is_killed_costs_a_sentence_and_a_button_goes_on(pool, monkeypatch):
    monkeypatch.setattr(_trainings, "POOLS", [pool])
    at = opened("learning", **SMALL)
    press(at, "train")
    end = time.monotonic() + 60
    while course(at)[0]["steps"][-1] < 10 and time.monotonic() < end:
        time.sleep(0.2)
        at.run()
    (job,) = pool.running
    with open(f"/proc/{job.process.program.pid}/stat", encoding="utf-8") as stat:
        assert stat.read().rpartition(")")[2].split()[16] == "15"  # it steps back behind all others
    os.kill(job.process.program.pid, signal.SIGKILL)
    while not at.warning and time.monotonic() < end:
        time.sleep(0.2)
        at.run()
    assert [one.value for one in at.warning] == [LOST]
    before = course(at)[0]["steps"]
    control(at, "watching.again").click()
    at.run()
    while course(at)[0]["steps"] == before and time.monotonic() < end + 60:
        time.sleep(0.2)
        at.run()
    press(at, "train")
    assert course(at)[0]["steps"][: len(before)] == before and course(at)[0]["steps"][-1] > before[-1]


def test_the_server_trains_in_a_worker_and_never_imports_the_training(pool, monkeypatch):
    settings = replace(Settings(), layers=1, heads=1, width=8, task="sort")
    here = [record for record, _ in live.train(settings, until=7)]
    assert [one.step for one in here] == [0, 5, 7]
    monkeypatch.setattr(_trainings, "POOLS", [pool])
    for name in [name for name in sys.modules if f"{name}.".startswith("model.train.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(model, "train")
    one = _trainings.begin(run.trained, settings, None, 7)
    there = []
    while not one.over:
        there += [record for record, _ in one.parts()]
        time.sleep(0.05)
    assert [one.losses.tobytes() for one in there[1:]] == [one.losses.tobytes() for one in here[1:]]
    assert not any(f"{name}.".startswith("model.train.") for name in sys.modules)


def test_a_training_that_nobody_looks_at_any_more_ends(pool, monkeypatch):
    monkeypatch.setattr(_pool, "LEFT", 0.3)
    monkeypatch.setattr(_trainings, "POOLS", [pool])
    at = press(opened("learning", **SMALL), "train")
    (one,) = at.session_state["watching"]["training"].values()
    job = one.source.source
    end = time.monotonic() + 60
    while not job.value.done() and time.monotonic() < end:
        time.sleep(0.1)
    assert job.value.cancelled()
    for _ in range(3):
        at.run()
    assert not at.session_state["watching"]["training"][one.settings,].running and not at.warning


def test_one_training_of_a_visitor_ends_where_another_begins(short):
    at = press(opened("learning", **SMALL), "train")
    (first,) = at.session_state["watching"]["training"].values()
    control(at, "learning.section").set_value("Race").run()
    assert not first.running
    press(at, "race")
    (second,) = at.session_state["watching"]["race"].values()
    assert second.running
    control(at, "learning.section").set_value("Watch it learn").run()
    assert not second.running


# ---- the race ----


def laps(shares, seconds=0.01):
    """Finished laps: {encoding: shares of its seeds}."""
    return [
        Lap(name, seed, 6, share, seconds, (share, share / 2, np.nan if name == "learned" else 0.1))
        for name, some in shares.items()
        for seed, share in enumerate(some, 1)
    ]


def test_a_difference_below_the_seeds_spread_is_chance():
    near = Contest(laps({"rope": [0.9, 0.8, 0.7], "alibi": [0.95, 0.8, 0.75], "none": [0.1, 0.1, 0.1]})).gap(
        1
    )
    assert (near.best, near.next, near.chance) == ("alibi", "rope", True)
    assert (near.difference, near.spread) == (pytest.approx(1 / 30), pytest.approx(0.2))
    far = Contest(laps({"rope": [0.9, 0.8], "alibi": [0.5, 0.55], "learned": [0.2, 0.2]}))
    assert (far.gap(1).best, far.gap(1).next, far.gap(1).chance) == ("rope", "alibi", False)
    assert far.gap(4).best in ("rope", "alibi")  # learned has no such position
    assert Contest(laps({"rope": [0.9], "alibi": [0.5]})).gap(1) is None
    assert Contest(laps({"rope": [0.9, 0.8], "alibi": [0.5]})).gap(1) is None


def test_the_first_visit_shows_a_race_of_all_encodings():
    at = opened("learning", **{"learning.section": "Race"})
    settings, kept_laps = kept.load_race()
    contest = Contest(kept_laps)
    assert settings == Settings() and contest.names == list(ENCODINGS)
    table = next(one.value for one in at.markdown if "| encoding |" in one.value)
    for name in ENCODINGS:
        mean = 100 * contest.ends(name)[:, 0].mean()
        assert re.search(rf"^\| {name} \| 3 \| {mean:.0f}\s%", table, re.MULTILINE)
    gap = contest.gap(1)
    assert ("that is chance" in said(at)) == any(contest.gap(scale).chance for scale in (1, 2, 4))
    assert gap.best in said(at) and "Recorded beforehand" in said(at)


def test_a_race_runs_and_its_table_can_be_taken_away(short):
    query = SMALL | {"learning.section": "Race", "learning.racers": "rope,learned"}
    at = visit("learning", query).run()
    assert "has not been run here yet" in said(at)
    settled(press(at, "race"))
    one = next(iter(at.session_state["watching"]["race"].values()))
    assert one.done == 6 and [lap.seed for lap in one.laps if lap.scales] == [1, 1, 2, 2, 3, 3]
    rows = list(csv.DictReader(io.StringIO(race.written(one))))
    assert len(rows) == 6 and rows[0]["positions"] == "learned" and rows[0]["right_at_2x"] == ""
    assert float(rows[0]["right_at_1x"]) == next(lap.scales[0] for lap in one.laps if lap.scales)
    assert {row["task"] for row in rows} == {"sort"} and float(rows[0]["seconds_per_step"]) > 0
    assert "At the training length" in said(at) and "| learned | 3 |" in said(at)


def test_a_race_that_is_stopped_keeps_what_it_has(short):
    query = SMALL | {"learning.section": "Race", "learning.racers": "rope,alibi"}
    at = press(visit("learning", query).run(), "race")
    press(at, "race")
    one = next(iter(at.session_state["watching"]["race"].values()))
    assert one.laps and not one.running and "no verdict before" in said(at)
