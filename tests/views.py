"""Every hand-made view with something to show, as what its Python side sends to its JavaScript."""

import base64
import importlib
from unittest.mock import patch

import numpy as np

from viz import bars, component
from viz.component import (
    address,
    beliefs,
    candidates,
    chips,
    clocks,
    cone,
    contents,
    diagram,
    drawing,
    figure,
    grid,
    ladder,
    lines,
    live,
    merges,
    meter,
    mosaic,
    neighbours,
    panels,
    ranking,
    rows,
    screen,
    sequence,
    story,
    tree,
    waterfall,
)
from viz.component import training as trained
from viz.component.view import HERE, script, style

NAMES = sorted(path.stem for path in HERE.glob("*.js") if "\nexport default view(" in path.read_text("utf-8"))

TOKENS = ["I", " swam", " across", " the", " river"]
ONES = np.tri(5, dtype=np.float32)
WEIGHTS = ONES / ONES.sum(1, keepdims=True)


def encoding(**on):
    """Six pairs of clocks for a query at place 4 and a key at place 1."""
    rng = np.random.default_rng(0)
    places = {"home": (4, 1), "places": (4, 1), "last": 8, "order": range(6), "words": (" river", " swam")}
    return clocks.clocks(
        rng.normal(size=12),
        rng.normal(size=12),
        0.5 ** np.arange(6),
        scale=0.3,
        key="v",
        label="clocks",
        **places,
        **on,
    )


def training(**on):
    """The three merges of a text of five bytes."""
    pieces = [chr(i) for i in range(256)] + ["", "ab", "abc", "abcd"]
    leaders = [[97, 98, 3], [257, 99, 2], [258, 100, 2], []]
    counts = {"tokens": [9, 7, 5, 4], "whole": [0, 0, 0, 2], "words": 3, "at_once": 0}
    return merges.merges(
        pieces,
        leaders,
        excerpt=list(b"abcde"),
        joined=[1, 2, 3, 0],
        merge=0,
        key="v",
        label="merges",
        **counts,
        **on,
    )


def network(**on):
    """A cone of two layers over five tokens."""
    levels = [np.arange(5) == 4, np.arange(5) >= 3, np.arange(5) >= 2]
    reads = [(np.array([3]), np.array([4]), 1), (np.array([2, 3]), np.array([3, 4]), 1)]
    panel = cone.Panel("convolution", levels, [1, 1, 1], reads)
    return cone.cone([panel, panel._replace(name="dilated")], TOKENS, output=4, key="v", label="cones", **on)


def block(**on):
    """A stream that an attention reads and adds to."""
    sizes = {"axes": "T, C", "shape": (5, 8), "parameters": 64, "multiply_adds": 320, "share": (0.5, 0.25)}
    parts = [
        diagram.Part("in", "stream", 0, 0, reads=(), **sizes | {"parameters": 0}),
        diagram.Part("q", "queries", 1, 1, reads=("in",), role="query", **sizes),
        diagram.Part("k", "keys", 1, 2, reads=("in",), role="key", **sizes),
        diagram.Part("sum", "stream", 2, 0, reads=("in", "k"), **sizes),
    ]
    return diagram.diagram(
        parts, selected="q", frame=(1, 2), caption="4 layers", key="v", label="block", **on
    )


def course(**on):
    """Two records of a training with two heads."""
    two = np.array([[0.1, 0.2], [0.6, 0.1]])
    maps = np.rint(255 * np.broadcast_to(WEIGHTS, (2, 2, 5, 5))).astype(np.uint8)
    numbers = {"loss": two[:, 0], "inside": two[:, 0], "beyond": np.full(2, np.nan)}
    recorded = trained.Course(
        [0, 7], 9, ["1.1", "1.2"], **numbers, **dict.fromkeys(SCORES, two), maps=maps, guess=2
    )
    return trained.training(
        recorded, TOKENS, sources=ONES > 1, place=1, head=0, key="v", verdict="None.", label="training", **on
    )


def search(**on):
    levels = [
        [tree.Node(" a", 0, 0.6, 0.7), tree.Node(" the", 0, 0.3, 1.7)],
        [tree.Node(" bank", 0, 0.5, 1.7), tree.Node(" end", 1, None, 1.7)],
    ]
    return tree.tree(levels, root=" river", key="v", label="beams", **on)


def next_tokens(**on):
    shares = [(" bank", 0.5, 0.6), (" end", 0.3, 0.4), (" of", 0.01, 0.0)]
    rows = [
        {
            "rank": rank,
            "token": token,
            "own": own,
            "final": final,
            "cut": "" if final else "top-k",
            "drawn": rank == 2,
            "before": False,
        }
        for rank, (token, own, final) in enumerate(shares, 1)
    ]
    return candidates.candidates(rows, rest=(4093, 0.19, 0.0), roll=0.7, key="v", label="candidates", **on)


LABELS = {"rows": TOKENS, "columns": TOKENS}
TWO = {"names": ["1.1", "1.2"], **LABELS}
ENDS = np.array([0.9, 1.1])
SCORES = "answer", "previous", "silenced"
LANES = [meter.Lane(name, -ENDS, ENDS, 0.3, (-0.7, 0.6), note="+0.1") for name in ("layer 1", "end")]

OVER = np.linspace(0, 1, 49).reshape(7, 7)
INK = np.zeros((28, 28), np.uint8)
INK[4:24, 13:15] = 255

NEAR = [
    neighbours.Row("embedding", [("money", 0.6)], [("money", 0.6)], 1.0),
    neighbours.Row("end", [("river", 0.7), ("pool", 0.6)], [("cash", 0.7)], -0.05),
]

DRAWN = {
    "address": lambda **on: address.address({}, page="attention", key="v", **on),
    "beliefs": lambda: beliefs.beliefs(
        {"rope": ([" bank", " end"], [0.5, 0.3]), "none": "It has no answer."}, key="v", label="next"
    ),
    "candidates": next_tokens,
    "chips": lambda **on: chips.chips(
        TOKENS, key="v", notes=list("12345"), values=WEIGHTS[4], selected=4, struck=[1], label="tokens", **on
    ),
    "clocks": encoding,
    "cone": network,
    "contents": lambda: contents.contents(
        "Riverbank", {"attention": "How does a word look?", "rope": "Why turn?"}, here="rope"
    ),
    "diagram": block,
    "drawing": lambda **on: drawing.drawing(INK, key="v", label="digit", **on),
    "figure": lambda: figure.figure(bars.contributions(WEIGHTS[4]), key="v", label="products"),
    "grid": lambda **on: grid.grid(
        [WEIGHTS, WEIGHTS],
        **TWO,
        key="v",
        notes=["0.9\ncopies", "0.1\nnone"],
        selected=0,
        label="heads",
        **on,
    ),
    "heatmap": lambda **on: component.heatmap(
        **{"values": WEIGHTS, "allowed": ONES > 0}
        | LABELS
        | {"selected": (4, 1), "label": "weights", "key": "v"}
        | on
    ),
    "live": live.live,
    "ladder": lambda: ladder.ladder(
        [ladder.Rung("bytes", ["a", "b"], []), ladder.Rung("1", ["ab"], [0], ["257"])], key="v", label="way"
    ),
    "lines": lambda **on: lines.lines(
        [WEIGHTS, WEIGHTS],
        **TWO,
        key="v",
        heads=[["1.1", "1.2"], ["2.1", "2.2"]],
        chosen=["1.1", "1.2"],
        count=5,
        label="lines",
        **on,
    ),
    "merges": training,
    "meter": lambda **on: meter.meter(
        LANES, ends=("river", "money"), marks=("1", "2"), key="v", chosen=1, note="moves", label="meter", **on
    ),
    "mosaic": lambda **on: mosaic.mosaic(
        {"1.1": OVER, "1.2": OVER.T},
        INK / 255,
        key="v",
        selected=(3, 2),
        chosen="1.1",
        label="patches",
        **{"on_patch": lambda row, column: None} | on,
    ),
    "neighbours": lambda **on: neighbours.neighbours(
        NEAR, sentences=(("the ", "bank", " of"), ("a ", "bank", "")), key="v", chosen=1, label="near", **on
    ),
    "panels": lambda **on: panels.panels(
        {"rope": WEIGHTS, "none": "It has none."}, **LABELS, key="v", selected=(4, 1), label="models", **on
    ),
    "ranking": lambda: ranking.ranking(
        {"before": ([0.5, 0.1], "#0072b2"), "after": ([0.4, 0.2], "#d55e00")},
        [" bank", " end"],
        key="v",
        label="next",
    ),
    "rows": lambda **on: rows.rows(
        ["encoding", "loss"], {"rope": ["2.31"], "alibi": ["2.10"]}, key="v", label="encodings", **on
    ),
    "screen": lambda **on: screen.screen(projector=False, enlarged=False, key="v", **on),
    "sequence": lambda **on: sequence.sequence(TOKENS, [1, 0, 2, 3, 4], key="v", label="order", **on),
    "story": lambda **on: story.story(
        TOKENS, own=2, read=4, bits=[1.5, 2.5, 0.5], key="v", label="story", **on
    ),
    "training": course,
    "tree": search,
    "waterfall": lambda **on: waterfall.waterfall(
        [
            waterfall.Summand(["because ", " bank", " is one"], 1.5),
            waterfall.Summand(["although ", " river", ""], -0.25),
            waterfall.Summand(["the rest"], -0.5, False),
        ],
        total="the score",
        key="v",
        chosen=0,
        label="summands",
        **on,
    ),
}


def module(name):
    """The Python module that mounts a view."""
    return component if name == "heatmap" else importlib.import_module(f"viz.component.{name}")


def mounted(name, **on):
    """What Streamlit is given when a view is drawn with these listeners."""
    given = []
    with patch.object(module(name), "mount", lambda **how: given.append(how) or {}):
        DRAWN[name](**on)
    (how,) = given
    return how


def sent(name):
    """What the browser is sent of a view: its style sheet, its module, and its data, JSON or base64."""
    data = mounted(name)["data"]
    packed = isinstance(data, bytes)
    css = style(name) if (HERE / f"{name}.css").exists() else ""
    return {
        "name": name,
        "css": css,
        "code": script(name),
        "data": base64.b64encode(data).decode() if packed else data,
        "packed": packed,
    }
