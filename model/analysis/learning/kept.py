"""A training and a race that come with the models, so that there is something to see before one has begun."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from model.analysis.learning.history import History
from model.analysis.learning.record import Lap, Record
from model.analysis.learning.settings import Settings
from model.zoo import FOLDER

HISTORY, RACE = "births/training.safetensors", "births/race.json"


def save_history(history: History, folder: Path = FOLDER) -> None:
    """Write a training that runs with the default settings."""
    columns = {
        name: np.array([getattr(record, name) for record in history.records])
        for name in Record._fields
        if name != "losses"
    }
    save_file(columns | {"losses": history.losses}, folder / HISTORY)


def load_history(folder: Path = FOLDER) -> History:
    """The training with the default settings; FileNotFoundError if there is none."""
    if not (folder / HISTORY).exists():
        raise FileNotFoundError(folder / HISTORY)
    columns = load_file(folder / HISTORY)
    steps = columns["step"].tolist()
    columns["losses"] = np.split(columns["losses"], steps[:-1])
    return History(Settings(), [Record(*row) for row in zip(*map(columns.get, Record._fields), strict=True)])


def save_race(settings: Settings, laps: Sequence[Lap], folder: Path = FOLDER) -> None:
    """Write a race with these settings."""
    rows = [(*lap[:-1], [None if np.isnan(one) else one for one in lap.scales]) for lap in laps]
    text = json.dumps({"settings": asdict(settings), "laps": rows})
    (folder / RACE).write_text(text.replace("], [", "],\n[") + "\n", encoding="utf-8")


def load_race(folder: Path = FOLDER) -> tuple[Settings, list[Lap]]:
    """The settings of the race, and its laps; FileNotFoundError if there is none."""
    kept = json.loads((folder / RACE).read_text(encoding="utf-8"))
    laps = [Lap(*row[:-1], tuple(np.nan if one is None else one for one in row[-1])) for row in kept["laps"]]
    return Settings(**kept["settings"]), laps
