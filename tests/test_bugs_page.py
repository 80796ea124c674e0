"""The page about bugs, without a browser: every bug, every measurement, and a game that keeps its secret."""

import re

import numpy as np
import pytest

from model import load, masks
from model.analysis.diagnosis import MEASUREMENTS, TELLS, read
from model.network.attention import attend
from model.network.bugs import BUGS, Patch, offered
from pages import _shell
from pages._numbers import number, percent
from pages.bugs import guess, pictures
from pages.bugs.run import Run, bugs
from tests.session import (
    BRIEF,
    address,
    control,
    escaped,
    move,
    opened,
    said,
    unfold,
    visit,
)
from tests.session import pictures as drawn

TEXT = "I swam across the river to get to the other bank"
LONG = "the river bank and the money bank were " * 25  # 201 tokens
ROPE = "decoder-rope"
GUESS = {"bugs.section": "Guess the bug"}
MODELS = (
    "decoder-rope",
    "decoder-alibi",
    "decoder-t5",
    "decoder-learned",
    "decoder-none",
    "decoder-unmasked",
)


# Every bug in one model that can have it, a different one from bug to bug: that a bug is what it says in
# every model is asked of the models.
HAVING = {one.name: [name for name in MODELS if one.name in bugs(name)] for one in BUGS}
SHOWN = [(names[place % len(names)], bug) for place, (bug, names) in enumerate(HAVING.items())]


def page(text=TEXT, model=ROPE, **query):
    return opened("bugs", text=text, model=model, **query)


def maps(at, key):
    """{title: matrix} of the panels."""
    header, values = drawn(at)[key]
    return dict(zip(header["titles"], np.split(values, len(header["titles"])), strict=True))


def fell(loss):
    """The mean loss that a sentence says the bug leads to."""
    return re.search(r"\*\*([\d.]+) nats?\*\*", loss)[1]


# ---- looking at one ----


@pytest.mark.parametrize(("name", "bug"), SHOWN)
def test_every_bug_is_shown_with_its_lines_its_map_its_loss_and_what_finds_it(name, bug):
    at = page(model=name, **{"bugs.bug": bug})
    assert control(at, "bugs.bug").value == bug
    one, network = bugs(name)[bug], load(name).network
    code = at.code[0].value
    assert code == one.patch.diff()
    assert one.what in said(at)
    ids = load(name).read(TEXT)
    wrong = read(one.wrong(network).network, ids, len(ids) // 2 if one.cached else 0)
    right = read(one.right(network).network, ids)
    shown = maps(at, "bugs.maps")
    for title, record, model in (
        (pictures.RIGHT, right, one.right(network)),
        (pictures.WRONG, wrong, one.wrong(network)),
    ):
        attention = record.layers[2].attention
        q, k = (attention.q, attention.k) if attention.q_rot is None else (attention.q_rot, attention.k_rot)
        values = np.nan_to_num(shown[title]) @ attention.v[3].numpy()
        assert np.allclose(values, attention.heads[3].numpy(), atol=1e-4), title
        assert q.shape == k.shape and model.attend is not None
    trace = Run(TEXT, name, bug).trace()
    if not one.harmless:
        assert fell(said(at)) == number(trace.losses.mean())
        assert MEASUREMENTS[TELLS[bug]].title in said(at)
    else:
        assert "It is harmless" in said(at)
    assert percent(trace.probabilities[-1].max(), 1) in said(at)
    assert drawn(at)["bugs.next"]["lists"][1]["shares"][0] == pytest.approx(trace.probabilities[-1].max())


def test_the_control_offers_the_bugs_of_the_model_and_keeps_the_same_mistake_in_another():
    at = move(page(), {"bugs.bug": "anew"})
    assert address(at)["bugs.bug"] == "anew"
    assert control(at, "bugs.bug").options == [bug.title for bug in bugs(ROPE).values()]
    control(at, "model").set_value("decoder-t5").run()
    assert control(at, "bugs.bug").value == "anew" and "distances(queries, keys)" in at.code[0].value
    at = opened("bugs", text=TEXT, model="decoder-none", **{"bugs.bug": "halves"})
    assert "bugs.bug" in said(at) and control(at, "bugs.bug").value == "no_mask"


def test_bugs_of_other_models_are_named_with_those_models():
    sentence = said(page())
    assert "ALiBi slopes in the wrong order (decoder-alibi)" in sentence
    assert "T5 buckets for both directions (decoder-t5)" in sentence
    assert "decoder-rope" not in sentence.partition("In other models")[2]
    assert "no causal mask (decoder-none, -learned" in said(page(model="decoder-unmasked"))


def test_without_the_mask_the_loss_is_lower_and_said_to_be_no_honest_one():
    sentence = said(page(**{"bugs.bug": "no_mask"}))
    assert "not honest" in sentence and "10 outputs before it move" in sentence
    assert "not honest" not in said(page(**{"bugs.bug": "swapped"}))


def test_the_next_token_stays_or_becomes_another():
    assert re.search("stays ` s `, with 35.1 % in place of 38.7 %", said(page(**{"bugs.bug": "no_mask"})))
    assert re.search("was ` s ` with 38.7 %; now it is ` . ` with", said(page(**{"bugs.bug": "axis"})))
    assert re.search("stays ` s ` with 38.7 %", said(page(**{"bugs.bug": "constant"})))


def test_a_bug_that_needs_a_longer_text_says_so():
    sentence = said(page("The river bank", "decoder-t5", **{"bugs.bug": "both_ways"}))
    assert "finds nothing on this text" in sentence and "stays" in sentence


def test_every_measurement_stands_beside_that_of_the_right_model():
    at = unfold(page(**{"bugs.bug": "axis"}), "bugs.all")
    assert all(one.title in said(at) for one in pictures.measured(ROPE).values())
    assert "| every row sums to 1 | **rows do not sum to 1** |" in said(at)


def test_the_formula_says_why_a_constant_is_harmless():
    assert r"e^c \sum_k" in said(unfold(page(), "bugs.formula"))


def test_the_right_code_is_shown():
    assert _shell.source(attend).strip() in [one.value.strip() for one in page(**{"bugs.code": "True"}).code]


# ---- the game ----


def test_the_games_of_a_model_are_all_its_bugs_in_another_order_each_time():
    count = len(bugs(ROPE))
    first, second = ([guess.hidden(ROPE, n * count + i) for i in range(1, count + 1)] for n in (0, 1))
    assert sorted(first) == sorted(second) == sorted(bugs(ROPE)) and first != second
    assert guess.hidden(ROPE, 1) != "constant"  # the first one is worth looking for


def sent(at):
    """All that the page has sent to the browser, as one text."""
    protos = [node.proto for node in at._tree if getattr(node, "proto", None) is not None]
    return "\n".join(map(repr, protos))


def secrets(name, game):
    """What nobody may read of a bug before it is named, and what of any other might be read as well."""
    bug = bugs(name)[guess.hidden(name, game)]
    fresh = {line[1:].strip() for line in bug.patch.diff().splitlines() if line[0] == "+"}
    return bug, [bug.what, *fresh]


@pytest.mark.parametrize("game", range(1, len(bugs(ROPE)) + 1))
def test_the_answer_is_nowhere_before_it_is_given(game):
    at = page(**GUESS, **{"bugs.game": str(game), "bugs.first_measure": "rows", "bugs.answer": "none"})
    bug, hidden = secrets(ROPE, game)
    message = sent(at)
    assert "Your answer" in message and len(message) > 5_000
    for one in hidden:
        assert one not in message
    others = {"bugs.game": str(game % len(bugs(ROPE)) + 1), "bugs.first_measure": "rows"}
    other = sent(page(**GUESS, **others))
    for name in (bug.name, bug.title, bug.patch.function.__qualname__):  # no more than of one that is not in
        assert message.count(name) == other.count(name), name
    assert set(address(at)) <= {"text", "bugs.section", "bugs.game", "bugs.first_measure"}


def test_the_right_answer_brings_its_lines_and_a_wrong_one_what_tells_the_two_apart():
    at = page(**GUESS, **{"bugs.game": "1"})
    right = guess.hidden(ROPE, 1)
    for wrong in bugs(ROPE):
        if wrong != right:
            move(at, {"bugs.answer": wrong})
            refusal = at.info[-1].value
            assert f"it is not “{bugs(ROPE)[wrong].title}”" in refusal and not at.success
            quoted = re.findall("“(.*?)”", refusal)
            assert quoted[1] in {one.title for one in MEASUREMENTS.values()} and quoted[2] != quoted[3]
            assert bugs(ROPE)[right].title not in refusal
    move(at, {"bugs.answer": right})
    assert bugs(ROPE)[right].title in at.success[0].value
    assert at.code[0].value == bugs(ROPE)[right].patch.diff()


def test_another_game_forgets_the_answer_and_the_measurements():
    at = move(page(**GUESS), {"bugs.first_measure": "rows", "bugs.answer": "axis"})
    control(at, "bugs.another").click().run()
    assert control(at, "bugs.game").value == 2
    assert control(at, "bugs.answer").value == control(at, "bugs.first_measure").value == "none"
    move(at, {"bugs.answer": "axis", "bugs.first_measure": "rows", "bugs.game": 5})
    assert control(at, "bugs.answer").value == control(at, "bugs.first_measure").value == "none"
    assert address(at)["bugs.game"] == "5"


def test_another_model_is_another_game():
    at = move(page(**GUESS), {"bugs.first_measure": "rows", "bugs.answer": "axis", "model": "decoder-alibi"})
    assert control(at, "bugs.answer").value == control(at, "bugs.first_measure").value == "none"
    assert "bugs.answer" not in address(at) and not at.info
    at = page(model="decoder-alibi", **GUESS, **{"bugs.answer": "axis"})  # by a link it holds
    assert control(at, "bugs.answer").value == "axis"


@pytest.mark.parametrize("measurement", pictures.measured(ROPE))
def test_every_measurement_can_be_chosen_in_a_game(measurement):
    at = page(**GUESS, **{"bugs.second_measure": measurement})
    run = Run(TEXT, ROPE, guess.hidden(ROPE, 1))
    verdict = run.finding(measurement).verdict
    assert f"**{verdict[0].upper()}{verdict[1:]}**" in said(at)
    assert f"In the right model: {run._replace(bug=None).finding(measurement).verdict}." in said(at)


def test_in_a_game_the_model_beside_it_sees_all_that_came_before_whatever_the_bug():
    games = {guess.hidden(ROPE, game): game for game in range(1, len(bugs(ROPE)) + 1)}
    at = page(**GUESS, **{"bugs.game": str(games["wrong_half"])})
    seen = np.isfinite(maps(at, "bugs.riddle")[pictures.RIGHT])
    assert np.array_equal(seen, masks.causal(len(seen)).numpy())


def test_where_a_text_tells_nothing_apart_the_game_says_so():
    games = {guess.hidden(ROPE, game): game for game in range(1, len(bugs(ROPE)) + 1)}
    at = page("a", **GUESS, **{"bugs.game": str(games["axis"]), "bugs.answer": "halves"})
    assert "no measurement tells the two apart" in at.info[-1].value


# ---- edges ----


@pytest.mark.parametrize("section", ["Look at a bug", "Guess the bug"])
@pytest.mark.parametrize("text", BRIEF)
def test_hostile_text_stays_text(text, section):
    at = visit("bugs", {"text": BRIEF[text], "bugs.section": section, "bugs.first_measure": "places"}).run()
    assert not at.exception
    for element in (*at.markdown, *at.caption, *at.info):
        if element.value not in (guess.OPENING,):
            assert not escaped(element.value.replace("**", "")), element.value


def test_one_token_has_a_map_and_no_loss():
    for name, bug in SHOWN:
        at = page("a", name, **{"bugs.bug": bug})
        assert "there is no loss" in said(at) and maps(at, "bugs.maps")[pictures.RIGHT] == 1


def test_a_text_past_the_training_length_is_shown_in_part_and_not_measured():
    at = page(LONG, **{"bugs.bug": "backwards"})
    header, _ = drawn(at)["bugs.maps"]
    assert header["tall"] == pictures.SHOWN and "this one is longer" in said(at)
    move(at, {"bugs.first": 40})
    assert "more than noise" in said(at)
    at = page(LONG, **GUESS)
    assert "Shorten it" in said(at) and "bugs.answer" not in address(at)


def test_a_learned_table_ends_in_a_sentence():
    at = visit("bugs", {"text": LONG, "model": "decoder-learned"}).run()
    assert "decoder-learned takes at most 128" in at.warning[0].value and not at.exception


def test_repeated_words_are_no_trouble():
    for bug in offered(load(ROPE).config):
        assert not page("the the the the the the", **{"bugs.bug": bug, "bugs.all": "True"}).exception


def test_a_patch_that_no_longer_fits_is_an_error():
    with pytest.raises(ValueError, match="an edit needs it once"):
        Patch(attend, (("softmax(dim=7)", ""),)).wrong()
