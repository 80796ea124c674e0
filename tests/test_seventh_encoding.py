"""A seventh encoding is one file of mathematics and one of picture and words: xPos, from tests/seventh, is
taken by everything that asks an encoding's record.
"""

import cmath
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from model import decoding, load, zoo
from model.analysis import activations, cost, order
from model.network import encodings
from model.network.transformer import Transformer, initialise
from tests import test_anatomy, test_trace
from tests.conftest import lively
from tests.session import LONG, control, opened, pictures, visit

FOLDER = Path(__file__).parent / "seventh"
TEXT = "I swam across the river to get to the other bank"
VIEWS = (
    "Side by side",
    "Shuffle test",
    "By distance",
    "The encoding itself",
    "Beyond the training length",
    "Content and position",
)


@pytest.fixture(scope="module")
def seventh():
    """xPos among the encodings, found as all others are; the folder has one file more, and nothing else is
    changed.
    """
    before = dict(encodings.ENCODINGS)
    encodings.__path__.append(str(FOLDER / "encodings"))
    encodings.ENCODINGS |= encodings.listed()
    yield encodings.ENCODINGS["xpos"]
    encodings.__path__.pop()
    encodings.ENCODINGS.clear()
    encodings.ENCODINGS |= before


# ---- the mathematics ----


def test_a_query_and_a_key_feel_their_distance_and_fade_with_it(seventh):
    """As the paper has it (eq. 9): the real part of sum of q conj(k) (zeta e^(i theta))^(m - n)."""
    config = replace(load("decoder-rope").config, positions="xpos", head_width=12)
    q, k = torch.randn(2, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    pairs = [(complex(*q[2 * i : 2 * i + 2]), complex(*k[2 * i : 2 * i + 2])) for i in range(6)]

    def score(m, n):
        angle = seventh.angle(config, torch.tensor([m, n]))
        turned_q, _ = seventh.turn(config, q, k, angle[:, :1])
        _, turned_k = seventh.turn(config, q, k, angle[:, 1:])
        return float(turned_q[0] @ turned_k[0])

    for m, n in ((0, 0), (5, 2), (130, 7), (3, 9)):
        expected = sum(
            (
                a
                * b.conjugate()
                * ((i / 6 + 0.4) / 1.4) ** ((m - n) / 512)
                * cmath.exp(1j * (m - n) * 10_000 ** (-i / 6))
            ).real
            for i, (a, b) in enumerate(pairs)
        )
        assert score(m, n) == pytest.approx(expected, rel=1e-4, abs=1e-5)
        assert score(m + 40, n + 40) == pytest.approx(expected, rel=1e-3, abs=1e-4)


# ---- the model ----


@pytest.mark.parametrize("key_heads", [4, 2])
@pytest.mark.parametrize("causal", [True, False])
def test_a_trace_shows_what_was_run(seventh, make_bundle, key_heads, causal):
    trace = make_bundle("xpos", key_heads=key_heads, causal=causal).explain(TEXT)
    test_trace.assert_laws(trace)
    assert trace.layers[0].attention.turns and trace.error() < 1e-5
    plain = make_bundle("rope", key_heads=key_heads, causal=causal).explain(TEXT)
    assert np.abs(plain.final - trace.final).max() > 1e-3  # it is no RoPE


def test_the_cache_changes_nothing(seventh, make_network):
    network = make_network("xpos", key_heads=2)
    ids = list(range(97, 109))
    steps = [list(islice(decoding.generate(network, ids, cached=cached), 20)) for cached in (True, False)]
    for kept, whole in zip(*steps, strict=True):
        assert kept.id == whole.id
        torch.testing.assert_close(kept.stages[0], whole.stages[0], rtol=1e-4, atol=1e-4)


def test_the_diagram_and_the_costs_take_it(seventh, make_network, make_bundle):
    boxes = test_anatomy.assert_anatomy(make_network("xpos", key_heads=2), list(range(97, 108)))
    assert boxes["turn"].title == "turn (xPos)" and boxes["turn"].parameters == 0
    bundle = make_bundle("xpos", key_heads=2)
    found = activations.activation(bundle.network, bundle.explain(TEXT), "turn", 1)
    assert found.values.shape == (len(bundle.read(TEXT)), boxes["turn"].shape[1])
    assert cost.position_parameters(bundle.config, 10_000) == 0
    turned = (4 + 2) * bundle.config.head_width  # queries and keys of a layer, two products and a sum each
    assert cost.position_operations(bundle.config, 10_000) == 3 * turned * bundle.config.layers
    assert decoding.room(bundle.config) == bundle.config.max_tokens


def test_its_scores_are_content_and_what_turning_changes(seventh, make_bundle):
    bundle = make_bundle("xpos")
    trace = bundle.explain(TEXT)
    parts = order.score_parts(bundle.network, trace, 1, 2)
    assert list(parts) == ["not turned", "what turning changes"]
    np.testing.assert_allclose(sum(parts.values()), trace.layers[1].attention.scaled(2), rtol=1e-5, atol=1e-5)


# ---- the pages ----


@pytest.fixture(scope="module")
def listed(seventh, tmp_path_factory):
    """A folder of checkpoints with decoder-xpos, of random parameters, beside the bundled ones; the modules
    of the page about positions are imported anew, since they list the models once.
    """
    folder = tmp_path_factory.mktemp("checkpoints")
    for file in zoo.FOLDER.iterdir():
        (folder / file.name).symlink_to(file)
    rope = load("decoder-rope")
    network = lively(initialise(Transformer(replace(rope.config, positions="xpos")), 1, spread=0.003))
    zoo.save(
        "decoder-xpos", network, rope.tokenizer, {"loss_by_position": rope.card["loss_by_position"]}, folder
    )
    patch = pytest.MonkeyPatch()
    patch.setattr(zoo.names, "__defaults__", (None, folder))
    patch.setattr(zoo.load.__wrapped__, "__defaults__", (folder,))
    others = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("pages.positions")}
    from pages.positions import pictures

    pictures.__path__.append(str(FOLDER / "pictures"))
    pictures.PICTURES |= pictures.listed()
    pictures.LOOKS |= {name: picture.look for name, picture in pictures.PICTURES.items()}
    yield
    patch.undo()
    for name in [name for name in sys.modules if name.startswith("pages.positions")]:
        del sys.modules[name]
    sys.modules |= others


@pytest.mark.parametrize("view", VIEWS)
def test_the_page_about_positions_takes_it(listed, view):
    query = {"positions.section": view, "text": LONG, "positions.length": "64", "positions.methods": ""}
    choices = {"positions.encoding": "xpos", "positions.split": "xpos", "positions.model": "xpos"}
    at = visit("positions", query | choices).run()
    assert not at.exception, [element.message for element in at.exception]
    assert not at.warning
    elements = (*at.get("bidi_component"), *at.get("markdown"), *at.get("table"))
    shown = [element for element in elements if "xpos" in str(element.proto)]
    assert shown, view


@pytest.mark.parametrize("page", ["attention", "heads", "decoding", "architecture"])
def test_the_other_pages_take_it(listed, page):
    at = opened(page, model="decoder-xpos", text=TEXT)
    assert control(at, "model").value == "decoder-xpos"
    assert pictures(at)
