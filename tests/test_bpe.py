"""The page about byte pairs, without a browser: what it shows is what model.tokenizer learns and reads, and
what the model makes of fewer merges.
"""

import base64
import random
import re
from itertools import islice

import numpy as np
import pytest
import torch

from model import load, masks
from model import tokenizer as bpe
from model.analysis import reach
from model.trace import layer_trace
from tests.session import (
    BRIEF,
    LONG,
    SHORT,
    address,
    click,
    control,
    escaped,
    figures,
    move,
    opened,
    pictures,
)
from viz import vocabulary
from viz.component import ladder as ladders
from viz.component import merges as players

TOKENIZER = load("decoder-rope").tokenizer
EVERY = len(TOKENIZER.merges)
TEXT = "the river bank, the other bank, the river; thé ríver 🏞 🏞 and the bank"
RARE = "The phosphorescent 🏞 river"
WORDS = [
    "the",
    "river",
    "and",
    "bank",
    "swam",
    "across",
    "water",
    "other",
    "stone",
    "heron",
    "willow",
    "coin",
]
PROSE = " ".join(random.Random(1).choices(WORDS, k=19_000))  # longer than `quickly` takes


FOLDS = {f"bpe.{name}": "True" for name in ("word", "another", "fewer", "eight")}


@pytest.fixture(scope="module")
def story():
    return control(opened("bpe", **{"bpe.own": "True"}), "bpe.text").value


@pytest.fixture
def at():
    """The page, with the folds on tokens open."""
    return opened("bpe", **{"bpe.text": TEXT, "bpe.word": "True", "bpe.another": "True"})


@pytest.fixture
def whole():
    """The page with all its folds open; those on fewer merges and eight languages take most of its time."""
    return opened("bpe", **{"bpe.text": TEXT}, **FOLDS)


def said(at):
    return "\n".join(element.value for element in at.markdown)


def chart(at, place):
    return list(figures(at).values())[place]


def numbers(values):
    """An array as Plotly sends it: base64 of its type, or a list."""
    return (
        np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
        if isinstance(values, dict)
        else np.array(values, float)
    )


# ---- the player ----


def test_the_player_gets_what_was_learned(at):
    rounds = list(bpe.rounds(TEXT, pattern=bpe.MARKED))
    sent = pictures(at)["bpe.player"]
    assert sent["tokens"] == [one.tokens for one in rounds]
    assert sent["whole"] == [one.whole for one in rounds]
    assert sent["leaders"] == [
        [number for (left, right), often in one.leaders for number in (left, right, often)] for one in rounds
    ]
    learned = bpe.train(TEXT, 500)
    assert sent["pieces"] == [learned.piece(id) for id in range(learned.end)]
    assert sent["words"] == len(bpe.COUNTED.findall(TEXT))
    assert f"{len(learned.merges)} merges were learned from {len(TEXT.encode())} bytes" in said(at)


@pytest.mark.parametrize("merges", [0, 1, 4, 9, 500])
def test_the_borders_of_the_excerpt_are_those_of_the_tokenizer_after_as_many_merges(at, merges):
    sent = pictures(at)["bpe.player"]
    tokenizer = bpe.train(TEXT, merges)
    assert bytes(sent["excerpt"]) == TEXT.encode()
    pieces, start = [], 0
    for place, joined in enumerate([*sent["joined"], players.BORDER], 1):
        if not 0 < joined <= merges:
            pieces.append(bytes(sent["excerpt"][start:place]))
            start = place
    assert pieces == [tokenizer.bytes[id] for id in tokenizer.encode(TEXT)]


def test_no_border_is_crossed_between_words(at):
    sent = pictures(at)["bpe.player"]
    ends = {
        sum(len(word.encode()) for word in bpe.WORD.findall(TEXT)[: n + 1])
        for n in range(len(bpe.WORD.findall(TEXT)) - 1)
    }
    assert {place for place, joined in enumerate(sent["joined"], 1) if joined == players.BORDER} == ends


def test_the_share_of_whole_words_is_that_of_the_tokenizer(at):
    sent = pictures(at)["bpe.player"]
    for merges in (0, 5, len(sent["whole"]) - 1):
        tokenizer = bpe.train(TEXT, merges)
        counts = bpe.whole_words(TEXT, bpe.MARKED).items()
        whole = sum(often for word, often in counts if len(tokenizer.encode_word(word)) == 1)
        assert sent["atOnce"] + sum(sent["whole"][: merges + 1]) == whole


def test_a_word_with_vowel_signs_is_one_word_and_becomes_one_token(at):
    move(at, {"bpe.text": "हिन्दी " * 50})
    sent = pictures(at)["bpe.player"]
    assert sent["words"] == 50
    assert sent["atOnce"] + sum(sent["whole"]) == 50
    assert "50 words" in said(at) and "to 51 tokens, 1.02 per word" in said(at)
    assert sent["pieces"][-1] == " हिन्दी"


@pytest.mark.parametrize(
    ("text", "words", "cut"), [("a" * 100, "1 word", True), ("a" * 32 + " b ", "2 words", False)]
)
def test_a_run_that_is_cut_for_speed_is_one_word_and_the_page_says_so(at, text, words, cut):
    move(at, {"bpe.text": text})
    assert f"{len(text)} bytes, {words}." in said(at)
    assert ("cut after every 32 so that training stays quick" in said(at)) == cut


def test_a_text_without_words_is_trained_on_and_divided_by_none(at):
    move(at, {"bpe.text": "!!! ... !!! ..."})
    assert pictures(at)["bpe.player"]["words"] == 0
    assert "0 words" in said(at) and "per word" not in said(at)


def test_a_long_text_is_shown_in_part(story):
    sent = pictures(opened("bpe"))["bpe.player"]
    assert story.encode().startswith(bytes(sent["excerpt"]))
    assert 700 < len(sent["excerpt"]) <= 800
    assert sent["tokens"][0] == len(story.encode())


def test_where_the_reader_rests_is_kept_in_the_address(at):
    click(at, "bpe.player", {"merge": [7, 1700000000000]})
    assert pictures(at)["bpe.player"]["merge"] == 7
    assert address(at)["bpe.merge"] == "7"
    assert pictures(opened("bpe", **address(at)))["bpe.player"]["merge"] == 7


def test_a_merge_outlives_a_shorter_training_without_harm(at):
    last = len(pictures(at)["bpe.player"]["tokens"]) - 1
    click(at, "bpe.player", {"merge": [last, 1700000000000]})
    move(at, {"bpe.merges": 3})
    assert pictures(at)["bpe.player"]["merge"] <= 3
    assert len(pictures(at)["bpe.player"]["tokens"]) == 4


@pytest.mark.parametrize("merges", [1, 2, 2000, 10])
def test_as_many_merges_are_learned_as_asked_for(at, merges):
    move(at, {"bpe.merges": merges})
    assert len(pictures(at)["bpe.player"]["tokens"]) - 1 == len(bpe.train(TEXT, merges).merges)


@pytest.mark.parametrize("text", BRIEF.values(), ids=BRIEF.keys())
def test_any_text_can_be_trained_on_or_is_answered_in_a_sentence(at, text):
    move(at, {"bpe.text": text})
    assert bool(at.warning) == (not text.strip())
    if text.strip():
        assert pictures(at)["bpe.player"]["tokens"] == [
            one.tokens for one in islice(bpe.rounds(text, pattern=bpe.MARKED), 501)
        ]


def test_a_refused_text_gives_way_to_a_better_one(at):
    move(at, {"bpe.text": " "})
    move(at, {"bpe.text": SHORT})
    assert bytes(pictures(at)["bpe.player"]["excerpt"]) == SHORT.encode()


def test_a_text_of_more_than_a_megabyte_is_answered_in_a_sentence_and_stays(at):
    text = "é" * 500_001
    move(at, {"bpe.text": text})
    assert "1,000,002 bytes" in at.warning[0].value
    assert control(at, "bpe.text").value == text


def test_the_story_comes_back(at, story):
    control(at, "bpe.story").click()
    at.run()
    assert control(at, "bpe.text").value == story
    assert address(at).get("bpe.text") is None


def test_a_long_text_is_learned_as_train_learns_it(at):
    move(at, {"bpe.text": PROSE, "bpe.merges": 30})
    assert len(PROSE) > 100_000
    sent, learned = pictures(at)["bpe.player"], bpe.train(PROSE, 30)
    assert sent["pieces"] == [learned.piece(id) for id in range(learned.end)]
    assert sent["tokens"][-1] == len(learned.encode(PROSE))
    move(at, {"bpe.merges": 12})
    assert len(pictures(at)["bpe.player"]["tokens"]) == 13
    move(at, {"bpe.merges": 2000})
    assert len(pictures(at)["bpe.player"]["tokens"]) == len(list(bpe.rounds(PROSE)))


def test_a_training_that_was_stopped_shows_what_it_has_and_starts_again(at):
    move(at, {"bpe.merges": 4})
    move(at, {"bpe.text": PROSE})
    at.session_state[
        "bpe.training"
    ].stopped = True  # what the button does, which no test without a browser can press in time
    move(at, {"bpe.merges": 20})
    assert "Stopped after 4 of 20 merges" in said(at)
    assert len(pictures(at)["bpe.player"]["tokens"]) == 5
    control(at, "bpe.again").click()
    at.run()
    assert len(pictures(at)["bpe.player"]["tokens"]) == 21
    assert "Stopped" not in said(at)
    at.session_state["bpe.training"].stopped = True
    move(at, {"bpe.merges": 7})
    assert "Stopped" not in said(at)


def test_a_player_that_does_not_fit_is_an_error():
    fits = {
        "pieces": ["a"],
        "leaders": [[], []],
        "tokens": [2, 1],
        "whole": [0, 1],
        "excerpt": [97, 97],
        "joined": [1],
    }
    how = {"words": 1, "at_once": 0, "merge": 0, "key": "k"}
    for wrong, message in [
        ({"leaders": [[]]}, "for 1 merges there are 1 rankings"),
        ({"joined": []}, "2 bytes have 1 borders, but 0"),
        ({"merge": 2}, "merge 2 lies outside 0 to 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            players.merges(**(fits | how | wrong))


# ---- the bundled tokenizer ----


def test_the_tokens_have_their_ids(at):
    move(at, {"text": LONG})
    chips = pictures(at)["bpe.tokens"]
    assert chips["notes"] == [str(id) for id in TOKENIZER.encode(LONG)]
    assert chips["tokens"] == [TOKENIZER.piece(id) for id in TOKENIZER.encode(LONG)]


@pytest.mark.parametrize("model", ["decoder-rope", "encoder"])
def test_a_click_shows_the_steps_of_the_word(at, model):
    tokenizer = load(model).tokenizer
    move(at, {"text": RARE, "model": model})
    place = 0
    for word in tokenizer.words(RARE):
        ids = tokenizer.encode_word(word)
        click(at, "bpe.tokens", {"token": [place + len(ids) - 1, 1700000000000 + place]})
        shown = pictures(at)["bpe.ladder"]
        steps = list(tokenizer.word_steps(word))
        assert [row["pieces"] for row in shown["rows"]] == [
            [tokenizer.piece(id) for id in step.ids] for step in steps
        ]
        assert [row["name"] for row in shown["rows"][1:]] == [
            f"merge {tokenizer.merges.index(step.pair) + 1:,}" for step in steps[1:]
        ]
        for row, step in zip(shown["rows"][1:], steps[1:], strict=True):
            assert {step.ids[i] for i in row["made"]} == {tokenizer.ranks[step.pair]}
        assert shown["rows"][-1]["notes"] == [str(id) for id in ids]
        place += len(ids)
    assert place == len(tokenizer.encode(RARE))


def test_parts_of_a_character_are_explained(at):
    move(at, {"text": RARE})
    place = next(i for i, id in enumerate(TOKENIZER.encode(RARE)) if TOKENIZER.piece(id).startswith("⟨"))
    click(at, "bpe.tokens", {"token": [place, 1700000000000]})
    assert "U+1F3DE, national park: 4 bytes, `F0 9F 8F 9E`" in said(at)
    pieces = [TOKENIZER.piece(id) for id in TOKENIZER.encode_word(" 🏞")]
    for piece in pieces:
        if piece != " ":
            assert f"`{piece}`" in said(at)
    assert "�" not in said(at)


def test_common_and_rare_words_are_told_with_their_numbers(at):
    move(at, {"text": RARE})
    words = [word for word in TOKENIZER.words(RARE) if any(map(str.isalnum, word))]
    pieces = {word: len(TOKENIZER.encode_word(word)) for word in words}
    assert f"Of {len(words)} words, {sum(n == 1 for n in pieces.values())} are one token" in said(at)
    assert f"·phosphorescent `: {pieces[' phosphorescent']} tokens" in said(at)
    move(at, {"text": "the river"})
    assert (
        "A rare word, not in your text, is ` ·photosynthesis `: "
        f"{len(TOKENIZER.encode_word(' photosynthesis'))} tokens" in said(at)
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("हिन्दी हिन्दी ", "Of 2 words, 0 are one token"),
        ("It's the dog's ball ", "Of 4 words, 2 are one token"),
        ("e\u0301te\u0301 river", "Of 2 words, 1 is one token"),
    ],
)
def test_the_words_of_the_text_are_counted_as_people_count_them(at, text, sentence):
    move(at, {"text": text})
    assert sentence in said(at)


def test_a_long_run_is_one_word_of_the_text_and_its_cut_is_told(at):
    text = "a" * 100
    move(at, {"text": text})
    assert "Of 1 word, 0 are one token" in said(at)
    assert f": {len(TOKENIZER.encode(text))} tokens" in said(at)
    assert "cut after every 32, for speed" in said(at)
    move(at, {"text": "a" * 32})
    assert "for speed" not in said(at)


@pytest.mark.parametrize("model", ["decoder-rope", "encoder"])
@pytest.mark.parametrize("text", [RARE, "It’s the dog’s", "हिन्दी é", " two  spaces ", "née🏞bank"])
def test_the_tokens_of_the_words_are_those_of_the_text_in_order(model, text):
    from pages.bpe import pieces

    tokenizer = load(model).tokenizer
    ids, place = tokenizer.encode(text), 0
    for word in pieces.spoken(ids, tokenizer.spans(text, ids), text):
        place = next(i for i in range(place, len(ids)) if ids[i : i + len(word.ids)] == word.ids)
        held = b"".join(tokenizer.bytes[id] for id in word.ids).decode(errors="replace")
        expected = word.text if tokenizer.cased else word.text.lower()
        assert held.strip() == expected.strip()
        place += len(word.ids)


def test_of_a_long_text_some_tokens_are_shown_around_the_chosen_one():
    text = ("the river bank and " * 250).strip()
    at = opened("bpe", text=text, **{"bpe.token": "500"})
    chips = pictures(at)["bpe.tokens"]
    assert len(chips["tokens"]) == 400
    click(at, "bpe.tokens", {"token": [0, 1700000000000]})
    assert address(at)["bpe.token"] == str(500 - 200)


def test_characters_per_token_of_eight_languages(whole):
    from pages.bpe import languages

    shown = chart(whole, -1)["data"][0]
    expected = [len(line) / len(TOKENIZER.encode(line)) for line in languages.LINES.values()]
    np.testing.assert_allclose(numbers(shown["x"]), expected, rtol=1e-6)
    assert len(expected) == 8
    worst = min(zip(expected, languages.LINES, strict=True))
    assert f"{worst[0]:.2f} of {worst[1]}" in said(whole)


def test_a_ladder_that_does_not_fit_is_an_error():
    with pytest.raises(ValueError, match="2 pieces and 1 notes"):
        ladders.ladder([ladders.Rung("bytes", ["a", "b"], [], ["1"])], key="k")


# ---- fewer merges ----


def fewer_merges(merges, text=LONG, **query):
    """The page opened by a link at so many merges; that fold is open."""
    return opened("bpe", text=text, **{"bpe.text": TEXT, "bpe.first": merges} | query)


@pytest.mark.parametrize("merges", [0, 1, 57, 300, EVERY])
def test_the_map_is_that_of_the_model_on_the_tokens_of_the_first_merges(merges):
    at = fewer_merges(merges, layer=2, head=5)
    bundle, fewer = load("decoder-rope"), bpe.Tokenizer(TOKENIZER.merges[:merges])
    ids = fewer.encode(LONG)
    header, shown = pictures(at)["bpe.few"]
    assert header["rows"] == [fewer.piece(id) for id in ids]
    np.testing.assert_allclose(
        shown[np.tril_indices(len(ids))], weights(bundle, ids, 1, 4)[np.tril_indices(len(ids))], atol=1e-5
    )
    assert np.isnan(shown[np.triu_indices(len(ids), 1)]).all()
    assert header["label"].endswith(f"T = {len(ids)}")
    all_ = bundle.explain(LONG).layers[1].attention.weights(4)
    np.testing.assert_array_equal(
        np.nan_to_num(pictures(at)["bpe.all"][1]), np.where(masks.causal(len(all_)), all_, 0)
    )


def weights(bundle, ids, layer, head):
    """The attention weights of a model on ids, without a tokenizer."""
    with torch.inference_mode():
        record = bundle.network(torch.tensor(ids))
    return layer_trace(record.layers[layer]).attention.weights(head)


def surprise(ids):
    """Bits per byte of ids after the end token, by the plain formula in float64."""
    bundle = load("decoder-rope")
    with torch.inference_mode():
        logits = bundle.network(torch.tensor([TOKENIZER.end, *ids])).logits[:-1].double().numpy()
    logits -= logits.max(-1, keepdims=True)
    said = logits[np.arange(len(ids)), ids] - np.log(np.exp(logits).sum(-1))
    return -said.sum() / np.log(2) / sum(len(TOKENIZER.bytes[id]) for id in ids)


@pytest.mark.parametrize("merges", [0, 300, EVERY])
def test_the_numbers_are_those_of_both_tokenizations(merges):
    at = fewer_merges(merges)
    fewer = bpe.Tokenizer(TOKENIZER.merges[:merges])
    few, every = fewer.encode(LONG), TOKENIZER.encode(LONG)
    field = reach.size(reach.stack(4, 3))
    covered = [
        len(LONG) - one.spans(LONG, ids)[max(0, len(ids) - field)][0]
        for one, ids in ((fewer, few), (TOKENIZER, every))
    ]
    table = said(at)
    assert f"| Tokens T | {len(few)} | {len(every)} |" in table
    assert f"T² | {len(few) ** 2:,} | {len(every) ** 2:,} |" in table
    assert f"reach of {field} tokens, from the last one back | {covered[0]} | {covered[1]} |" in table
    assert f"bits per byte | {surprise(few):.3g} | {surprise(every):.3g} |" in table
    assert f"**The model was trained with all {EVERY:,} merges" in table


def test_the_curves_are_the_tokens_and_the_surprise_of_each_number_of_merges():
    tokens, costs = (curve for curve in chart(fewer_merges(300, SHORT), 0)["data"])
    counts = numbers(tokens["customdata"]).astype(int)
    assert 300 in counts and counts[0] == 0 and counts[-1] == EVERY
    ids = [TOKENIZER.first(int(n)).encode(SHORT) for n in counts]
    np.testing.assert_array_equal(numbers(tokens["y"]), list(map(len, ids)))
    np.testing.assert_allclose(numbers(costs["y"]), [surprise(some) for some in ids], rtol=1e-4)


def test_a_model_that_cannot_predict_leaves_it_to_the_first_one(whole):
    move(
        whole,
        {
            "model": "encoder",
            "head": load("encoder").config.heads,
            "layer": load("encoder").config.layers,
            "text": SHORT,
        },
    )
    assert "this is decoder-rope" in "".join(element.value for element in whole.caption)
    move(whole, {"model": "decoder-unmasked"})
    assert "this is decoder-rope" in "".join(element.value for element in whole.caption)


def test_more_tokens_than_the_model_takes_are_answered_in_a_sentence():
    at = fewer_merges(0, "the river bank and " * 60)
    assert re.search(
        r"With the first 0 merges: This text has 1,140 characters.*use more merges", at.info[0].value
    )
    assert "bpe.few" not in pictures(at)
    move(at, {"bpe.first": 3000})
    assert "bpe.few" in pictures(at)


def test_a_cost_that_does_not_fit_is_an_error():
    with pytest.raises(ValueError, match="2 numbers of merges, 1 of tokens, 2 of bits"):
        vocabulary.cost([0, 1], [1], [1, 2], chosen=0)
    with pytest.raises(ValueError, match="sentences in A, but tokens of B"):
        vocabulary.languages({"A": "a"}, {"B": 1})


# ---- texts and links ----


def test_hostile_text_gives_a_sentence_or_a_picture(whole):
    """Each in the place of the one before, and a good one after them all."""
    plain = {element.value for element in whole.markdown}
    for text in BRIEF.values():
        move(whole, {"text": text})
        assert control(whole, "text").value == text
        for element in (*whole.markdown, *whole.caption, *whole.warning, *whole.info):
            assert element.value in plain or not escaped(element.value), element.value
        drawn = not whole.info or "With the first" in whole.info[0].value
        assert ("bpe.tokens" in pictures(whole)) == drawn, text
    move(whole, {"text": SHORT})
    assert pictures(whole)["bpe.tokens"]["revision"] == SHORT


def test_a_link_restores_every_control(whole):
    move(whole, {"bpe.merges": 30, "bpe.first": 77, "text": LONG})
    click(whole, "bpe.player", {"merge": [11, 1]})
    click(whole, "bpe.tokens", {"token": [3, 2]})
    link = address(whole)
    assert link == {
        "text": LONG,
        "bpe.text": TEXT,
        "bpe.merges": "30",
        "bpe.merge": "11",
        "bpe.first": "77",
        "bpe.token": "4",
        "bpe.own": "True",
        **FOLDS,
    }
    again = opened("bpe", **link)
    assert address(again) == link
    assert pictures(again)["bpe.player"] == pictures(whole)["bpe.player"]
    assert pictures(again)["bpe.ladder"] == pictures(whole)["bpe.ladder"]


@pytest.mark.parametrize("value", ["", "0", "99999", "x", "-1", "$x$"])
def test_a_broken_link_opens_on_something_sensible(value):
    at = opened("bpe", **{f"bpe.{name}": value for name in ("merges", "merge", "first", "token")})
    assert pictures(at)["bpe.player"]["merge"] == 0
    assert "bpe.few" in pictures(at)


def test_until_a_fold_is_opened_the_page_shows_the_tokens_and_the_player():
    at = opened("bpe", text=SHORT)
    assert pictures(at).keys() == {"bpe.tokens", "bpe.player"} and not figures(at)
    click(at, "bpe.tokens", {"token": [2, 1]})
    assert "bpe.ladder" in pictures(at) and address(at)["bpe.token"] == "3"


@pytest.mark.parametrize(
    ("key", "value", "picture"),
    [
        ("bpe.token", "2", "bpe.ladder"),
        ("bpe.first", "77", "bpe.few"),
        ("bpe.other", "lowest", "bpe.elsewhere"),
    ],
)
def test_a_link_into_a_fold_opens_it(key, value, picture):
    assert picture in pictures(opened("bpe", text=SHORT, **{key: value}))


def test_signs_are_explained_where_they_stand():
    notes = "".join(element.value for element in opened("bpe", text="bank").caption)
    assert "· is a space" not in notes and "⟨E6⟩" not in notes
    notes = "".join(element.value for element in opened("bpe", text=RARE).caption)
    assert "· is a space" in notes and "⟨E6⟩ is one byte" in notes


# ---- the trained tokenizer elsewhere ----

LOW = "low low low low low lower lower newest newest newest newest newest newest widest widest widest"


def test_an_unseen_word_is_read_by_the_tokenizer_just_trained(at):
    move(at, {"bpe.text": LOW, "bpe.other": "lowest"})
    shown = pictures(at)["bpe.elsewhere"]
    tokenizer = bpe.train(LOW, 500, bpe.MARKED)
    assert shown["tokens"] == ["low", "est"]
    assert shown["notes"] == [str(id) for id in tokenizer.encode("lowest")]
    assert "` lowest ` is ` low ` ` est `: a word that was never seen" in said(at)
    assert address(at)["bpe.other"] == "lowest"


def test_the_tokenizer_can_be_taken_along(at):
    saved = [element.proto for element in at.get("download_button")]
    assert [one.label for one in saved] == ["Save as tokenizer.json"] * 2


@pytest.mark.parametrize("text", BRIEF.values(), ids=BRIEF.keys())
def test_any_other_text_is_read_or_answered_in_a_sentence(at, text):
    move(at, {"bpe.other": text})
    assert escaped(said(at)) is None
