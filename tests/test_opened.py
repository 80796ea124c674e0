"""Models that were opened with the library `transformers`, through the pages: what they show is what the
model does, what they cannot show they say, and opening one is asked for.
"""

import numpy as np
import pytest
import streamlit as st

from model import Unavailable, load
from model.hub import Offer
from model.hub.library import library
from pages import _downloads, _models
from tests import checkpoints
from tests.session import SHORT, address, control, figures, pictures, visit

VIEWED = "heads", "masks", "decoding", "architecture"
FAMILIES = "gpt2", "llama", "bert", "gpt_oss", "t5", "bloom"


def seen(page, model, **query):
    """A session on a page with an opened model: nothing fails, and there is something to see or to read."""
    at = visit(page, {"model": model, "text": SHORT} | query).run()
    assert not at.exception and not at.error
    sheet = [element.value for element in at.markdown if element.value.startswith("| identity")]
    assert pictures(at) or figures(at) or at.info or at.warning or sheet
    assert not any("fails" in one for one in sheet), sheet
    return at


def views(page):
    return control(visit(page, {}).run(), f"{page}.section").options if page in VIEWED else [None]


@pytest.mark.parametrize("page", ["attention", *VIEWED])
def test_every_view_shows_an_opened_model_or_says_why_not(page, name):
    for view in views(page):
        seen(page, name("gpt2"), **({f"{page}.section": view} if view else {}))


def test_a_name_that_the_menu_cuts_stands_whole_below_it(shelf, name):
    long = "sentence-transformers--all-mpnet-base-v2"
    checkpoints.save("gpt2", shelf / long)
    at = seen("attention", name(long.replace("--", "/")))
    assert [one.value.replace("\\", "") for one in at.sidebar.caption] == [name(long.replace("--", "/"))]
    assert not visit("attention", {}).run().sidebar.caption


@pytest.mark.parametrize("family", FAMILIES[1:])
def test_every_family_is_shown(family, name):
    for page in ("attention", "heads", "masks", "decoding", "architecture"):
        views = {"masks.section": "Paint a mask"} if page == "masks" else {}
        seen(page, name(family), **views)


@pytest.mark.parametrize("family", FAMILIES[:5])
def test_the_picture_is_what_the_model_computed(family, name):
    at = seen("attention", name(family), layer="2", head="3")
    assert control(at, "model").value == name(family)
    attention = load(name(family)).explain(SHORT).layers[1].attention
    expected = np.where(attention.head(2).allowed, attention.weights(2), np.nan)
    np.testing.assert_array_equal(pictures(at)["attention.matrix"][1], expected)
    assert address(at)["model"] == name(family)
    change = seen("attention", name(family), layer="2", head="3", **{"attention.average": "True"})
    rows = pictures(change)["attention.matrix"][1]
    seen_by_all = np.nan_to_num(rows).sum(1)
    assert (seen_by_all < 1.0001).all() and not np.array_equal(rows, expected, equal_nan=True)


@pytest.mark.parametrize("page", ["attention", "bpe", "word_sense", "rope", "positions"])
def test_a_model_of_pictures_says_on_pages_about_text_that_it_reads_none(page, shelf, name):
    if not (shelf / "vit").exists():
        transformers = library()
        sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "patch_size": 8}
        config = transformers.ViTConfig(intermediate_size=48, image_size=32, **sizes)
        transformers.ViTModel(config).save_pretrained(shelf / "vit")
    at = seen(page, name("vit"), **{"positions.section": "By distance"})
    assert any("vit reads pictures, and no text." in one.value for one in (*at.info, *at.warning))


def test_weights_alone_are_shown_as_they_are_with_what_is_missing(name):
    at = seen("heads", name("bloom"))
    (line,) = (element.value for element in at.info)
    assert load(name("bloom")).config.missing[0].replace("`", "") in line.replace("\\", "").replace("`", "")
    _, weights = pictures(at)["models.weights"]
    np.testing.assert_allclose(np.nan_to_num(weights).sum(1), 1, atol=1e-5)


def test_a_layer_without_attention_is_said_and_the_others_are_shown(shelf, name):
    checkpoints.save("lfm2", shelf / "lfm2")
    says = "mix tokens without attention weights"
    for page in ("attention", *VIEWED):
        at = seen(page, name("lfm2"), layer="1", **{"masks.section": "Paint a mask"})
        assert any(says in one.value for one in at.info)
    at = seen("attention", name("lfm2"), layer="2", head="3")
    expected = load(name("lfm2")).explain(SHORT).layers[1].attention.weights(2)
    np.testing.assert_allclose(pictures(at)["models.weights"][1], expected, atol=1e-6)


@pytest.mark.parametrize("what", ["Multiply-adds", "Seconds"])
def test_costs_are_those_of_the_models_sizes_and_the_page_says_so(shelf, name, what):
    checkpoints.save("gptj", shelf / "gptj")  # multi-head, and never past its 64 positions
    link = {"architecture.section": "What it costs", "architecture.cost": what}
    at = seen("architecture", name("gptj"), **link)
    assert any("own transformer in the sizes of this model" in one.value for one in at.caption)
    assert any("Measured on this machine" in one.value for one in at.markdown)


def test_where_a_row_sums_to_less_than_one_the_page_says_where_the_rest_went(name):
    at = seen("attention", name("gpt_oss"))
    row = load(name("gpt_oss")).explain(SHORT).layers[1].attention.weights(3)[-1]
    assert row.sum() < 0.999
    assert any("sink, a score z that is no token’s" in element.value for element in at.markdown)
    assert not any("sink, a score" in one.value for one in seen("attention", name("gpt2")).markdown)


# ---- opening ----


def asked(at, text):
    """The session after somebody has typed a name and pressed Open."""
    at.session_state["models.asked"] = ""
    at.session_state["models.name"] = text
    at.run()
    control(at, "models.name").set_value(text)
    control(at, "models.go").click().run()
    assert not at.exception and not at.error
    return at


def opening(page="attention"):
    at = visit(page, {"text": SHORT}).run()
    at.session_state["models.asked"] = "."
    return at.run()


def test_a_folder_that_is_typed_is_opened_and_chosen_by_its_name(shelf, name):
    at = asked(opening(), str(shelf / "llama"))
    assert control(at, "model").value == name("llama") == address(at)["model"]
    assert control(at, "layer").options == ["1", "2"]


def test_no_folder_of_this_machine_stands_in_the_menu_or_the_link(shelf, name):
    (shelf / "nested").mkdir(exist_ok=True)
    checkpoints.save("gpt2", shelf / "nested" / "deep")
    for linked, called in (("llama", "llama"), ("nested/deep", "nested/deep")):
        at = seen("attention", f"hub:{shelf / linked}")
        assert control(at, "model").value == name(called) == address(at)["model"]
        options = control(at, "model").options
        assert {name(family) for family in FAMILIES} < {*options}
        assert not any(str(shelf.parent) in one for one in options)
        assert control(seen("attention", name(called)), "model").value == name(called)


@pytest.mark.parametrize(
    "wrong", ["/etc", "../..", "~", "a/b/c", "no such\0folder", "<b>x</b>", "[a](javascript:alert(1))", "$x$"]
)
def test_what_cannot_be_opened_gets_a_sentence_and_the_old_model_stays(wrong, name):
    at = asked(opening(), wrong)
    (sentence,) = (element.value for element in at.warning)
    assert sentence and "<b>" not in sentence and "](" not in sentence
    assert control(at, "model").value == "decoder-rope" and pictures(at)
    assert control(at, "models.name").value == wrong


def test_a_linked_model_that_is_not_here_is_asked_for_first(name, monkeypatch):
    monkeypatch.setenv("RIVERBANK_HUB", "on")
    begun, offered = [], []
    answer = Offer("org/name", "c", (), 22_700_000)
    monkeypatch.setattr(_models, "offer", lambda asked: offered.append(asked) or answer)
    monkeypatch.setattr(_downloads, "download", lambda offered, tell: begun.append(offered.name))
    at = visit("attention", {"model": "hub:org/name", "text": SHORT}).run()
    assert control(at, "model").value == "decoder-rope" and pictures(at) and not begun
    assert any("22.7 million parameters" in element.value for element in at.sidebar.markdown)
    control(at, "text").set_value("Another text").run()
    assert offered == ["org/name"]  # the hub is asked once, not at every run
    control(at, "models.download").click().run()
    assert begun == ["org/name"]
    _downloads.RUNNING.clear()


def test_a_download_says_how_far_it_is_and_can_be_cancelled(monkeypatch):
    offered = Offer("org/slow", "c", (), 10)
    waits = _downloads.threading.Event()

    def slow(offered, tell):
        tell(5, 10)
        waits.wait(10)
        tell(6, 10)

    monkeypatch.setattr(_downloads, "download", slow)
    assert _downloads.begin(offered) is None
    running = _downloads.RUNNING["org/slow"]
    running.cancelled.set()
    waits.set()
    running.thread.join(10)
    assert running.ended and "cancelled" in running.wrong and running.come == 5 + 1
    monkeypatch.setattr(
        _downloads, "download", lambda *_: (_ for _ in ()).throw(Unavailable("The hub is away."))
    )
    _downloads.begin(offered)
    _downloads.RUNNING["org/slow"].thread.join(10)
    assert _downloads.wrong("org/slow") == "The hub is away."
    _downloads.RUNNING.clear()


def test_a_download_that_was_cancelled_can_be_begun_again(monkeypatch):
    monkeypatch.setenv("RIVERBANK_HUB", "on")
    begun = []

    def cancelled(offered, tell):
        begun.append(offered.name)
        raise _downloads.Stopped

    monkeypatch.setattr(_models, "offer", lambda asked: Offer(asked, "c", (), 1))
    monkeypatch.setattr(_downloads, "download", cancelled)
    at = visit("attention", {"model": "hub:org/name", "text": SHORT}).run()
    for count in (1, 2):
        control(at, "models.download").click().run()
        _downloads.RUNNING["org/name"].thread.join(10)
        at.run()
        assert len(begun) == count and any("cancelled" in one.value for one in at.warning)
    _downloads.RUNNING.clear()


def test_no_more_downloads_at_a_time_than_the_bound(monkeypatch):
    waits = _downloads.threading.Event()
    monkeypatch.setattr(_downloads, "download", lambda *_: waits.wait(10))
    told = [_downloads.begin(Offer(f"org/{i}", "c", (), 1)) for i in range(_downloads.MOST + 1)]
    assert told[:-1] == [None] * _downloads.MOST and "Try again" in told[-1]
    waits.set()
    for one in _downloads.RUNNING.values():
        one.thread.join(10)
    assert _downloads.begin(Offer("org/next", "c", (), 1)) is None
    _downloads.RUNNING.clear()


@pytest.mark.parametrize(
    ("stated", "listens", "allowed"),
    [(None, "127.0.0.1", True), (None, None, False), (None, "0.0.0.0", False), ("on", None, True)],
)
def test_downloads_are_off_where_others_reach_the_server(stated, listens, allowed, monkeypatch):
    monkeypatch.delenv("RIVERBANK_HUB", raising=False)
    if stated:
        monkeypatch.setenv("RIVERBANK_HUB", stated)
    monkeypatch.setattr(st, "get_option", {"server.address": listens}.get)
    assert _models.downloads_allowed() == allowed
