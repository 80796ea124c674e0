"""A training that was recorded: loss, answers and scores of the heads over its steps, in step with the
attention of one string at the step that is shown.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from viz.component.message import heard, places
from viz.component.view import payload, view

mount = view("training")


class Course(NamedTuple):
    """What was recorded at R steps of a training that has `total`, of H heads with these `names`.

    loss, inside, beyond (R,): nats of an answer, shares of right answers on strings as long as in training
    and on longer ones, NaN where there are none. answer, previous, silenced (R, H): weight on the tokens that
    hold the answer and on the token before, and `inside` with that head silenced. maps (R, H, T, T) uint8,
    weights times 255. guess: the loss of a guess. formed: the place of the record at which a head has formed;
    cliff: the two places between which the loss fell steepest; None where there is none.
    """

    steps: Sequence[int]
    total: int
    names: Sequence[str]
    loss: np.ndarray
    inside: np.ndarray
    beyond: np.ndarray
    answer: np.ndarray
    previous: np.ndarray
    silenced: np.ndarray
    maps: np.ndarray
    guess: float
    formed: int | None = None
    cliff: tuple[int, int] | None = None


class Words(NamedTuple):
    """How the parts of the picture are called: the loss, the right answers, the two scores of a head; what is
    said below the map; how a cell is read, with {row}, {column} and {value}.
    """

    loss: str = "nats an answer"
    inside: str = "as long as in training"
    beyond: str = "twice as long"
    answer: str = "looks at the answer"
    previous: str = "at the token before"
    head: str = "Head"
    note: str = "Rows look at columns; outlined: the tokens that hold the answer."
    cell: str = "{row} looks at {column}: {value}"


WORDS = Words()
CURVES = "loss", "inside", "beyond", "answer", "previous", "silenced"


def training(
    course: Course,
    tokens: Sequence[str],
    *,
    sources: np.ndarray,
    place: int,
    head: int,
    key: str,
    silence: bool = False,
    live: bool = False,
    words: Words = WORDS,
    verdict: str = "",
    label: str = "",
    revision: str = "",
    on_choose: Callable[[int, int], None] | None = None,
) -> None:
    """Draw a Course at one of its records, with the attention of one of its heads; it plays, steps and jumps
    without asking the server.

    tokens: the T tokens of the string; sources (T, T) of bool: the cells that hold an answer, outlined.
    place, head: the record and the head that are shown. silence: whether to draw the answers without that
    head too. live: whether more is to come; who looks at the last record then goes along. words: how the
    parts are called. verdict: a sentence about the whole training. Where the reader rests, `on_choose` is
    called with the record and the head. ValueError if the sizes do not fit.
    """
    R, H, T = len(course.steps), len(course.names), len(tokens)
    if course.maps.shape != (R, H, T, T) or sources.shape != (T, T):
        raise ValueError(f"maps are {course.maps.shape}, for {R} records of {H} heads and {T} tokens")
    if not (0 <= place < R and 0 <= head < H):
        raise ValueError(f"record {place} or head {head} lies outside {R} records of {H} heads")
    header = {
        "rows": list(tokens),
        "columns": list(tokens),
        "tall": T,
        "type": "u1",
        "shape": [R, H, T, T],
        "steps": [int(step) for step in course.steps],
        "total": int(course.total),
        "names": list(course.names),
        **{name: written(getattr(course, name)) for name in CURVES},
        "guess": float(course.guess),
        "formed": course.formed,
        "cliff": course.cliff,
        "sources": np.argwhere(sources).tolist(),
        "place": int(place),
        "head": int(head),
        "silence": bool(silence),
        "live": bool(live),
        "verdict": verdict,
        "words": words._asdict(),
        "label": label,
        "revision": str(revision),
    }
    data = payload(header, course.maps, np.uint8)
    mount(key=key, data=data, on_place_change=heard(key, "place", places(R, H), on_choose))


def written(values: np.ndarray) -> list:
    """Numbers as JSON has them, None for those that are none."""
    digits = np.round(np.asarray(values, np.float64), 4)
    return np.where(np.isfinite(digits), digits.astype(object), None).tolist()
