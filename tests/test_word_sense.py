"""The pages about the senses of a word: their numbers are the model's, every control moves, and bad input
gets a sentence.
"""

import re
from functools import cache

import numpy as np
import pytest

from model import load
from model.analysis import senses
from tests.session import (
    BRIEF,
    address,
    checked,
    click,
    control,
    escaped,
    figures,
    move,
    numeric,
    opened,
    pictures,
    unfold,
)

MODEL = load("encoder")
STAGES = MODEL.config.layers + 2
BEST = MODEL.card["senses"]["usage"]["best_layer"]
RIVER, CASH = (
    "I swam across the river to get to the other bank",
    "I walked across the road to get cash from the other bank",
)
GROUPS = senses.bundled()["bank"]


@pytest.fixture
def at():
    return opened("word_sense")


def group(sentences, word="bank"):
    return senses.vectors(MODEL, [senses.find(sentence, word)[0] for sentence in sentences])


@cache
def axis():
    left, right = (group(sentences).mean(0) for sentences in GROUPS.values())
    return senses.Axis.between(left, right)


def staged(trace):
    """The residual stream (T, C) at the stage that the page shows first."""
    return [trace.embedded, *(layer.resid_out for layer in trace.layers), trace.final][BEST]


def meter(at, key="word_sense.meter"):
    """Values (lanes, marks) of the meter as they were sent to the browser."""
    return np.array([lane["values"] for lane in pictures(at)[key]["lanes"]])


def said(at):
    return " ".join(element.value for element in (*at.markdown, *at.warning, *at.info, *at.caption))


def asked(text, other=CASH, **more):
    return opened("word_sense", text=text, **{"word_sense.other": other} | more)


# ---- the meter ----


def test_the_meter_shows_what_the_model_says(at):
    mine = axis().project(np.concatenate([group([RIVER]), group([CASH])]))
    np.testing.assert_allclose(meter(at), mine.T, atol=1e-4)
    assert pictures(at)["word_sense.meter"]["ends"] == list(GROUPS)
    assert len(meter(at)) == STAGES and not meter(at)[0].any()  # at the embedding every bank is one vector
    assert pictures(at)["word_sense.meter"]["lanes"][0]["note"] == "1.000"


def test_the_running_example_falls_on_its_sides(at):
    river, cash = meter(at)[BEST]
    assert river < 0 < cash
    assert f"{cash:+.2f}" in said(at)


def test_too_close_to_call_is_said_inside_the_margin_and_only_there():
    for text in (RIVER, CASH, "the bank", "a bank in the town", "the loan from the bank"):
        at = asked(text, **{"word_sense.word": "bank"})
        margin = pictures(at)["word_sense.meter"]["lanes"][BEST]["margin"]
        line = next(
            element.value for element in at.markdown if "in the first sentence" in element.value
        ).split("\n")[0]
        assert ("too close to call" in line) == (abs(meter(at)[BEST, 0]) <= margin)


def test_the_groups_may_be_swapped_and_the_meter_changes_its_sign(at):
    before = meter(unfold(at, "word_sense.examples"))
    left, right = ("\n".join(sentences) for sentences in GROUPS.values())
    move(at, {"word_sense.bank.left": right, "word_sense.bank.right": left})
    np.testing.assert_allclose(meter(at), -before, atol=1e-4)


def test_a_click_on_a_lane_chooses_the_stage(at):
    assert pictures(at)["word_sense.meter"]["chosen"] == BEST
    click(at, "word_sense.meter", {"lane": [2, 1]})
    assert pictures(at)["word_sense.meter"]["chosen"] == 2
    assert "layer 2" in said(at)
    assert (
        pictures(opened("word_sense", **{"word_sense.stage": "layer 2"}))["word_sense.meter"]["chosen"] == 2
    )


# ---- the blindfold ----


def test_blinding_the_word_to_another_moves_the_meter_by_the_number_under_it(at):
    chips = pictures(at)["word_sense.words1"]
    place = chips["tokens"].index("river")
    click(at, "word_sense.words1", {"token": [place, 1]})
    trace = MODEL.explain(RIVER)
    ids = {str(word): word.tokens(trace.spans) for word in senses.words(RIVER)}
    allowed = senses.blindfold(MODEL.network.mask(len(trace.ids)), MODEL.config, ids["bank"], ids["river"])
    blind = staged(MODEL.explain(RIVER, allowed))[ids["bank"]].mean(0)
    line = axis()
    expected = float(senses.Axis(line.middle[BEST], line.half[BEST]).project(blind))
    assert meter(at)[BEST, 0] == pytest.approx(expected, abs=1e-3)
    before = pictures(at)["word_sense.meter"]["lanes"][BEST]["before"][0]
    assert f"{expected - before:.2f}".lstrip("-") in chips["notes"][place]
    assert pictures(at)["word_sense.words1"]["struck"] == [place]
    assert "before it lost sight of" in said(at)


def test_a_second_click_and_undo_take_the_blindfold_off(at):
    before = meter(at)
    for side, clicks in ((1, [4]), (2, [7, 4])):
        for place in clicks:
            click(at, f"word_sense.words{side}", {"token": [place, place]})
    assert not np.allclose(meter(at), before)
    control(at, "word_sense.undo").click()
    checked(at.run())
    np.testing.assert_allclose(meter(at), before)
    click(at, "word_sense.words1", {"token": [4, 8]})
    click(at, "word_sense.words1", {"token": [4, 9]})
    np.testing.assert_allclose(meter(at), before)


def test_the_word_cannot_be_struck_out_itself(at):
    before = meter(at)
    click(at, "word_sense.words1", {"token": [len(RIVER.split()) - 1, 1]})
    np.testing.assert_allclose(meter(at), before)


def test_a_link_opens_with_its_blindfolds_and_forgets_words_that_are_not_there():
    at = asked(RIVER, **{"word_sense.hidden1": "river zebra bank", "word_sense.hidden2": "nothing"})
    assert len(pictures(at)["word_sense.words1"]["struck"]) == 1
    assert not pictures(at)["word_sense.words2"]["struck"]


def test_heads_are_ranked_by_what_blinding_them_does(at):
    unfold(at, "word_sense.by_head")
    ranking = pictures(at)["word_sense.heads1"]
    moves = next(series["values"] for series in ranking["series"] if "moves" in series["name"])
    assert np.all(np.diff(np.abs(moves)) <= 1e-9)
    chips = pictures(at)["word_sense.words1"]
    moved = {word: numeric(note) for word, note in zip(chips["tokens"], chips["notes"], strict=True) if note}
    name = max(
        moved, key=lambda word: abs(moved[word]) / RIVER.split().count(word)
    )  # "to" and "the" stand there twice
    assert f"The clue is ` {name} `;" in said(at)
    layer, head = (int(part) - 1 for part in ranking["tokens"][0].split("."))
    word = senses.find(RIVER, "bank")[0]
    keys = senses.find(RIVER, name)[0].tokens(MODEL.explain(RIVER).spans)
    free, blind = (
        senses.vectors(MODEL, [word])[0, BEST],
        senses.blinded(MODEL, word, [(keys, layer, head)])[0, BEST],
    )
    line = senses.Axis(axis().middle[BEST], axis().half[BEST])
    assert moves[0] == pytest.approx(float(line.project(blind) - line.project(free)), abs=1e-3)


def test_the_strip_has_every_head_of_every_layer(at):
    unfold(at, "word_sense.by_head")
    header, values = pictures(at)["word_sense.strip2"]
    trace = MODEL.explain(CASH)
    assert values.shape == (MODEL.config.layers * MODEL.config.heads, len(trace.tokens))
    np.testing.assert_allclose(values[7], trace.layers[1].attention.weights(1)[-1], atol=1e-6)
    assert header["columns"] == list(trace.tokens)


# ---- words and examples ----


@pytest.mark.parametrize("word", sorted(senses.bundled()))
def test_every_bundled_word_has_a_meter(word):
    first, second = (sentences[0] for sentences in senses.bundled()[word].values())
    at = asked(first, second)
    assert control(at, "word_sense.word").value == word
    assert pictures(at)["word_sense.meter"]["ends"] == list(senses.bundled()[word])


def test_a_word_of_ones_own_needs_two_examples_a_side():
    at = asked("the table by the wall", "the table of numbers", **{"word_sense.word": "table"})
    assert "word_sense.neighbours" in pictures(at) and "word_sense.meter" not in pictures(at)
    unfold(at, "word_sense.examples")
    for name, value in {
        "left": "a table and a chair\nlay the table",
        "right": "a table of figures\nthe table has rows",
    }.items():
        control(at, f"word_sense.table.{name}").set_value(value)
        checked(at.run())
    assert len(meter(at)) == STAGES
    move(at, {"word_sense.table.left_name": "furniture"})
    assert pictures(at)["word_sense.meter"]["ends"][0] == "furniture"


def test_examples_without_the_word_are_left_out_and_said_to_be(at):
    unfold(at, "word_sense.examples")
    move(at, {"word_sense.bank.left": "the river bank\nno such thing\nthe grassy bank\n\n"})
    assert "1 of the examples" in said(at)
    assert len(pictures(at)["word_sense.meter"]["lanes"][0]["left"]) == 2
    assert control(at, "word_sense.bank.left").value.endswith("\n\n")


def test_a_word_that_is_twice_in_a_sentence_asks_which():
    at = asked("The bank by the river is no bank for money")
    assert "2 times" in control(at, "word_sense.place1").label
    before = meter(at)
    move(at, {"word_sense.place1": 2})
    assert not np.allclose(meter(at)[:, 0], before[:, 0]) and np.allclose(meter(at)[:, 1], before[:, 1])


def test_the_word_stays_chosen_when_its_row_of_buttons_says_that_none_is(at):
    move(at, {"word_sense.word": "other"})
    move(at, {"word_sense.word": None})
    assert control(at, "word_sense.word").value == "other"


def test_a_word_that_goes_missing_is_named_and_kept(at):
    control(at, "word_sense.word").set_value("other")
    checked(at.run())
    control(at, "text").set_value("I swam to the bank")
    checked(at.run())
    assert "not in the first sentence" in said(at)
    assert control(at, "word_sense.word").value == "other"
    move(at, {"word_sense.word": "bank"})
    assert len(meter(at)) == STAGES


def test_a_word_in_pieces_is_said_to_be_in_pieces():
    word = next(word for word in ("zyzzyva", "qwertyuiop") if len(MODEL.tokenizer.encode(f" {word}")) > 1)
    assert "their mean" in said(asked(f"a {word} here", f"the {word} there"))


def test_bad_text_stays_with_a_sentence_or_the_last_picture():
    """Each in the first box, then in both, then in the second, of one session."""
    at = opened("word_sense")
    good = {key: control(at, key).value for key in ("text", "word_sense.other")}
    for text in BRIEF.values():
        for bad in (["text"], ["text", "word_sense.other"], ["word_sense.other"]):
            for key in good:
                control(at, key).set_value(text if key in bad else good[key])
            checked(at.run())
            assert all(control(at, key).value == text for key in bad)
            again = bad == ["word_sense.other"] and not text.strip()  # the first sentence, once more
            last = "about the last two sentences" in said(at)
            assert at.warning or again or last or len(bad) == 2, (text, bad)
            assert [element.value for element in at.markdown if escaped(element.value)] == []


@pytest.mark.parametrize("text", BRIEF.values(), ids=BRIEF.keys())
def test_bad_text_gets_a_sentence_and_stays_on_the_page_about_averages(text):
    for key in ("text", "word_sense.other"):
        at = opened("averaging")
        control(at, key).set_value(text)
        checked(at.run())
        assert at.warning and control(at, key).value == text


# ---- a word without examples, two words, one sentence ----

POT, STRIKE = "Water the plant in the pot by the window", "The workers at the steel plant went on strike"
VAULT = "She took money from the bank vault and walked along the bank of the Mississippi river"


def near(at, row=-1):
    """The nearest words of both sides in a row."""
    return [
        [word for word, _ in side] for side in pictures(at)["word_sense.neighbours"]["rows"][row]["sides"]
    ]


def test_a_word_without_examples_shows_at_once_what_it_is_near_to():
    at = asked(POT, STRIKE)
    assert control(at, "word_sense.word").value == "plant" and "word_sense.meter" not in pictures(at)
    assert near(at, 0)[0] == near(at, 0)[1]  # before the first layer it is one vector
    first, second = near(at)
    assert {"pot", "glass"} <= set(first) and {"workers", "strike"} <= set(second)
    rows = pictures(at)["word_sense.neighbours"]["rows"]
    assert [row["name"] for row in rows] == ["embedding", "layer 1", "layer 2", "layer 3", "end"]
    assert rows[0]["cosine"] == pytest.approx(1, abs=1e-5) and rows[-1]["cosine"] < 0.3


def test_a_clue_moves_the_cosine_by_what_hiding_it_does():
    at = asked(POT, STRIKE)
    before = pictures(at)["word_sense.neighbours"]["rows"][-1]["cosine"]
    chips = pictures(at)["word_sense.words2"]
    place = chips["tokens"].index("strike")
    told = float(chips["notes"][place].replace("−", "-"))
    click(at, "word_sense.words2", {"token": [place, 1]})
    after = pictures(at)["word_sense.neighbours"]["rows"][-1]["cosine"]
    assert after - before == pytest.approx(told, abs=0.006) and after != before


def test_a_click_on_a_row_chooses_the_stage_and_nonsense_does_not():
    at = asked(POT, STRIKE)
    assert pictures(at)["word_sense.neighbours"]["chosen"] == 4
    for time, (row, expected) in enumerate(((2, 2), (True, 2), (99, 2), (None, 2), (4, 4))):
        click(at, "word_sense.neighbours", {"row": [row, time]})
        assert pictures(at)["word_sense.neighbours"]["chosen"] == expected


def test_one_click_fills_the_boxes_with_wordnets_examples_and_the_meter_comes():
    at = asked(POT, STRIKE)
    names = [control(at, f"word_sense.sense{side}").value for side in (1, 2)]
    control(at, "word_sense.fill").click()
    checked(at.run())
    assert pictures(at)["word_sense.meter"]["ends"] == names
    assert control(at, "word_sense.plant.left").value.count("\n") >= 1


def test_every_word_that_was_asked_for_has_senses_to_choose_from():
    for word in ("plant", "mercury", "date", "light"):
        assert len(senses.wordnet()[word]) >= 2


def test_a_word_that_no_list_knows_asks_for_examples():
    at = asked("a zyzzyva sat here", "the zyzzyva ran there")
    assert "Write two sentences or more" in said(at) and "word_sense.neighbours" in pictures(at)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The river bank was muddy", "all banks are closed"),
        ("the bank's manager", "a bank"),
        ("THE BANK IS SHUT", "the banks’ doors"),
    ],
)
def test_the_word_in_other_forms_is_offered_and_compared(first, second):
    at = asked(first, second)
    assert control(at, "word_sense.word").value == "bank" and len(meter(at)) == STAGES


def test_an_empty_second_box_compares_two_places_of_the_first_sentence():
    for other in ("", VAULT):
        at = asked(VAULT, other)
        assert control(at, "word_sense.word").value == "bank"
        assert [control(at, f"word_sense.place{side}").value for side in (1, 2)] == [1, 2]
        values = meter(at)[BEST]
        assert abs(values[0] - values[1]) > 0.01
        chips = pictures(at)
        assert chips["word_sense.words1"]["selected"] != chips["word_sense.words2"]["selected"]


def test_a_word_twice_in_the_first_sentence_offers_its_two_places():
    at = asked(VAULT, CASH)
    control(at, "word_sense.twice").click()
    checked(at.run())
    assert control(at, "word_sense.other").value == "" and control(at, "word_sense.place2").value == 2


def test_two_different_words_compare():
    at = asked(RIVER, "He locked the money in the vault", **{"word_sense.word": "*"})
    assert "word_sense.fill" not in [getattr(one, "key", None) for one in at.main]
    move(at, {"word_sense.word1": RIVER.split().index("bank"), "word_sense.word2": 3})
    sentences = pictures(at)["word_sense.neighbours"]["sentences"]
    assert [parts[1] for parts in sentences] == ["bank", "money"]
    assert "river" in near(at)[0] and set(near(at)[0]).isdisjoint(near(at)[1])
    assert address(at)["word_sense.word2"] == "4"


def test_sentences_that_share_no_word_compare_their_rarest():
    at = asked("The mercury was there", "a violin is here")
    sentences = pictures(at)["word_sense.neighbours"]["sentences"]
    assert [parts[1] for parts in sentences] == ["mercury", "violin"]


def test_a_small_word_is_never_offered_first():
    for first, second in (("The cat sat", "the dog ran"), ("because it rained", "I left because of you")):
        assert control(asked(first, second), "word_sense.word").value == "*"


def test_the_last_picture_stays_while_another_pair_is_typed(at):
    before = meter(at)
    for text, box in (
        ("T", "text"),
        ("The pl", "text"),
        ("", "text"),
        ("The plant gr", "text"),
        ("", "word_sense.other"),
        ("A", "word_sense.other"),
    ):
        control(at, box).set_value(text)
        checked(at.run())
        assert not at.warning and "about the last two sentences" in said(at)
        assert control(at, "word_sense.word").value == "bank"
        np.testing.assert_allclose(meter(at), before)
    move(at, {"word_sense.other": "A strike at the plant"})
    assert control(at, "word_sense.word").value == "plant" and near(at)


def test_prepared_words_keep_their_meter_and_read_the_table_only_when_it_is_opened(at):
    assert set(pictures(at)) == {"word_sense.meter", "word_sense.words1", "word_sense.words2"}
    assert not figures(at)
    assert near(unfold(at, "word_sense.near")) and address(at)["word_sense.near"] == "True"
    opened_by_link = opened("word_sense", **{"word_sense.plane": "true"})
    assert figures(opened_by_link) and "word_sense.neighbours" not in pictures(opened_by_link)


# ---- averaging ----


def test_the_mixtures_are_those_of_the_model():
    at = opened("averaging")
    lanes = meter(at, "averaging.meter")
    np.testing.assert_allclose(lanes[0], meter(opened("word_sense"))[BEST], atol=1e-4)
    everywhere = range(MODEL.config.layers)
    words = [senses.find(RIVER, "bank")[0], senses.find(CASH, "bank")[0]]
    for row, mixture in ((1, senses.average), (2, senses.alone)):
        made = senses.vectors(MODEL, words, mixture(MODEL.config, everywhere))
        np.testing.assert_allclose(lanes[row], axis().project(made)[:, BEST], atol=1e-4)
    assert lanes[2, 0] == pytest.approx(
        lanes[2, 1], abs=1e-5
    )  # a word that sees only itself is the same everywhere


def test_a_chosen_head_opens_what_it_takes():
    assert pictures(opened("averaging")).keys() == {"averaging.meter"}
    at = opened("averaging", **{"averaging.head": "2"})
    assert "averaging.weights1" in pictures(at) and "$$" not in said(at)


def test_every_control_of_averaging_moves():
    at = opened("averaging", **{"averaging.slot": "True"})
    before = meter(at, "averaging.meter")
    for where in control(at, "averaging.where").options[1:]:
        move(at, {"averaging.where": where})
        np.testing.assert_allclose(meter(at, "averaging.meter")[0], before[0])
        assert not np.allclose(meter(at, "averaging.meter")[1], before[1])
    move(at, {"averaging.layer": 3, "averaging.head": 2})
    _, rows = pictures(at)["averaging.weights1"]
    np.testing.assert_allclose(rows.sum(1), 1, atol=1e-5)
    trace = MODEL.explain(RIVER)
    np.testing.assert_allclose(rows[0], trace.layers[2].attention.weights(1)[-1], atol=1e-6)
    move(at, {"word_sense.word": "other"})
    assert "two examples or more" in said(at)


def test_a_word_that_is_struck_out_moves_nothing_on_the_page():
    """What comes and goes would have the browser make anew what stands below it, without its focus."""

    def places(at):
        return [getattr(one, "type", None) for one in at.main.children.values()]

    before = opened("word_sense", text=POT, **{"word_sense.other": STRIKE})
    after = click(before, "word_sense.words1", {"token": [0, 1_000]})
    assert address(after)["word_sense.hidden1"] == "water"
    assert places(after) == places(opened("word_sense", text=POT, **{"word_sense.other": STRIKE}))


# ---- what stands in for what ----


def notes(at, side=1):
    """The words of a sentence and the number under each; the word itself has none."""
    chips = pictures(at)[f"word_sense.words{side}"]
    return [
        (token, numeric(note) if note else None)
        for token, note in zip(chips["tokens"], chips["notes"], strict=True)
    ]


def strike(at, *places, side=1):
    for place in places:
        click(at, f"word_sense.words{side}", {"token": [place, place]})
    return at


def test_the_numbers_are_those_of_a_click_now_and_each_place_of_a_word_has_its_own(at):
    swam, river, first_to, second_to = 1, 4, 5, 7
    before = notes(at)
    assert before[first_to][1] != before[second_to][1]
    strike(at, swam)
    after = notes(at)
    assert after[river][1] > before[river][1] + 0.3  # what swam said as well, river alone says now
    assert after[swam][1] == pytest.approx(-before[swam][1], abs=0.011)  # it comes back
    value = meter(at)[BEST, 0]
    strike(at, river)
    assert meter(at)[BEST, 0] - value == pytest.approx(after[river][1], abs=0.006)
    strike(at, second_to)
    assert pictures(at)["word_sense.words1"]["struck"] == [swam, river, second_to]
    assert address(at)["word_sense.hidden1"] == "swam river to.2"


def test_a_link_with_a_word_hides_all_its_places_and_with_its_number_one():
    assert pictures(asked(RIVER, **{"word_sense.hidden1": "To"}))["word_sense.words1"]["struck"] == [5, 7]
    assert pictures(asked(RIVER, **{"word_sense.hidden1": "to"}))["word_sense.words1"]["struck"] == [5, 7]
    assert pictures(asked(RIVER, **{"word_sense.hidden1": "to.2"}))["word_sense.words1"]["struck"] == [7]


def test_two_clues_that_back_each_other_up_are_named_and_hidden_together(at):
    alone = dict(notes(at))
    assert "back each other up" not in said(at)
    unfold(at, "word_sense.backing")
    assert "` swam ` and ` river ` **back each other up**" in said(at)
    before = meter(at)[BEST, 0]
    control(at, "word_sense.both1").click()
    checked(at.run())
    moved = meter(at)[BEST, 0] - before
    assert moved > alone["swam"] + alone["river"] + 0.25
    assert "no two move the meter by 0.25 more together" in said(at)


def test_where_other_words_have_read_the_clues_before_they_can_be_hidden_from_all():
    at = strike(opened("word_sense", **{"word_sense.stage": "end"}), 1, 4)
    still = meter(at)[-1, 0]
    assert still < -1 and "other words have read them before" in said(at)
    told = numeric(re.search(r"it would be at (\S+)\.", said(at))[1])
    control(at, "word_sense.hide_from_all1").click()
    checked(at.run())
    assert meter(at)[-1, 0] == pytest.approx(told, abs=0.006) and told > still + 1
    assert "have read them before" not in said(at)
    assert address(at)["word_sense.everybody"] == "True"
    control(at, "word_sense.undo").click()
    checked(at.run())
    assert not {"word_sense.everybody", "word_sense.hidden1"} & set(address(at))


# ---- neither, and too few to say ----


@pytest.mark.parametrize(
    ("word", "foreign", "own"),
    [
        ("match", "These socks do not match", "He struck a match to light the fire"),
        ("spring", "We bathed in a hot spring", "The flowers open in spring"),
        ("bank", "The blood bank needs donors", "The canoe drifted to the bank"),
    ],
)
def test_a_third_sense_is_like_neither(word, foreign, own):
    at = asked(foreign, own, **{"word_sense.word": word})
    first, second = next(one.value for one in at.markdown if "sentence: **" in one.value).split("\n")
    assert "like neither" in first and "on the side of" in second
    neither = pictures(at)["word_sense.meter"]["lanes"][BEST]["neither"]
    assert neither == [True, False]


def test_with_fewer_than_five_examples_a_side_nothing_is_called_and_the_number_missing_is_said(at):
    unfold(at, "word_sense.examples")
    few = "the river bank\nthe grassy bank\n"
    move(at, {"word_sense.bank.left": few})
    assert "too few examples to call it" in said(at) and "on the side of" not in said(at)
    assert "Write 3 more lines for ` river `" in said(at) and "– of them" in said(at)
    assert pictures(at)["word_sense.meter"]["lanes"][BEST]["margin"] is None
    move(at, {"word_sense.bank.left": few + "\n".join(list(GROUPS["river"])[:3])})
    assert "too few examples" not in said(at) and "more line" not in said(at)


@pytest.mark.parametrize(
    ("text", "owes"), [("I swam across the river to get to the other bank", True), ("bank", False)]
)
def test_averaging_says_that_choosing_helps_only_where_it_does(text, owes):
    at = opened("averaging", text=text)
    attention, average, _ = np.ptp(meter(at, "averaging.meter"), axis=1)
    assert (attention > average) == owes == ("owes to choosing" in said(at))
