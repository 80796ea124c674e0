"""A model that is missing or damaged: every page says so in a sentence, and the other models go on."""

import json
import os
import shutil
from itertools import product

import pytest

from model import Unavailable, zoo
from pages import _cache
from tests.session import control, figures, pictures, visit
from tests.test_crowd import views
from tests.test_pages import PAGES

TEXT = "The river bank"
VIEWS = [(page, view) for page in PAGES for view in views(page)]


@pytest.fixture(scope="module")
def pictured():
    """What the page about digits has computed: by models of its own, which none of these tests damages."""
    return {}


@pytest.fixture
def folder(tmp_path, monkeypatch, pictured):
    """Links to all checkpoints, which the pages use as theirs; of what was computed with others only what is
    `pictured` is there.
    """
    copied = tmp_path / "checkpoints"
    shutil.copytree(zoo.FOLDER, copied, copy_function=os.symlink)
    monkeypatch.setattr(zoo.names, "__defaults__", (None, copied))
    monkeypatch.setattr(zoo.load.__wrapped__, "__defaults__", (copied,))
    cache = _cache.Cache(_cache.CACHE.budget)
    for key, value in pictured.items():
        cache.keep(key, value)
    monkeypatch.setattr(_cache, "CACHE", cache)
    zoo.load.cache_clear()
    yield copied
    of_pictures = [key for key in cache.entries if key[0].startswith("pages.vision.")]
    pictured |= {key: cache.entries[key].value for key in of_pictures}
    zoo.load.cache_clear()


def replace(path, data):
    """Put a file of these bytes in the place of the link, so that the checkpoint itself stays as it is."""
    path.unlink()
    path.write_bytes(data)


def truncated(folder, name):
    path = folder / f"{name}.safetensors"
    replace(path, path.read_bytes()[:1000])


def without_checkpoint(folder, name):
    (folder / f"{name}.safetensors").unlink()


def without_card(folder, name):
    (folder / f"{name}.json").unlink()


def no_json(folder, name):
    replace(folder / f"{name}.json", b"{")


def no_object(folder, name):
    replace(folder / f"{name}.json", b"[]")


def without_figures(folder, name):
    path = folder / f"{name}.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    kept = {key: card[key] for key in ("name", "sha256", "config", "parameters", "bytes")}
    replace(path, json.dumps(kept).encode())


DAMAGES = truncated, without_checkpoint, without_card, no_json, no_object


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_model_that_cannot_be_used_says_so_without_a_place_on_the_server(folder, damage):
    damage(folder, "decoder-rope")
    with pytest.raises(Unavailable, match="decoder-rope") as caught:
        zoo.load("decoder-rope")
    assert str(folder) not in str(caught.value) and "/tmp" not in str(caught.value)
    assert zoo.load("decoder-alibi").explain(TEXT)


def test_a_card_that_is_restored_is_read_again(folder):
    card = (folder / "encoder.json").read_text(encoding="utf-8")
    without_card(folder, "encoder")
    assert "encoder" not in zoo.names("encoder")
    (folder / "encoder.json").write_text(card, encoding="utf-8")
    assert "encoder" in zoo.names("encoder") and zoo.load("encoder").explain(TEXT)


def sentences(at):
    return " ".join(element.value for element in (*at.warning, *at.info, *at.error))


# Damaged together, as no view reads both of a pair: each view is computed anew for every damage.
PAIRS = ["encoder", "decoder-learned"], ["encoder-cnn", "decoder-rope"]


@pytest.mark.parametrize(
    ("damage", "models"),
    [*product([without_card, without_checkpoint], PAIRS), (without_figures, [*PAIRS[0], *PAIRS[1]])],
)
def test_every_page_shows_something_or_says_why_not(folder, damage, models):
    for model in models:
        damage(folder, model)
    for page, view in VIEWS:
        query = {"text": TEXT} | ({f"{page}.section": view} if view else {})
        at = visit(page, query).run()
        assert not at.exception, (page, view, [one.value for one in at.exception])
        said = sentences(at)
        assert str(folder) not in said and "failed" not in said
        named = any(model in said for model in models)
        assert pictures(at) or figures(at) or named, (page, view)


def test_another_model_can_be_chosen_where_one_is_damaged(folder):
    without_card(folder, "decoder-rope")
    at = visit("attention", {"text": TEXT, "model": "decoder-rope"}).run()
    assert "The card of “decoder-rope” is missing" in sentences(at)
    control(at, "model").set_value("decoder-alibi").run()
    assert not at.warning and pictures(at) and control(at, "text").value == TEXT


@pytest.mark.parametrize("view", views("positions"))
def test_the_other_encodings_are_compared_without_the_one_that_is_damaged(folder, view):
    truncated(folder, "decoder-learned")
    at = visit("positions", {"text": TEXT, "positions.section": view}).run()
    assert not at.exception, [one.value for one in at.exception]
    assert pictures(at) or figures(at), sentences(at)


def test_the_choice_of_an_encoding_goes_on_without_the_one_whose_card_has_no_figures(folder):
    without_figures(folder, "decoder-learned")
    at = visit("positions", {"text": TEXT}).run()
    assert not at.exception, [one.value for one in at.exception]
    assert "decoder-learned" in sentences(at) and figures(at)
    names = [name for name, *_ in pictures(at)["positions.look"]["lines"]]
    assert "rope" in names and "learned" not in names
