"""What the pages and the README say in words, held against what the models do."""

import math
import re

import numpy as np
import pytest
import torch

from model import load
from model.analysis import chance, heads, order, rotation, senses, stream
from model.network.config import ModelConfig
from model.network.encodings.t5 import t5_buckets
from model.train import toys
from tests.session import LONG, NUMBER, ROOT, numeric, opened, pictures, said, visit

RIVER = "I swam across the river to get to the other bank"


# ---- a word before the first layer ----


@pytest.mark.parametrize(
    ("text", "cosine"), [("I went to the bank", 1.0), ("I went to it (bank)", 0.914), ("bank holidays", None)]
)
def test_before_the_first_layer_a_word_is_its_tokens_and_these_may_differ(text, cosine):
    words = [senses.find(one, "bank")[0] for one in (RIVER, text)]
    start = senses.vectors(load("encoder"), words)[:, 0]
    found = float(stream.cosines(start[0], start[1]))
    assert cosine is None or found == pytest.approx(cosine, abs=5e-4)
    at = opened("word_sense", text=RIVER, **{"word_sense.other": text})
    assert "layer by layer it takes in its context" in said(at) and "same vector in both" not in said(at)
    assert ("from the start" in said(at)) == (found < 0.9995)


def test_before_the_first_layer_no_other_word_matters():
    start = [
        senses.vectors(load("encoder"), [senses.find(text, "bank")[0]])[0, 0]
        for text in (RIVER, "The bank was closed, and nobody knew why")
    ]
    np.testing.assert_array_equal(*start)


# ---- the stream ----


def test_what_is_added_to_the_stream_takes_away_as_well():
    trace = load("decoder-rope").explain(RIVER)
    shares = [
        (part * before).sum(-1) / (before * before).sum(-1)  # how much of what is there an addition brings
        for layer in trace.layers
        for part, before in ((layer.attention.out, layer.resid_in), (layer.mlp_out, layer.resid_mid))
    ]
    assert np.min(shares) < -0.01
    at = opened("architecture", **{"architecture.section": "The stream", "architecture.formula": "True"})
    assert "nothing is taken away" not in said(at) and "may point against what is there" in said(at)


# ---- RoPE by itself ----


def test_without_content_the_score_of_rope_needs_hands_of_one_length_and_one_direction():
    at = opened("positions", **{"positions.section": "The encoding itself", "positions.encoding": "rope"})
    assert "all have the same length and, at rest, the same direction" in said(at)
    speed = 10_000 ** (-np.arange(16) / 16)
    place = np.arange(128)[:, None, None] - np.arange(128)[None, :, None]
    expected = np.cos(place * speed).mean(-1)  # all hands alike, so that only the offset is left
    np.testing.assert_allclose(pictures(at)["positions.alike"][1], expected, atol=1e-4)


# ---- averaging ----


def test_nobody_says_what_a_model_would_do_that_nobody_has_trained():
    assert "would do better" not in said(opened("averaging", text=LONG + " bank"))


# ---- the README, and what lies beside the models and the code ----


def read(name):
    """A text of the tree."""
    return (ROOT / name).read_text(encoding="utf-8")


README, MODELS = read("README.md"), read("model/checkpoints/README.md")
SENTENCES = " ".join(MODELS.split())
ENCODINGS = "none", "learned", "sinusoidal", "rope", "alibi", "t5"


def row(name):
    """The cells of a model's row in the tables beside the checkpoints, without its name."""
    (line,) = re.findall(rf"^\| `{name}` \|(.*)\|$", MODELS, re.MULTILINE)
    return [cell.strip() for cell in line.split("|")]


def mean(rows, first, end):
    """Nats per token between two positions, from the card's rows by their lengths."""
    some = [(b - a, nats) for a, b, nats in rows if first <= a and b <= end]
    return sum(size * nats for size, nats in some) / (end - first) if rows[-1][1] >= end else None


@pytest.mark.parametrize("name", [*ENCODINGS, "unmasked", "cnn"])
def test_the_table_of_decoders_is_what_their_cards_say(name):
    card, cells = load(f"decoder-{name}").card, row(f"decoder-{name}")
    assert cells[0] == f"{card['parameters'] / 1e6:.2f} M" and cells[2] == f"{card['bits_per_byte']:.3f}"
    for cell, (first, end) in zip(cells[3:6], ((64, 128), (128, 256), (512, 1024)), strict=True):
        nats = mean(card.get("loss_by_position", [(0, 0, 0)]), first, end)
        assert cell == ("–" if nats is None else f"{nats:.2f}")
    short = card.get("short_training")
    assert cells[6] == (f"{short['mean']:.3f} ± {short['range'] / 2:.3f}" if short else "–")


def test_the_table_of_encoders_says_at_which_layer():
    best = {}
    for name in ("encoder", "encoder-cnn"):
        found = load(name).card["senses"]
        bands = [share for share, _ in found["clues"]["by_distance"].values()]
        shares = [found[kind]["sense_accuracy"] for kind in ("usage", "clues")]
        assert row(name)[2:4] == [f"{share:.3f}" for share in shares]
        assert [float(cell) for cell in row(name)[4:]] == pytest.approx(bands, abs=0.0051)
        for kind in ("usage", "clues"):
            layer = found[kind]["best_layer"]
            best[name, kind] = layer, found[kind]["by_layer_on_their_side"][layer]
    assert best["encoder", "usage"] == (3, 0.946) and best["encoder", "clues"] == (5, 0.933)  # 5: the end
    assert best["encoder-cnn", "usage"] == (5, 0.869) and best["encoder-cnn", "clues"] == (5, 0.735)
    meter = "for 0.946 of those as people write, at layer 3, and for 0.933 of those with one clue, at the end"
    assert meter in SENTENCES
    for share, error in ((0.9, "0.014"), (0.65, "0.022")):
        assert f"{math.sqrt(share * (1 - share) / 480):.3f}" == error and error in SENTENCES


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_table_of_toys_is_what_their_cards_say(name):
    card, cells = load(f"toy-{name}").card, row(f"toy-{name}")
    assert cells[2:4] == [f"{card[key]:.1%}" for key in ("copy_accuracy", "copy_accuracy_periods_50_60")]
    assert cells[4:] == [f"{np.max(card[key]):.2f}" for key in ("previous_token", "induction")]


def test_the_table_of_the_readme_is_what_the_cards_say():
    bits = [load(f"decoder-{name}").card["bits_per_byte"] for name in ENCODINGS]
    copies = [load(f"toy-{name}").card["copy_accuracy"] for name in ENCODINGS]
    assert f"| {min(bits):.3f} to {max(bits):.3f} bits per byte |" in README
    assert f"| copies {min(copies):.1%} to {max(copies):.1%} |" in README
    for name in ("decoder-unmasked", "decoder-cnn"):
        card = load(name).card
        (line,) = re.findall(rf"^\| `{name}` .*$", README, re.MULTILINE)
        assert line.endswith(
            f"| {card['parameters'] / 1e6:.1f} M | {card['bits_per_byte']:.3f} bits per byte |"
        )
    (line,) = re.findall(r"^\| `encoder`, `encoder-cnn` .*$", README, re.MULTILINE)
    cards = [load(name).card for name in ("encoder", "encoder-cnn")]
    (size,) = {f"{card['parameters'] / 1e6:.1f} M" for card in cards}
    shares = ", ".join(f"{card['senses']['usage']['sense_accuracy']:.3f}" for card in cards)
    assert line.endswith(f"| {size} | sense accuracy {shares} |")


@torch.inference_mode()
def test_cards_and_the_page_about_heads_have_one_induction_score():
    """All earlier copies together, counted cell by cell, on the strings of the cards and on those of the
    page.
    """
    network = load("toy-rope").network
    ids, periods = toys.strings(64, 96, seed=(7, 0))
    weights = toys.weights_of(network, ids).numpy()[1, :, 1]  # the best head's, (B, T, T)
    found = []
    for seen, period in zip(weights, periods.tolist(), strict=True):
        copies = [[j + 1 for j in range(i) if (i - j) % period == 0] for i in range(period, 96)]
        found.append(np.mean([sum(seen[i, j] for j in some) for i, some in enumerate(copies, period)]))
    assert np.mean(found) == pytest.approx(load("toy-rope").card["induction"][1][1], abs=2e-3)
    page = [
        np.mean([seen[i, i - heads.PERIOD + 1] for i in range(heads.PERIOD, 2 * heads.PERIOD)])
        for seen in (
            load("toy-rope").reread(one).layers[1].attention.weights(1)
            for one in heads.strings(load("toy-rope")).tolist()
        )
    ]
    assert f"{np.mean(page):.2f} in place of {np.mean(found):.2f} for `toy-rope`" in SENTENCES


def test_distances_of_t5_share_the_last_bucket_from_113_on():
    config = ModelConfig()
    bucket = [16 + int(math.log(d / 16) / math.log(128 / 16) * 16) if d > 15 else d for d in range(300)]
    first = next(d for d, one in enumerate(bucket) if one >= config.t5_buckets - 1)
    assert first == 113 and "distances from 113 on share the last" in read(".github/CONTRIBUTING.md")
    found = t5_buckets(300, 300, config.t5_buckets, config.t5_distance)[-1].flip(0)
    assert (found[113:] == 31).all() and found[112] == 30


def test_the_slowest_pair_turns_once_in_the_tokens_that_the_config_says():
    config = ModelConfig()
    turns = 2 * math.pi * config.rope_base ** (1 - 2 / config.head_width)
    speed = config.rope_base ** (-(config.head_width - 2) / config.head_width)
    assert turns * speed == pytest.approx(2 * math.pi) and round(turns) == 35_333


# ---- beyond the training length ----


@pytest.fixture(scope="module")
def long_text():
    """Nats of each token of the fairy tale that the page measures, (1024,) for each encoding; None where the
    table ends.
    """
    text = (ROOT / "model" / "checkpoints" / "passage.txt").read_text(encoding="utf-8")
    ids = load("decoder-rope").tokenizer.encode(text)[:1025]
    limited = {name: load(f"decoder-{name}").config.encoding.limited for name in ENCODINGS}
    return {
        name: None if limited[name] else order.losses(load(f"decoder-{name}").network, ids)
        for name in ENCODINGS
    }


def beyond_the_training():
    """The page in that view, which has a figure and no picture of our own."""
    query = {"positions.section": "Beyond the training length", "positions.methods": ""}
    at = visit("positions", query).run()
    assert not at.exception
    return at


@pytest.mark.parametrize(
    ("name", "goes_on"),
    {"none": False, "learned": None, "sinusoidal": False, "rope": False, "alibi": True, "t5": True}.items(),
)
def test_which_encodings_go_on_past_the_training_length(name, goes_on, long_text):
    """As the page says it, by the cards and on the text that the page measures."""
    rows, nats = load(f"decoder-{name}").card["loss_by_position"], long_text[name]
    if goes_on is None:
        assert nats is None and rows[-1][1] == 128
        return
    change = mean(rows, 512, 1024) - mean(rows, 64, 128)
    ahead = chance.difference(nats[128:], long_text["alibi"][128:])
    if goes_on:
        assert change < 0.2 and nats[128:].mean() < nats[:128].mean() and abs(ahead.mean) < 0.1
    else:
        assert change > 0.8 and nats[128:].mean() > nats[:128].mean() + 0.1 and ahead.mean > 0.4
        assert ahead.mean > 5 * ahead.error


def test_why_they_do_is_what_the_page_says():
    said_so = said(beyond_the_training())
    assert "only **alibi** and **t5** go on as before" in said_so
    assert "where they follow the place it does not" not in said_so
    one, other = (load(f"decoder-{name}").network.bias(400)[:, -1].flip(-1) for name in ("t5", "alibi"))
    assert (one[:, 113:] == one[:, 113:114]).all() and (one[:, 112] != one[:, 113]).any()
    assert (other.diff() < 0).all()
    speeds = rotation.frequencies(32)
    assert (
        rotation.unmet(speeds, speeds, 128, 129).any() and not rotation.unmet(speeds, speeds, 128, 128).any()
    )


def test_the_page_says_how_far_each_curve_is_behind_the_best(long_text):
    told = said(beyond_the_training())
    assert "Past 128 tokens **alibi** costs least on this text" in told
    for name in ("t5", "rope", "none", "sinusoidal"):
        more, error = map(numeric, re.search(rf"{name} ({NUMBER}) ± ({NUMBER})", told).groups())
        apart = long_text[name][128:] - long_text["alibi"][128:]
        assert more == pytest.approx(apart.mean(), abs=0.006)
        assert error == pytest.approx(apart.std(ddof=1) / math.sqrt(896), abs=0.006)
    assert re.search(rf"t5 {NUMBER} ± {NUMBER}, which may be noise; rope", told)
