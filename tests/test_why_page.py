"""The page that takes a score apart: its numbers are those of the model, every control and every click leads
where it says, and what has no parts is said in a sentence.
"""

import re

import numpy as np
import pytest

from model import load
from model.analysis import senses, why
from tests.session import (
    BRIEF,
    address,
    checked,
    click,
    control,
    escaped,
    move,
    numeric,
    opened,
    pictures,
    said,
    unfold,
)

TEXT = "I swam across the river to get to the other bank"
WROTE = {"why.section": "What did it write?"}
NOW = 1_700_000_000_000
REPEATS = "Kq7vTgXwKq7vTgXw"


def reasons(at):
    """The rows of the waterfall: (words, value)."""
    return [("".join(row["words"]), row["value"]) for row in pictures(at)["why.reasons"]["rows"]]


def press(at, key):
    return checked(control(at, key).click().run())


# ---- why did it look there ----


def test_it_opens_on_the_head_of_the_middle_layers_in_which_bank_looks_most_at_river():
    trace = load("decoder-rope").explain(TEXT)
    weights = np.array([[trace.layers[i].attention.weights(h)[10, 4] for h in range(6)] for i in (1, 2)])
    assert np.unravel_index(weights.argmax(), weights.shape) == (1, 3)
    at = opened("why")
    assert (control(at, "layer").value, control(at, "head").value) == (3, 4)
    assert (control(at, "why.query").value, control(at, "why.key").value) == (10, 4)
    assert "weight of **0.39**, the largest of its row" in said(at)


def test_the_bar_is_the_five_strongest_pairs_and_the_rest_and_sums_to_the_score():
    at = opened("why", text=TEXT)
    one = why.ingredients(load("decoder-rope"), load("decoder-rope").explain(TEXT), 2, 3, 10, 4)
    rows = reasons(at)
    assert [value for _, value in rows[:5]] == pytest.approx([one.table[a, b] for a, b in one.strongest(5)])
    assert sum(value for _, value in rows) == pytest.approx(one.score, abs=1e-5)
    assert rows[5][0] == "all other 251 pairs of parts together"
    assert all(words.startswith("because" if value > 0 else "although") for words, value in rows[:5])
    assert pictures(at)["why.reasons"]["total"]["value"] == pytest.approx(one.score, abs=1e-5)
    assert numeric(re.search(r"what the model computed, largest difference ([^.]*)\.", said(at))[1]) < 1e-5


def test_a_head_is_named_with_the_token_that_it_brought_most_from():
    bundle = load("decoder-rope")
    at = opened("why", text=TEXT)
    gains = why.opened(bundle, bundle.explain(TEXT), 2, 3, 10, 4, why.Part(why.HEAD, 1, 2), "query")
    keys = why.ingredients(bundle, bundle.explain(TEXT), 2, 3, 10, 4).keys
    assert gains[:, keys.index(why.Part(why.MLP, 0))].argmax() == 7
    sentence = "bank carries what head 2.3 brought from  to (8), and  river"
    assert any(sentence in words for words, _ in reasons(at))


def test_a_click_on_a_reason_opens_the_table_at_that_pair():
    at = opened("why", text=TEXT)
    assert "why.parts" not in pictures(at)
    click(at, "why.reasons", {"summand": [4, NOW]})
    header, values = pictures(at)["why.parts"]
    one = why.ingredients(load("decoder-rope"), load("decoder-rope").explain(TEXT), 2, 3, 10, 4)
    np.testing.assert_allclose(values[:-1, :-1], one.table, atol=1e-6)
    np.testing.assert_allclose(values[-1, :-1], one.table.sum(0), atol=1e-5)
    assert values[-1, -1] == pytest.approx(one.score, abs=1e-5)
    row, column = header["selected"]
    assert (header["rows"][row], header["columns"][column]) == ("head 2.3", "MLP 1")
    assert address(at)["why.cell"] == "head 2.3|MLP 1" and pictures(at)["why.reasons"]["chosen"] == 4
    header, brought = pictures(at)["why.brought"]  # the head of the pair, opened
    assert header["rows"] == ["head 2.3"] and brought.sum() == pytest.approx(one.table[row, column], abs=1e-5)
    click(at, "why.reasons", {"summand": [5, NOW]})  # the rest is no pair
    assert address(at)["why.cell"] == "head 2.3|MLP 1"


def test_a_click_on_a_head_walks_on_to_its_score_and_back():
    at = opened("why", text=TEXT, **{"why.table": "True"})
    header, _ = pictures(at)["why.parts"]
    row = header["rows"].index("head 2.3")
    click(at, "why.parts", {"cell": [row, len(header["columns"]) - 1, NOW]})
    assert (control(at, "layer").value, control(at, "head").value) == (2, 3)
    assert (control(at, "why.query").value, control(at, "why.key").value) == (10, 7)
    assert address(at)["why.trail"] == "3.4:11>5q"
    lines = re.findall(r"^\d\. \*\*Head (\d\.\d)\*\*", said(at), re.MULTILINE)
    assert lines[:2] == ["3.4", "2.3"] and lines[-1].startswith("1.")
    press(at, "why.back")
    assert "why.trail" not in address(at) and control(at, "layer").value == 3


def test_a_click_on_what_is_no_head_chooses_the_cell():
    at = opened("why", text=TEXT, **{"why.table": "True"})
    header, _ = pictures(at)["why.parts"]
    mlp = header["rows"].index("MLP 2")
    click(at, "why.parts", {"cell": [mlp, 0, NOW]})
    assert address(at)["why.cell"] == "MLP 2|token" and "why.trail" not in address(at)
    click(at, "why.parts", {"cell": [mlp, header["columns"].index("head 1.4"), NOW]})
    assert address(at)["why.trail"] == "3.4:11>5k"


def test_the_path_ends_in_the_first_layer_and_its_shares_are_those_of_the_walk():
    bundle = load("decoder-rope")
    steps = why.walk(bundle, bundle.explain(TEXT), 2, 3, 10, 4)
    at = opened("why", text=TEXT)
    shares = re.findall(r"\*\*(\d+) %\*\* comes through", said(at))
    expected = [100 * step.through / step.ingredients.score for step in steps[:-1]]
    assert list(map(int, shares)) == [round(share) for share in expected]
    while any(button.key == "why.on" for button in at.button):
        press(at, "why.on")
    assert control(at, "layer").value == 1 and "only the embedding to tell of" in said(at)
    assert address(at)["why.trail"].count(",") == len(steps) - 2


def test_the_path_says_how_much_of_its_first_score_it_explains():
    bundle = load("decoder-rope")
    first = why.walk(bundle, bundle.explain(TEXT), 2, 3, 10, 4)[0]
    share = round(100 * first.brought / first.ingredients.score)
    sentence = f"the path explains **{share} %**, by what head 2.3 brought from ` ·to ` (place 8), the other"
    at = opened("why", text=TEXT)
    assert sentence in said(at) and f"the other {100 - share} % come otherwise" in said(at)
    assert sentence in said(press(at, "why.on"))  # still of the score that it starts from
    assert "the path ends where it begins" in said(opened("why", text=TEXT, layer="1"))


def test_a_share_below_zero_is_no_share():
    for text in ("abcdabcd", TEXT):
        for head in range(1, 5):
            words = said(opened("why", model="toy-rope", text=text, layer="2", head=str(head)))
            assert not re.search(r"−[\d.,]+ %", words), (text, head)


def test_a_path_that_does_not_lead_here_is_dropped():
    at = opened("why", text=TEXT, **{"why.trail": "3.4:11>5q", "layer": "2", "head": "3", "why.key": "8"})
    assert address(at)["why.trail"] == "3.4:11>5q"
    move(at, {"why.query": 6})
    assert not any(button.key == "why.back" for button in at.button)
    assert "why.trail" not in address(at)
    for wrong in ("3.4", "9.4:11>5q", "3.4:99>5q", "3.4:1>5q", "0.0:0>0k", "3.4:11>5q,", "x" * 300):
        at = opened("why", text=TEXT, **{"why.trail": wrong})
        assert not any(button.key == "why.back" for button in at.button), wrong


def test_the_lead_leaves_out_what_all_keys_share():
    at = opened("why", text=TEXT, **{"why.lead": "its lead"})
    trace = load("decoder-rope").explain(TEXT)
    row = trace.layers[2].attention.scores(3)[10]
    assert pictures(at)["why.reasons"]["total"]["value"] == pytest.approx(row[4] - row.mean(), abs=1e-4)
    assert not any("brought from" in words for words, _ in reasons(at))  # which is known of the score alone
    unfold(at, "why.table")
    assert pictures(at)["why.parts"][0]["label"].endswith("the lead") and "why.brought" not in pictures(at)


def test_every_control_of_the_first_view_changes_the_picture():
    at = opened("why", text=TEXT)
    seen = [reasons(at)]
    for changes in (
        {"why.query": 8},
        {"why.key": 2},
        {"why.lead": "its lead"},
        {"head": 2},
        {"layer": 4},
        {"model": "decoder-alibi"},
    ):
        move(at, changes)
        seen.append(reasons(at))
        assert seen[-1] != seen[-2], changes
    move(at, {"why.lead": "the score"})
    assert "to which ALiBi adds −" in said(at)


def test_a_click_on_a_token_asks_why_it_was_looked_at():
    at = opened("why", text=TEXT)
    click(at, "why.sentence", {"token": [8, NOW]})
    assert control(at, "why.key").value == 8 and address(at)["why.key"] == "9"


@pytest.mark.parametrize("section", [{}, WROTE])
@pytest.mark.parametrize("name", BRIEF)
def test_hostile_text_ends_in_a_picture_or_a_sentence(section, name):
    for model in ("decoder-rope", "encoder"):
        at = opened("why", text=BRIEF[name], model=model, **section)
        assert not any(map(escaped, said(at).split("\n\n")))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"text": "a"}, "A token that looks at itself"),
        ({"layer": "1"}, "there is only the embedding to tell of"),
        ({"text": "the the the the"}, "(place 4)"),
        ({"why.query": "3", "why.key": "8"}, "may not look at"),
        ({"text": " ".join(["river bank"] * 80)}, "the model was trained on 128"),
        ({"model": "decoder-learned"}, "add up to what the model computed"),
        ({"why.cell": "nothing|nowhere"}, "which does not exist here"),
    ],
)
def test_the_edges_are_said(query, sentence):
    at = opened("why", **({"text": TEXT} | query))
    assert sentence in said(at)


# ---- toys ----


def test_the_induction_head_of_toy_rope_is_told_of():
    at = opened("why", model="toy-rope")
    assert "An induction head, and how it knows" in said(at)
    story = why.induction(load("toy-rope"))
    assert f"**{round(100 * story.share)} %** comes to the key through head 1.1" in said(at)
    press(at, "why.copy")
    assert control(at, "text").value == REPEATS
    words, value = reasons(at)[0]
    assert words == "because w (16) is w (16), and K (9) carries what head 1.1 brought from w (8)"
    assert value > 0.4 * pictures(at)["why.reasons"]["total"]["value"]


@pytest.mark.parametrize("name", ["toy-alibi", "toy-none", "toy-t5"])
def test_of_another_toy_it_is_not_told(name):
    words = said(opened("why", model=name, text=REPEATS))
    assert "The story of induction is not told" in words and "how it knows" not in words


def test_of_what_is_no_toy_nothing_is_said_of_induction():
    assert "induction" not in said(opened("why", text=TEXT))


# ---- what did it write ----


def test_the_parts_of_the_lead_add_up_to_it():
    at = opened("why", text=TEXT, **WROTE)
    trace = load("decoder-rope").explain(TEXT)
    best = np.sort(trace.logits[10])[::-1]
    data = pictures(at)["why.written"]
    assert sum(row["value"] for row in data["rows"]) == pytest.approx(best[0] - best[1], abs=1e-5)
    heads, lost = pictures(at)["why.direct"][1], pictures(at)["why.knocked"][1]
    assert heads.shape == lost.shape == (4, 6)
    assert pictures(at)["why.sources"][1].sum() == pytest.approx(heads.sum(), abs=1e-4)
    assert re.search(r"rank correlation is \*\*[+−]0\.\d\d\*\*", said(at))


def test_every_control_of_the_logits_changes_the_picture():
    at = opened("why", text=TEXT, **WROTE)
    seen = [pictures(at)["why.written"]["rows"]]
    for key, place in (("why.second", 3), ("why.first", 2), ("why.after", 4)):
        move(at, {key: control(at, key).options and options_of(at, key)[place]})
        seen.append(pictures(at)["why.written"]["rows"])
        assert seen[-1] != seen[-2], key
    assert "After" in said(at)


def test_a_logit_by_itself_is_a_sum_as_well():
    at = opened("why", text=TEXT, **WROTE | {"why.second": "-1"})
    logit = load("decoder-rope").explain(TEXT).logits[10].max()
    total = pictures(at)["why.written"]["total"]
    assert total["value"] == pytest.approx(logit, abs=1e-5) and total["words"] == ["its logit"]
    assert "times as likely" not in said(at) and "to what the model computed" in said(at)


def options_of(at, key):
    """What a menu offers, as its values."""
    if key == "why.after":
        return range(11)
    place = control(at, "why.after").value
    best = np.argsort(-load("decoder-rope").explain(TEXT).logits[place], kind="stable")[:10].tolist()
    return best if key == "why.first" else [id for id in best if id != control(at, "why.first").value]


def test_a_click_on_a_head_shows_from_which_tokens_it_brought_its_part():
    at = opened("why", text=TEXT, **WROTE)
    rows = pictures(at)["why.written"]["rows"]
    place = next(i for i, row in enumerate(rows) if row["open"])
    name = re.match(r"head (\d)\.(\d)", rows[place]["words"][0])
    click(at, "why.written", {"summand": [place, NOW]})
    assert (control(at, "layer").value, control(at, "head").value) == (int(name[1]), int(name[2]))
    header, values = pictures(at)["why.source"]
    assert header["rows"] == [name[0]] and values.sum() == pytest.approx(rows[place]["value"], abs=1e-5)
    assert header["high"] == pytest.approx(np.abs(values).max())  # a scale of its own
    click(at, "why.knocked", {"cell": [0, 2, NOW]})
    assert (control(at, "layer").value, control(at, "head").value) == (1, 3)


def test_the_moves_of_an_encoder_add_up_to_the_meter_of_which_bank():
    at = opened("why", text=TEXT, model="encoder", **WROTE)
    shown = opened("word_sense")
    lanes = pictures(shown)["word_sense.meter"]["lanes"]
    total = pictures(at)["why.written"]["total"]["value"]
    assert total == pytest.approx(lanes[3]["values"][0], abs=1e-4)
    move(at, {"why.stage": 5})
    assert pictures(at)["why.written"]["total"]["value"] == pytest.approx(lanes[5]["values"][0], abs=1e-4)
    move(at, {"why.stage": 2})
    assert pictures(at)["why.direct"][1].shape == (2, 6)  # of what has not written yet nothing is drawn
    move(at, {"why.stage": 0})  # the same vector in every sentence
    assert pictures(at)["why.written"]["total"]["value"] == 0 and "why.direct" not in pictures(at)


def test_a_head_of_an_encoder_names_a_token_only_where_that_tells_its_part():
    for line in (TEXT, "I walked across the road to get cash from the other bank", "The bank"):
        at = opened("why", text=line, model="encoder", **WROTE)
        for row in pictures(at)["why.written"]["rows"]:
            words = "".join(row["words"])
            if not words.startswith("head"):
                continue
            click(at, "why.written", {"summand": [pictures(at)["why.written"]["rows"].index(row), NOW]})
            brought = pictures(at)["why.source"][1].sum()
            assert ("brought from" in words) == (brought * row["value"] >= 0), words


def test_which_bank_and_the_sum_lead_to_one_another():
    at = opened("word_sense", **{"word_sense.stage": "layer 2"})
    meter = pictures(at)["word_sense.meter"]["lanes"][2]["values"][0]
    press(at, "word_sense.why")
    assert control(at, "model").value == "encoder" and control(at, "why.stage").value == 2
    assert pictures(at)["why.written"]["total"]["value"] == pytest.approx(meter, abs=1e-4)
    at = press(opened("why", text=TEXT, model="encoder", **WROTE | {"why.stage": "layer 4"}), "why.meter")
    assert pictures(at)["word_sense.meter"]["chosen"] == 4


def test_an_encoder_is_asked_of_the_words_that_have_two_known_senses():
    at = opened("why", text="The bat sat by the bank", model="encoder", **WROTE)
    assert control(at, "why.word").value == 1 and "` bank `" in said(at)
    move(at, {"why.word": 0})
    assert "` bat ` stands at" in said(at)
    at = opened("why", model="encoder", text="no such word", **WROTE)
    (warning,) = at.warning
    assert set(senses.bundled()) <= set(re.findall(r"` (\w+) `", warning.value))
