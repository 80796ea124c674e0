"""The page about pictures, without a browser: every view and every control; what it shows is what the models
compute.
"""

import io
import json
import re
import struct

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from model import vision
from model.analysis import vision as seen
from model.hub.library import library
from model.vision import NAMES, assembled, digits, load, patches, reading, window
from pages import _guard
from pages._numbers import number, percent
from pages.vision import foreign, measured
from tests.session import address, checked, click, control, move, opened, said
from viz import vision as figures
from viz.component.drawing import packed, unpacked

IMAGES, LABELS = digits.test()
SAMPLE = IMAGES[digits.SHOWN[0]]
EMPTY = "A" * 523
LOOK, ROW, MOVED, LITTLE, LEARNED, NEAR, ANY = (
    "Look",
    "In a row",
    "Moved",
    "Little data",
    "What it learned",
    "Near-sighted",
    "Any picture",
)
SEVEN = np.zeros((28, 28), np.uint8)
SEVEN[5:7, 6:20] = 255
SEVEN[7:23, 15:17] = 204


@pytest.fixture(autouse=True)
def nothing_is_measured(monkeypatch):
    """Of the thousand digits; each accuracy is made up from what is asked for, the first one 0.01."""
    asked = []

    def all_of(jobs):
        jobs = list(dict.fromkeys(jobs))
        asked.extend(job for job in jobs if job not in asked)
        return {job: (asked.index(job) + 1) / 100 for job in jobs}

    monkeypatch.setattr(measured, "all_of", all_of)
    return asked


def view(name=LOOK, **query):
    return opened("vision", **{"vision.section": name} | {f"vision.{key}": one for key, one in query.items()})


def mosaics(at):
    """{key: (header, numbers (N, R, C))} of the pictures in patches."""
    found = {}
    for element in at.get("bidi_component"):
        proto = element.proto
        key = proto.id.rpartition("-")[2]
        if proto.WhichOneof("data") == "bytes":
            (length,) = struct.unpack("<I", proto.bytes[:4])
            header = json.loads(proto.bytes[4 : 4 + length])
            numbers = np.frombuffer(proto.bytes[4 + length :], "<f4")
            shape = -1, header["tall"], len(header["columns"])
            found[key.removeprefix("vision.")] = header, numbers.reshape(shape)
    return found


def sent(at, key):
    """What was sent to a component of that key as JSON."""
    (element,) = (one for one in at.get("bidi_component") if one.proto.id.endswith(f"-vision.{key}"))
    return json.loads(element.proto.json)


def believed(at, key="answers"):
    """{name: the ten probabilities} as they were sent."""
    return {one["name"]: np.array(one["values"]) for one in sent(at, key)["series"]}


def beliefs(levels, *names):
    return {name: load(name).explain(digits.bright(levels)).probabilities for name in names}


def same(found, expected):
    assert list(found) == list(expected)
    for name, belief in expected.items():
        np.testing.assert_allclose(found[name], belief, atol=1e-6)


def draw(at, levels, time=1):
    return click(at, "vision.canvas", {"drawing": [packed(levels), time]})


# ---- look ----


def test_the_page_opens_with_a_sample_both_answers_and_the_attention_of_a_patch():
    at = view()
    same(believed(at), beliefs(SAMPLE, "vit", "cnn"))
    trace = load("vit").explain(digits.bright(SAMPLE))
    layer, head = control(at, "vision.layer").value - 1, control(at, "vision.head").value - 1
    header, numbers = mosaics(at)["looks"]
    weights = trace.layers[layer].attention.weights(head)[trace.token(3, 3)]
    np.testing.assert_allclose(numbers[0], trace.over(weights), atol=1e-6)
    np.testing.assert_allclose(numbers[1], seen.rollout(trace, trace.token(3, 3))[-1], atol=1e-6)
    np.testing.assert_allclose(numbers[2], seen.rollout(trace)[-1], atol=1e-6)
    reach = seen.by_patch(seen.gradient_reach(load("cnn"), digits.bright(SAMPLE), seen.Place(5, 3, 3)), 4)
    np.testing.assert_allclose(numbers[3], reach / reach.sum(), atol=1e-5)
    assert header["selected"] == [3, 3] and header["boxes"][:3] == [None] * 3
    np.testing.assert_allclose(header["highs"], numbers.max((1, 2)), rtol=1e-6)
    assert header["notes"][0] == f"up to {number(trace.over(weights).max())}"
    text = said(at)
    assert f"**{number(weights[1:].max(), 2)}** (at itself {number(weights[trace.token(3, 3)], 2)}" in text
    near = percent(reach[2:5, 2:5].sum() / reach.sum())
    assert f"by gradient, **{near}**" in text and "29 × 29 pixels, the dashed square" in text
    assert f"its label is {LABELS[digits.SHOWN[0]]}." in text
    assert address(at) == {}


def test_all_heads_are_drawn_and_one_that_is_clicked_is_chosen():
    at = view()
    trace = load("vit").explain(digits.bright(SAMPLE))
    header, numbers = mosaics(at)["heads"]
    H = trace.config.heads
    for i, title in enumerate(header["titles"]):
        assert title == f"{i // H + 1}.{i % H + 1}"
        weights = trace.layers[i // H].attention.weights(i % H)[trace.token(3, 3)]
        np.testing.assert_allclose(numbers[i], trace.over(weights), atol=1e-6)
    click(at, "vision.heads", {"panel": ["4.3", 1]})
    assert (control(at, "vision.layer").value, control(at, "vision.head").value) == (4, 3)
    assert mosaics(at)["looks"][0]["titles"][0] == "vit, layer 4, head 3"
    assert address(at) == {"vision.layer": "4", "vision.head": "3"}


def test_a_patch_is_clicked_and_the_class_token_asks():
    at = click(view(), "vision.looks", {"patch": [0, 6, 1]})
    assert address(at) == {"vision.patch": "7"}
    assert "The patch in row 1, column 7 looks most at" in said(at)
    move(at, {"vision.asks": "asks: the class token"})
    header, numbers = mosaics(at)["looks"]
    assert len(header["titles"]) == 3
    trace = load("vit").explain(digits.bright(SAMPLE))
    np.testing.assert_allclose(numbers[1], seen.rollout(trace)[-1], atol=1e-6)
    assert "The class token, from which the answer is read, looks most at" in said(at)
    for name in ("vit-rope", "vit-none"):
        move(at, {"vision.transformer": name})
        same(believed(at), beliefs(SAMPLE, name, "cnn"))


@pytest.mark.parametrize("place", [(0, 0), (3, 3), (6, 2)])
def test_the_convolutions_field_is_the_formulas_in_every_layer(place):
    at = view(patch=str(7 * place[0] + place[1] + 1))
    header, numbers = mosaics(at)["field"]
    config = load("cnn").config
    for layer, (box, note, shown) in enumerate(zip(header["boxes"], header["notes"], numbers, strict=True)):
        inside = seen.field(config, layer, place)
        row, column, rows, columns = box
        assert inside[row : row + rows, column : column + columns].all() and inside.sum() == rows * columns
        assert not shown[~inside].any() and shown.max() == 1
        size = seen.field_size(config, layer)
        assert note == f"{size} × {size} pixels"
    assert "formula and gradient agree" in said(at)


def test_what_the_answers_hang_on_is_on_one_scale():
    at = view(influences="True")
    header, numbers = mosaics(at)["influence"]
    np.testing.assert_allclose(numbers.sum((1, 2)), 1, rtol=1e-4)
    for i, name in ((0, "vit"), (2, "cnn")):
        guess = load(name).explain(digits.bright(SAMPLE)).guess
        support = seen.support(load(name), digits.bright(SAMPLE), guess)
        np.testing.assert_allclose(numbers[i], np.abs(support) / np.abs(support).sum(), atol=1e-5)
        row, column = np.unravel_index(np.abs(support).argmax(), support.shape)
        assert f"Hide row {row + 1}, column {column + 1}, and {name}’s logit of its {guess} falls" in said(at)
        assert header["notes"][i] == f"of its {guess}"


# ---- which picture ----


def test_a_drawing_is_read_is_in_the_address_and_comes_out_of_it_as_it_was():
    at = draw(view(), SEVEN)
    same(believed(at), beliefs(SEVEN, "vit", "cnn"))
    assert address(at) == {"vision.drawing": packed(SEVEN)}
    again = opened("vision", **address(at))
    np.testing.assert_array_equal(unpacked(packed(SEVEN)), SEVEN)
    same(believed(again), beliefs(SEVEN, "vit", "cnn"))
    assert address(again) == address(at)


def test_an_empty_drawing_says_so_and_a_sample_comes_back():
    at = draw(view(), np.zeros((28, 28)))
    assert any("There is nothing to see yet" in one.value for one in at.info)
    assert {key for key in mosaics(at)} == set()
    for name in (ROW, MOVED, NEAR):
        move(at, {"vision.section": name})
        assert any("There is nothing to see yet" in one.value for one in at.info), name
    move(at, {"vision.section": LOOK})
    control(at, "vision.back").click()
    checked(at.run())
    same(believed(at), beliefs(SAMPLE, "vit", "cnn"))
    draw(at, SEVEN, time=2)
    move(at, {"vision.sample": 4})
    same(believed(at), beliefs(IMAGES[digits.SHOWN[4]], "vit", "cnn"))
    assert address(at) == {"vision.sample": "5"}


def test_the_samples_say_which_models_read_them_wrongly():
    at = view()
    for i, option in enumerate(control(at, "vision.sample").options):
        place = digits.SHOWN[i]
        guesses = {name: load(name).explain(digits.bright(IMAGES[place])).guess for name in ("vit", "cnn")}
        wrong = "".join(f" ({name}: {one})" for name, one in guesses.items() if one != LABELS[place])
        assert option == f"Sample {i + 1}: {LABELS[place]}{wrong}"


@pytest.mark.parametrize(
    "query",
    [
        {"drawing": "x"},
        {"drawing": EMPTY + "A"},
        {"drawing": "<b>$x$"},
        {"sample": "99"},
        {"patch": "0"},
        {"layer": "9", "head": "-1"},
        {"upload": "AAAA", "photo": "AAAA", "spot": "7000", "cut": "17"},
        {"transformer": "cnn"},
        {"radius": "7", "right": "99", "down": "x"},
    ],
)
@pytest.mark.parametrize("name", [LOOK, ROW, MOVED, NEAR, ANY])
def test_a_broken_link_opens_on_something_sensible(name, query):
    assert mosaics(view(name, **query))


@pytest.mark.parametrize("wrong", ["zzz", "A", EMPTY + "A"])
def test_a_drawing_that_is_none_is_said_and_leaves_the_address(wrong):
    at = view(drawing=wrong)
    assert any("vision.drawing=" in one.value for one in at.info)
    assert address(at) == {} and not sent(at, "canvas")["own"]
    assert sent(draw(at, SEVEN), "canvas")["own"]


# ---- uploads ----


def file_of(levels, kind="PNG"):
    """A scan of these pixels: large, dark on light."""
    paper = Image.new("RGB", (500, 420), "white")
    paper.paste(Image.fromarray(255 - levels).resize((336, 336)), (90, 40))
    data = io.BytesIO()
    paper.save(data, kind)
    return data.getvalue()


def upload(at, data, name="x.png"):
    at.file_uploader[0].set_value((name, data, "image/png"))
    return checked(at.run())


def test_a_photograph_of_a_digit_is_read_and_no_link_holds_it(monkeypatch):
    dropped = []
    monkeypatch.setattr("pages.vision.upload.let_go", dropped.append)
    at = upload(view(photograph="True"), file_of(SEVEN))
    ready = reading.digit(reading.opened(file_of(SEVEN)))
    same(believed(at), beliefs(ready, "vit", "cnn"))
    assert set(address(at)) == {"vision.photograph"} and len(dropped) == 1
    assert "who opens yours sees the sample" in said(at)
    draw(at, SEVEN)
    same(believed(at), beliefs(SEVEN, "vit", "cnn"))
    control(at, "vision.back").click()
    checked(at.run())
    same(believed(at), beliefs(SAMPLE, "vit", "cnn"))


@pytest.mark.parametrize(
    ("data", "sentence", "beside"),
    [
        (b"text", "no PNG, JPEG or WebP", {}),
        (file_of(np.zeros((28, 28), np.uint8)), "no digit stands out", {"drawing": packed(SEVEN)}),
    ],
    ids=["text beside a sample", "white paper beside a drawing"],
)
def test_a_file_that_is_none_gets_a_sentence_and_takes_nothing_away(data, sentence, beside):
    at = view(photograph="True", **beside)
    before = believed(at)
    at = upload(at, data)
    assert sentence in at.error[0].value
    same(believed(at), before)
    at = upload(at, file_of(SEVEN))
    assert not at.error


def test_only_the_sessions_that_have_an_uploader_may_upload():
    _guard.UPLOADS.clear()
    view()
    assert not _guard.UPLOADS
    view(ANY)
    assert len(_guard.UPLOADS) == 1
    _guard.UPLOADS.clear()


# ---- in a row ----


def test_the_patches_stand_in_a_row_and_the_models_read_them_shuffled(nothing_is_measured):
    at = view(ROW)
    header, numbers = mosaics(at)["row"]
    assert header["titles"] == [str(i) for i in range(1, 50)]
    np.testing.assert_allclose(numbers.reshape(49, 16), patches(digits.bright(SAMPLE)), atol=1e-6)
    assert [job[1:] for job in nothing_is_measured] == [(name, 0, 0) for name in NAMES]
    move(at, {"vision.shuffle": True})
    move(at, {"vision.order": 5})
    header, numbers = mosaics(at)["row"]
    order = np.array([int(title) - 1 for title in header["titles"]])
    assert sorted(order) == list(range(49)) and list(order) != list(range(49))
    np.testing.assert_allclose(numbers.reshape(49, 16), patches(digits.bright(SAMPLE))[order], atol=1e-6)
    whole = mosaics(at)["whole"][1][0]
    np.testing.assert_allclose(whole, assembled(patches(digits.bright(SAMPLE))[order]), atol=1e-6)
    assert (measured.shuffled, "cnn", 5) in nothing_is_measured
    (table,) = (one.value for one in at.markdown if one.value.startswith("| model"))
    for name, line in zip(NAMES, table.splitlines()[2:], strict=True):
        trace = load(name).explain(digits.bright(SAMPLE))
        after = load(name).explain(whole.clip(0, 1))
        told = [f"{one.guess} ({percent(one.probabilities.max())})" for one in (trace, after)]
        told = [one.replace(" ", "\u00a0") for one in told]
        assert line.startswith(f"| {name} | {told[0]} | {told[1]} |")
    click(at, "vision.row", {"panel": ["9", 1]})
    assert address(at)["vision.patch"] == "9"


def test_without_positions_a_shuffle_moves_nothing():
    text = said(view(ROW, shuffle="True"))
    (moved,) = re.findall(r"vit-none by at most (\S+ × 10⁻[⁷⁸]|no[^,]*|0)", text)
    assert moved


# ---- moved, little data, learned, near-sighted ----


def test_a_digit_is_moved_and_read_where_it_lies(nothing_is_measured):
    at = move(view(MOVED), {"vision.right": -3})
    move(at, {"vision.down": 2})
    by_hand = np.zeros((28, 28), np.uint8)
    by_hand[2:, :-3] = SAMPLE[:-2, 3:]
    np.testing.assert_allclose(mosaics(at)["moved"][1][0], digits.bright(by_hand), atol=1e-6)
    same(believed(at, "moved_answers"), beliefs(by_hand, "vit", "cnn"))
    assert (measured.moved, "vit", 2, -3) in nothing_is_measured
    assert "vit goes from 1.0 % to" in said(at)


def test_the_accuracies_are_those_of_the_test_digits():
    images = np.zeros(IMAGES.shape, np.float32)
    images[:, 3:, 2:] = digits.bright(IMAGES)[:, :-3, :-2]
    share = (load("cnn").predict(images).argmax(-1) == LABELS).mean()
    assert measured.moved.inner("cnn", 3, 2) == pytest.approx(share)
    assert measured.moved.inner("cnn", 0, 0) == pytest.approx(load("cnn").card["test_accuracy"])


def test_the_curve_is_measured_again_where_somebody_asks(nothing_is_measured):
    at = view(MOVED, again="True")
    assert (measured.shifted, "vit-none", 6) in nothing_is_measured
    assert "The largest difference from what the cards say is" in said(at)


def test_the_figures_draw_the_numbers_they_are_given():
    curves = {"vit": [0.9, 0.7, 0.3], "cnn": [0.95, 0.9, 0.8]}
    figure = figures.shifts(curves, now=2)
    assert [line.name for line in figure.data] == ["vit", "cnn"]
    np.testing.assert_allclose([line.y for line in figure.data], list(curves.values()))
    assert [shape.x0 for shape in figure.layout.shapes] == [2]
    assert not figures.shifts(curves, now=None).layout.shapes
    rows = np.array([[0.5, 0.7], [0.8, 0.9]])
    mean, dots = figures.learning([50, 900], {"vit": rows}).data
    np.testing.assert_allclose(mean.y, [0.6, 0.85])
    np.testing.assert_allclose(dots.y, [0.5, 0.7, 0.8, 0.9])
    assert list(dots.x) == [50, 50, 900, 900]


def test_the_learning_curves_are_the_recorded_ones():
    at, curves = view(LITTLE, numbers="True"), seen.curves()
    for name, rows in curves.accuracy.items():
        assert f"| {curves.sizes[0]:,} |" in said(at)
        mean, low, high = (percent(one, 1) for one in (rows[0].mean(), rows[0].min(), rows[0].max()))
        assert f"{mean} ({low} to {high})" in said(at), name


def test_places_that_are_alike_and_first_filters_are_those_of_the_models():
    at = click(view(LEARNED), "vision.likeness", {"patch": [1, 2, 1]})
    header, numbers = mosaics(at)["likeness"]
    for name, shown in zip(("vit", "vit-rope"), numbers, strict=True):
        every = seen.position_likeness(load(name))
        np.testing.assert_allclose(shown.ravel(), every[9], atol=1e-6)
        rows, columns = np.divmod(np.arange(49), 7)
        beside = [
            every[i, j]
            for i in range(49)
            for j in range(49)
            if abs(rows[i] - rows[j]) + abs(columns[i] - columns[j]) == 1
        ]
        assert f"side by side are alike by **{number(np.mean(beside), 2)}**" in said(at)
    assert header["selected"] == [1, 2] and (header["low"], header["high"]) == (-1, 1)
    for name in ("cnn", "vit"):
        np.testing.assert_allclose(mosaics(at)[f"kernels_{name}"][1], seen.filters(load(name)), atol=1e-6)


@pytest.mark.parametrize("radius", [0, 1, 6])
def test_a_window_makes_attention_near_sighted(radius, nothing_is_measured):
    at = move(view(NEAR, patch="10"), {"vision.radius": radius})
    config, place = load("vit").config, (1, 2)
    header, numbers = mosaics(at)["near_vit"]
    for layer, (box, shown) in enumerate(zip(header["boxes"], numbers, strict=True)):
        inside = seen.attended_field(config, window(radius), layer, place)
        row, column, rows, columns = box
        assert inside[row : row + rows, column : column + columns].all() and inside.sum() == rows * columns
        assert not shown[~inside].any()
    trace = load("vit").explain(digits.bright(SAMPLE), allowed=window(radius))
    assert f"reads **{trace.guess}** ({percent(trace.probabilities.max())})" in said(at)
    assert f"on **{int(inside.sum())} of 784 pixels** in vit" in said(at)
    assert (measured.windowed, "vit", radius) in nothing_is_measured


def test_the_pages_about_reach_lead_to_each_other():
    links = [one.proto.page for one in view(NEAR).get("page_link")]
    assert any("receptive_field" in link for link in links), links
    at = checked(control(opened("receptive_field"), "receptive_field.vision").click().run())
    assert control(at, "vision.section").value == NEAR and "near_vit" in mosaics(at)


# ---- any picture ----


def test_any_photograph_is_cut_into_patches():
    at = view(ANY)
    assert mosaics(at)["squares"][0]["patches"] == [14, 14]
    wide = np.zeros((90, 160, 3), np.uint8)
    wide[:, 60:100] = 230
    data = io.BytesIO()
    Image.fromarray(wide).save(data, "PNG")
    at = upload(at, data.getvalue())
    header, numbers = mosaics(at)["squares"]
    assert numbers.shape == (6, 14, 14) and header["photo"]
    np.testing.assert_allclose(numbers.max((1, 2)), 1, rtol=1e-4)
    click(at, "vision.squares", {"patch": [2, 13, 1]})
    assert address(at)["vision.spot"] == str(2 * 14 + 13 + 1)
    move(at, {"vision.cut": 56})
    assert mosaics(at)["squares"][0]["patches"] == [4, 4] and "**16 words**" in said(at)
    assert "vision.spot" not in address(at) and "random" in said(at)
    control(at, "vision.digit").click()
    checked(at.run())
    assert not any(one.key == "vision.digit" for one in at.button)


# ---- a vision transformer of somebody else ----


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small random ViT that names five classes, where opened models may lie."""
    place = tmp_path_factory.mktemp("models")
    sizes = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 48}
    names = {i: name for i, name in enumerate(("a cat", "a <b>dog</b>", "$x$", "a boat", "a bank"))}
    torch.manual_seed(1)
    config = library().ViTConfig(image_size=32, patch_size=8, id2label=names, **sizes)
    library().ViTForImageClassification(config).save_pretrained(place / "tiny-vit")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RIVERBANK_MODELS", str(place))
        foreign.here.clear()
        yield place / "tiny-vit"
    foreign.here.clear()


def test_an_opened_vision_transformer_looks_at_the_photograph_and_names_it(folder):
    name = vision.opened(folder, download=False).name
    at = view(ANY, model=name)
    model = vision.opened(folder, download=False)
    paper = reading.square(1 - np.repeat(digits.bright(SAMPLE)[..., None], 3, axis=-1), 224)
    trace = model.explain(paper)
    header, numbers = mosaics(at)["attended"]
    assert header["patches"] == [4, 4] and header["titles"] == ["layer 3, head 1"]
    every = trace.layers[2].attention
    np.testing.assert_allclose(numbers[0], trace.over(every.weights(0)[trace.token(2, 2)]), atol=1e-6)
    click(at, "vision.every", {"panel": ["4", 1]})
    click(at, "vision.attended", {"patch": [0, 3, 2]})
    move(at, {"vision.depth": 1})
    move(at, {"vision.who": "asks: the class token"})
    expected = trace.over(trace.layers[0].attention.weights(3)[0])
    np.testing.assert_allclose(mosaics(at)["attended"][1][0], expected, atol=1e-6)
    (most,) = set(re.findall(r"The class token looks most at (row .*?), \*\*", said(at)))
    row, column = np.unravel_index(expected.argmax(), expected.shape)
    assert most == f"row {row + 1}, column {column + 1}"
    shown = sent(at, "classes")
    order = np.argsort(-trace.probabilities)
    assert shown["tokens"] == [trace.labels[i] for i in order]
    np.testing.assert_allclose(shown["series"][0]["values"], trace.probabilities[order], atol=1e-6)
    assert address(at) == {
        "vision.section": ANY,
        "vision.model": name,
        "vision.depth": "1",
        "vision.eye": "4",
        "vision.seen": "4",
        "vision.who": "asks: the class token",
    }


def test_one_is_opened_by_its_folder_and_what_is_none_gets_a_sentence(folder):
    at = view(ANY, foreign="True")
    for wrong in ("no/such-model", str(folder.parent / "none"), "<b>$x$"):
        move(at, {"vision.open": wrong})
        assert at.error and control(at, "vision.model").value == foreign.RANDOM
    move(at, {"vision.open": str(folder)})
    assert not at.error and control(at, "vision.model").value.endswith("tiny-vit")
    assert "attended" in mosaics(at)
    assert any("random" in one for one in control(at, "vision.model").options)


def test_a_link_to_a_model_that_is_not_here_shows_the_random_one():
    at = view(ANY, model="google/vit-base-patch16-224")
    assert "squares" in mosaics(at)


def test_two_sessions_do_not_see_each_others_pictures():
    one, other = draw(view(), SEVEN), view()
    same(believed(other), beliefs(SAMPLE, "vit", "cnn"))
    assert isinstance(other, AppTest)
    same(believed(one), beliefs(SEVEN, "vit", "cnn"))
