"""Each Plotly figure has a name that says what is to be seen in it, with a number that it draws."""

import base64
import re
from functools import cache

import numpy as np
import pytest

from pages import _findings
from tests.session import LONG, NUMBER, ROOT, figures, numeric, sent, visit

OPEN = "True"
VIEWS = [  # page, and a link to each of its figures
    ("attention", {"attention.step": "3 Dot products"}),
    ("heads", {"heads.section": "Neuron"}),
    (
        "receptive_field",
        dict.fromkeys([f"receptive_field.{name}" for name in ("cost", "many", "connect")], OPEN),
    ),
    ("word_sense", {"word_sense.plane": OPEN}),
    ("decoding", {}),
    ("decoding", {"decoding.section": "Attention and cache", "decoding.saved": OPEN}),
    ("decoding", {"decoding.section": "Two branches", "decoding.path": "EAEB", "decoding.other": "FAFB"}),
    ("rope", dict.fromkeys(("rope.distance", "rope.convention", "rope.speed"), OPEN)),
    ("positions", {}),
    ("positions", {"positions.section": "Side by side", "positions.hard": OPEN}),
    ("positions", {"positions.section": "Shuffle test"}),
    ("positions", {"positions.section": "The encoding itself", "positions.encoding": "alibi"}),
    (
        "positions",
        {
            "positions.section": "Beyond the training length",
            "positions.source": "your own text",
            "positions.passage": LONG,
        },
    ),
    ("masks", {"masks.loss": OPEN}),
    ("masks", {"masks.section": "Paint a mask"}),
    ("bpe", {"bpe.fewer": OPEN, "bpe.eight": OPEN}),
    ("architecture", {"architecture.totals": OPEN}),
    ("architecture", {"architecture.section": "The MLP", "architecture.adds": OPEN}),
    ("architecture", {"architecture.section": "What it costs"}),
    ("architecture", {"architecture.section": "The stream", "architecture.turns": OPEN}),
    ("vision", {"vision.section": "Moved"}),
    ("vision", {"vision.section": "Little data"}),
    ("learning", {"learning.section": "Race"}),
    ("bugs", {}),
    ("bugs", {"bugs.section": "Guess the bug"}),
]
OWN_TEXT = "word_sense", "receptive_field"  # a word with two senses stands in it


def arrays(part):
    """All arrays of numbers in a figure."""
    if isinstance(part, dict) and "bdata" in part:
        yield np.frombuffer(base64.b64decode(part["bdata"]), part["dtype"]).astype(float)
    elif isinstance(part, dict):
        for one in part.values():
            yield from arrays(one)
    elif isinstance(part, list) and part and all(isinstance(one, int | float) for one in part):
        yield np.array(part, float)
    elif isinstance(part, list):
        for one in part:
            yield from arrays(one)


def drawn(figure):
    """Each number of a figure, and the mean and the sum of each of its lines."""
    found = [one[np.isfinite(one)] for one in arrays(figure["data"])]
    found = [one for one in found if len(one)]
    numbers = np.concatenate([np.append(one, [one.mean(), one.sum()]) for one in found])
    return np.append(numbers, 100 * numbers)  # a share may be said in percent


@cache
def charts(place):
    """{key: (name, figure)} of what one of the VIEWS draws."""
    page, query = VIEWS[place]
    at = visit(page, ({} if page in OWN_TEXT else {"text": LONG}) | query).run()
    assert not at.exception
    return {key: (sent(at)[key]["label"], figure) for key, figure in figures(at).items()}


@pytest.mark.parametrize("place", range(len(VIEWS)))
def test_the_name_of_a_figure_says_a_number_that_it_draws(place):
    assert charts(place)
    for key, (name, figure) in charts(place).items():
        finding = name.rpartition("; ")[0]
        said = [numeric(one) for one in re.findall(NUMBER, finding)]
        numbers = drawn(figure)
        near = [np.isclose(numbers, one, rtol=6e-3, atol=6e-3 * abs(one)).any() for one in said]
        assert any(near), (key, name)


def test_no_figure_was_left_out():
    pages = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("pages/**/*.py"))
    keys = re.findall(r'_shell\.show\((?:(?!finding=).)*?key=f?"([a-z_.]+)', pages, flags=re.DOTALL)
    seen = {re.sub(r"\d+$", "", key) for place in range(len(VIEWS)) for key in charts(place)}
    assert len(keys) > 25 and set(keys) - seen == set()


def test_the_lowest_and_the_highest_are_named():
    losses = {"rope": 2.314, "alibi": 2.1, "none": None}
    assert _findings.extremes(losses, "loss", 2) == "alibi has the lowest loss, 2.10; rope the highest, 2.31"
    assert _findings.extremes({"rope": 2.0, "none": np.nan}, "loss", 1) == "rope: loss 2.0"
    assert _findings.extremes({}, "loss") == "no loss yet"
