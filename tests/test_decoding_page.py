"""The page about decoding, without a browser: what it shows is what model.decoding computes, for every
control, every branch and every text.
"""

import math
import re
from functools import partial
from itertools import islice

import numpy as np
import pytest
import streamlit as st

from model import decoding, load
from model.analysis import sink
from pages import _shell
from tests.session import (
    BRIEF,
    NUMBER,
    address,
    checked,
    click,
    control,
    escaped,
    move,
    numeric,
    opened,
    pictures,
    walk,
)

SHORT = "She opened the"
SECTIONS = [
    "The next word",
    "Beam search",
    "Two branches",
    "Attention and cache",
    "The first token",
    "Surprise and layers",
]
NETWORK, TOKENIZER = load("decoder-rope").network, load("decoder-rope").tokenizer
PROMPT = TOKENIZER.encode(SHORT)
DEFAULT = [
    partial(decoding.temperature, degree=0.8),
    partial(decoding.top_k, k=40),
    partial(decoding.top_p, p=0.95),
]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
NOW = 1_700_000_000_000


FOLDS = {f"decoding.{name}": "True" for name in ("filters", "formula", "saved")}


@pytest.fixture
def at():
    """The page with all its folds open."""
    return opened("decoding", text=SHORT, **FOLDS)


def spelled(ids):
    return "".join(LETTERS[id // 64] + LETTERS[id % 64] for id in ids)


def written(count, ids=PROMPT, filters=DEFAULT, seed=1):
    return [
        step.id for step in islice(decoding.generate(NETWORK, ids, filters, seed, [TOKENIZER.end]), count)
    ]


def step_after(ids, filters=DEFAULT, seed=1):
    return next(decoding.generate(NETWORK, ids, filters, seed))


def press(at, name):
    next(button for button in at.button if button.key == f"decoding.{name}").click()
    return checked(at.run())


def look(at, section):
    return move(at, {"decoding.section": section})


def story(at):
    return pictures(at)["decoding.story"]


def rows(at):
    return pictures(at)["decoding.candidates"]["rows"]


def said(at):
    return "\n".join(element.value for element in (*at.markdown, *at.info, *at.caption))


def take(at, rank):
    return click(at, "decoding.candidates", {"rank": [rank, NOW]})


def rewind(at, place):
    return click(at, "decoding.story", {"token": [place, NOW + place]})


# ---- the next word ----


@pytest.mark.parametrize(
    ("controls", "filters", "seed"),
    [
        ({}, DEFAULT, 1),
        ({"temperature": 0.0}, [partial(decoding.temperature, degree=0), *DEFAULT[1:]], 1),
        (
            {"temperature": 2.0, "k": 4096, "p": 1.0, "seed": 77},
            [partial(decoding.temperature, degree=2)],
            77,
        ),
        (
            {"k": 3, "p": 0.05, "seed": 4},
            [DEFAULT[0], partial(decoding.top_k, k=3), partial(decoding.top_p, p=0.05)],
            4,
        ),
        ({"method": "greedy"}, [partial(decoding.temperature, degree=0)], None),
    ],
    ids=["as it opens", "cold", "unfiltered", "narrow", "greedy"],
)
def test_the_candidates_are_the_real_distribution(at, controls, filters, seed):
    move(at, {f"decoding.{name}": value for name, value in controls.items()})
    step = step_after(PROMPT, filters, seed)
    own, final = step.stages[0].double().softmax(-1), step.stages[-1].double().softmax(-1)
    order = decoding.ranked(step.stages[0]).tolist()
    for row in rows(at):
        id = order[row["rank"] - 1]
        assert row["token"] == TOKENIZER.piece(id)
        assert row["own"] == pytest.approx(float(own[id]), rel=1e-4)
        assert row["final"] == pytest.approx(float(final[id]), rel=1e-4)
        assert bool(row["cut"]) == (float(final[id]) == 0)
        assert row["drawn"] == (id == step.id)
    assert any(row["drawn"] for row in rows(at))
    count, rest, _ = pictures(at)["decoding.candidates"]["rest"]
    assert count + len(rows(at)) == 4096
    assert rest + sum(row["own"] for row in rows(at)) == pytest.approx(1)
    assert pictures(at)["decoding.candidates"]["roll"] == step.roll
    for logits in step.stages:
        assert f"{abs(float(decoding.entropy(logits))):.2f} bits" in said(at)  # no −0.00


def test_the_table_says_what_each_filter_leaves(at):
    step = step_after(PROMPT)
    left = [int(logits.isfinite().sum()) for logits in step.stages]
    cells = [line.split(" | ") for line in said(at).splitlines() if line.startswith("| ")]
    assert [cell[1].strip() for cell in cells[1:]] == [f"{count:,}" for count in left]
    for before, after, cell in zip(step.stages, step.stages[1:], cells[2:], strict=False):
        mass = float(before.double().softmax(-1)[after.isfinite()].sum())
        assert cell[2] == f"{100 * mass:.1f} %"


@pytest.mark.parametrize("section", SECTIONS)
def test_every_control_can_be_moved_in_every_section(section):
    begun = {"decoding.section": section, "decoding.path": spelled(written(10))}
    at = opened("decoding", text=SHORT, **begun | FOLDS)
    looks = section in ("Attention and cache", "The first token")  # at one head
    head = {"layer": 1, "head": 6} if looks else {}
    for key, value in ({"text": "The cat", "model": "decoder-t5"} | head).items():
        move(at, {key: value})
        assert control(at, key).value == value
        assert control(at, "decoding.section").value == section


# ---- growing ----


def test_one_token_and_ten_are_those_of_the_generator(at):
    expected = written(11)
    press(at, "one")
    assert address(at)["decoding.path"] == spelled(expected[:1])
    press(at, "ten")
    assert address(at)["decoding.path"] == spelled(expected)
    assert story(at)["tokens"] == [TOKENIZER.piece(id) for id in (*PROMPT, *expected)]
    assert (story(at)["own"], story(at)["read"]) == (len(PROMPT), len(PROMPT) + 11)
    bits = load("decoder-rope").reread([*PROMPT, *expected]).losses / math.log(2)
    np.testing.assert_allclose(story(at)["bits"][1:], bits, rtol=1e-4)


def test_a_sentence_ends_where_a_sentence_ends(at):
    press(at, "sentence")
    tokens = story(at)["tokens"][len(PROMPT) :]
    assert any(sign in tokens[-1] for sign in ".!?")
    assert not any(sign in token for token in tokens[:-1] for sign in ".!?")


def test_the_end_is_the_end_token_or_where_there_is_no_room():
    at = opened("decoding", text=SHORT, model="decoder-learned")
    move(at, {"decoding.method": "greedy"})
    press(at, "end")
    tokenizer = load("decoder-learned").tokenizer
    tokens = story(at)["tokens"]
    assert tokens[-1] == tokenizer.piece(tokenizer.end) or len(tokens) == 128
    for section in SECTIONS:
        look(at, section)
    look(at, SECTIONS[0])
    assert "decoding.candidates" not in pictures(at)
    assert "the text is over" in said(at) or "at most 128" in said(at)
    rewind(at, 20)
    assert "decoding.candidates" in pictures(at)


def test_a_text_at_the_last_position_is_told_so():
    at = opened("decoding", text="the " * 127 + "end", model="decoder-learned")
    tokens = len(load("decoder-learned").read("the " * 127 + "end"))
    if tokens == 128:
        assert "reads at most 128" in said(at)
    at = opened("decoding", text="the river bank and " * 60, model="decoder-learned")
    assert "128" in at.warning[0].value


def test_while_the_text_grows_there_is_one_button_and_it_stops_it(at, monkeypatch):
    press(at, "ten")
    assert not [button for button in at.button if "top" in button.label]
    monkeypatch.setattr(st, "rerun", lambda: None)  # the page as it is in the midst of growing
    press(at, "end")
    assert [button.label for button in at.button] == ["Stop"]
    longer = story(at)["read"]
    press(at, "stop")
    assert story(at)["read"] == longer > len(PROMPT) + 10
    assert "Stop" not in [button.label for button in at.button]


def test_the_page_opens_on_a_story_begun_and_other_pages_on_their_own_text():
    at = opened("decoding")
    assert story(at)["prose"] == ["Once upon a time there was a", "", ""] and "text" not in address(at)
    assert control(walk(at, "attention"), "text").value == "I swam across the river to get to the other bank"
    assert control(walk(at, "decoding"), "text").value == "Once upon a time there was a"
    move(at, {"text": SHORT})
    assert control(walk(at, "attention"), "text").value == SHORT


def test_the_text_is_prose_of_three_parts_and_chips_on_demand(at):
    press(at, "ten")
    rewind(at, len(PROMPT) + 4)
    drawn = written(10)
    texts = [TOKENIZER.decode(ids) for ids in (PROMPT, drawn[:4], drawn[4:])]
    assert story(at)["prose"] == texts
    move(at, {"decoding.tokens": True})
    assert story(at)["prose"] is None and address(at)["decoding.tokens"] == "True"


def test_a_character_in_two_tokens_is_one_letter_of_the_prose():
    ids = TOKENIZER.encode(" 🏞")
    half = len(ids) - 1
    at = opened("decoding", text=SHORT, **{"decoding.path": spelled(ids[:half])})
    assert story(at)["prose"][1] == " "  # a part of a character is no letter yet
    at = opened("decoding", text=SHORT, **{"decoding.path": spelled(ids)})
    assert story(at)["prose"] == [SHORT, " 🏞", ""]


def test_a_text_in_a_sentence_has_its_spaces(at):
    look(at, "Beam search")
    best = TOKENIZER.decode(list(decoding.beams(NETWORK, PROMPT, 3, 6, [TOKENIZER.end]))[-1][0].ids).strip()
    assert " " in best and f"is ` {best} `:" in said(at)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_view_opens_with_two_sentences_and_nothing_unfolded(section):
    at = opened("decoding", text=SHORT, **{"decoding.section": section})
    assert len(re.findall(r"[.?!](?:\*\*)?(?: |$)", at.markdown[0].value)) <= 3  # of the bold one, too
    assert not at.code and "$$" not in said(at)


# ---- branches ----


def test_a_candidate_that_is_clicked_is_taken(at):
    order = decoding.ranked(step_after(PROMPT).stages[0]).tolist()
    take(at, 5)
    assert address(at)["decoding.path"] == spelled([order[4]])
    take(at, 2)
    after = decoding.ranked(step_after([*PROMPT, order[4]]).stages[0]).tolist()
    assert address(at)["decoding.path"] == spelled([order[4], after[1]])


def test_going_back_keeps_the_branch_that_is_left_and_forward_returns_to_it(at):
    press(at, "ten")
    expected = written(10)
    rewind(at, len(PROMPT) + 4)
    assert address(at)["decoding.path"] == spelled(expected[:4])
    assert address(at)["decoding.other"] == spelled(expected)
    assert story(at)["read"] == len(PROMPT) + 4 and len(story(at)["tokens"]) == len(PROMPT) + 10
    before = [row for row in rows(at) if row["before"]]
    assert [row["token"] for row in before] == [TOKENIZER.piece(expected[4])]
    rewind(at, len(PROMPT) + 7)
    assert address(at)["decoding.path"] == spelled(expected[:8])
    press(at, "one")
    assert address(at)["decoding.path"] == spelled(expected[:9])  # each place has its own roll


def test_the_reader_can_go_back_into_the_text_and_return(at):
    rewind(at, 2)
    assert address(at)["decoding.path"] == "2~"
    assert story(at)["read"] == 2 and story(at)["tokens"] == [TOKENIZER.piece(id) for id in PROMPT]
    rewind(at, 0)
    assert story(at)["read"] == 1
    rewind(at, len(PROMPT) - 1)
    assert "decoding.path" not in address(at)
    rewind(at, 1)
    press(at, "over")
    assert story(at)["read"] == len(PROMPT)


def test_two_branches_are_compared_by_their_bits(at):
    look(at, "Two branches")
    assert "There is only one branch so far" in said(at)
    look(at, "The next word")
    press(at, "ten")
    rewind(at, len(PROMPT) + 3)
    drawn = next(row["rank"] for row in rows(at) if row["drawn"])
    take(at, 7 if drawn != 7 else 8)
    press(at, "ten")
    look(at, "Two branches")
    one = [*PROMPT, *written(10)]
    ids = [
        LETTERS.index(a) * 64 + LETTERS.index(b)
        for a, b in re.findall("(.)(.)", address(at)["decoding.path"])
    ]
    for branch, name in (([*PROMPT, *ids], "This branch"), (one, "The other")):
        bits = load("decoder-rope").reread(branch).losses[len(PROMPT) + 2 :] / math.log(2)
        assert f"**{name}**: {len(bits)} tokens, **{bits.sum():.1f} bits**" in said(at)
    press(at, "swap")
    assert address(at)["decoding.path"] == spelled(one[len(PROMPT) :])
    assert address(at)["decoding.other"] == spelled(ids)


def test_a_link_restores_both_branches_and_every_choice(at):
    press(at, "ten")
    rewind(at, len(PROMPT) + 2)
    move(
        at,
        {
            "decoding.temperature": 1.5,
            "decoding.k": 100,
            "decoding.p": 0.5,
            "decoding.seed": 9,
            "decoding.section": "Beam search",
            "decoding.width": 5,
        },
    )
    again = opened("decoding", **address(at))
    assert address(again) == address(at)
    assert story(again) == story(at)
    assert pictures(again)["decoding.tree"] == pictures(at)["decoding.tree"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("k", "37"),
        ("k", "4096"),
        ("p", "0.93"),
        ("temperature", "5.0"),
        ("min_p", "0.05"),
        ("penalty", "1.2"),
        ("order", "kpmt"),
        ("temperature", "0.0"),
        ("p", "1.0"),
        ("k", "2000"),
    ],
)
def test_what_people_use_can_be_linked(key, value):
    at = opened("decoding", **{f"decoding.{key}": value})
    assert address(at)[f"decoding.{key}"] == value
    assert not [element.value for element in at.info if "This link" in element.value]


def reference(filters):
    """The tokens left of the page's text after these filters, worked out anew with numpy."""
    logits = load("decoder-rope").explain(SHORT).logits[-1].astype(np.float64)
    for name, value in filters:
        p = np.exp(logits - logits.max())
        p /= p.sum()
        order = np.lexsort((np.arange(len(p)), -logits))
        if name == "temperature":
            logits = logits / value
        if name == "repetition penalty":
            ids = list(set(PROMPT))
            logits[ids] = np.where(logits[ids] > 0, logits[ids] / value, logits[ids] * value)
        if name == "top-k":
            logits[order[value:]] = -np.inf
        if name == "top-p":
            logits[order[1:][np.cumsum(p[order])[:-1] >= value]] = -np.inf
        if name == "min-p":
            logits[p < value * p.max()] = -np.inf
    return int(np.isfinite(logits).sum())


@pytest.mark.parametrize("order", ["tkpm", "kpmt", "mptk", "ptkm"])
@pytest.mark.parametrize("degree", [0.5, 2.0])
def test_the_filters_work_in_the_order_of_the_link(order, degree):
    values = {"t": ("temperature", degree), "k": ("top-k", 300), "p": ("top-p", 0.83), "m": ("min-p", 0.02)}
    penalty = ("repetition penalty", 1.3)
    query = {"decoding.temperature": degree, "decoding.k": 300, "decoding.p": 0.83, "decoding.min_p": 0.02}
    at = opened("decoding", text=SHORT, **query | {"decoding.order": order, "decoding.penalty": 1.3} | FOLDS)
    told = said(at)
    lines = re.findall(r"^\| ([a-z-]+(?: penalty)?) [0-9.,]+ \| ([0-9,]+) \|", told, flags=re.MULTILINE)
    filters = [penalty, *(values[letter] for letter in order)]
    assert [name for name, _ in lines] == [name for name, _ in filters]
    assert [int(left.replace(",", "")) for _, left in lines] == [
        reference(filters[: i + 1]) for i in range(len(filters))
    ]
    first = reference([penalty, values["t"], values["k"], values["p"], values["m"]])
    last = reference([penalty, values["k"], values["p"], values["m"], values["t"]])
    assert f"with the temperature first {first:,} tokens are left, with it last {last:,}." in told


def test_greedy_takes_the_penalty_and_no_other_filter():
    at = opened("decoding", text=SHORT, **{"decoding.method": "greedy", "decoding.penalty": 2})
    logits = load("decoder-rope").explain(SHORT).logits[-1].copy()
    ids = list(set(PROMPT))
    logits[ids] = np.where(logits[ids] > 0, logits[ids] / 2, logits[ids] * 2)
    word = _shell.plain(TOKENIZER.piece(int(logits.argmax())))
    assert f"Greedy decoding takes the likeliest after the repetition penalty, {word}" in said(at)
    assert control(at, "decoding.k").disabled
    assert not control(at, "decoding.penalty").disabled


def test_another_text_starts_anew_and_another_model_keeps_the_branch(at):
    press(at, "ten")
    branch = address(at)["decoding.path"]
    move(at, {"model": "decoder-alibi"})
    assert address(at)["decoding.path"] == branch
    move(at, {"text": ""})
    move(at, {"text": SHORT})
    assert address(at)["decoding.path"] == branch
    move(at, {"text": SHORT + " box"})
    assert "decoding.path" not in address(at)


@pytest.mark.parametrize(
    "said_path", ["A", "B!", "__~__", "999~AA", "0~AA", "-1~", "~", "²~", "3~3~", "AA" * 2_000, "é", "<b>"]
)
def test_a_broken_branch_in_a_link_is_answered_and_loses_nothing(said_path):
    at = opened("decoding", text=SHORT, **{"decoding.path": said_path, "decoding.other": said_path})
    assert story(at)["tokens"][: len(PROMPT)] == [TOKENIZER.piece(id) for id in PROMPT]
    assert not at.warning


@pytest.mark.parametrize("value", ["", "nan", "-1", "1e9", "<b>"])
def test_a_broken_link_opens_on_something_sensible(value):
    names = ("method", "temperature", "k", "p", "seed", "section", "width", "length", "without", "token")
    at = opened("decoding", text=SHORT, **{f"decoding.{name}": value for name in names})
    assert address(at) == {"text": SHORT}


# ---- the other sections ----


def test_the_tree_is_the_beam_search(at):
    look(at, "Beam search")
    for width, length in ((3, 6), (6, 3), (1, 2), (4, 1)):
        move(at, {"decoding.width": width, "decoding.length": length})
        levels = list(decoding.beams(NETWORK, PROMPT, width, length, [TOKENIZER.end]))
        shown = pictures(at)["decoding.tree"]["levels"]
        assert [[node["parent"] for node in nodes] for nodes in shown] == [
            [beam.parent for beam in level] for level in levels
        ]
        for nodes, level in zip(shown, levels, strict=True):
            assert [node["token"] for node in nodes] == [TOKENIZER.piece(beam.ids[-1]) for beam in level]
            np.testing.assert_allclose(
                [node["bits"] for node in nodes], [-beam.score / math.log(2) for beam in level], atol=1e-3
            )
        assert f"**{-levels[-1][0].score / math.log(2):.2f} bits**" in said(at)
    click(at, "decoding.tree", {"node": [0, 2, NOW]})
    assert address(at)["decoding.path"] == spelled(levels[0][2].ids)


def test_the_map_grows_a_row_and_the_cache_a_column_with_each_token(at):
    look(at, "Attention and cache")
    for count in (0, 1, 2):
        ids = [*PROMPT, *written(count)]
        trace = load("decoder-rope").reread(ids)
        header, shown = pictures(at)["decoding.grown"]
        assert header["rows"] == header["columns"] == list(trace.tokens)
        expected = np.where(np.tri(len(ids), dtype=bool), trace.layers[2].attention.weights(3), np.nan)
        np.testing.assert_allclose(shown, expected, atol=1e-6)
        assert f"**{6_144 * len(ids):,} bytes**" in said(at)
        assert f"The last pass read {1 if count else len(PROMPT)} token" in said(at)
        difference = re.search(rf"largest difference ({NUMBER})|no difference at all", said(at))
        assert numeric(difference[1] or "0") < 1e-5
        press(at, "one")
    assert "times** as fast" in said(at)


def test_the_first_token_is_shown_and_left_out(at):
    press(at, "ten")
    look(at, "The first token")
    ids = [*PROMPT, *written(10)]
    trace = load("decoder-rope").reread(ids)
    np.testing.assert_allclose(pictures(at)["decoding.shares"][1], sink.shares(trace), atol=1e-6)
    click(at, "decoding.shares", {"cell": [1, 4, NOW]})
    assert (control(at, "layer").value, control(at, "head").value) == (2, 5)
    move(at, {"decoding.without": True})
    shown = pictures(at)["decoding.map"][1]
    assert np.isnan(shown[0]).all()
    np.testing.assert_allclose(np.nansum(shown[1:], axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(
        shown[5, 1:6], sink.without(trace.layers[1].attention.weights(4))[5, 1:6], atol=1e-6
    )


@pytest.mark.parametrize(("model", "flat", "above"), [("decoder-rope", 20, None), ("decoder-unmasked", 9, 4)])
def test_a_uniform_head_sees_what_the_mask_of_the_model_lets_it_see(model, flat, above):
    text = "I swam across the river to get to the other bank"
    at = opened("decoding", text=text, model=model, **{"decoding.section": "The first token"})
    trace = load(model).explain(text)
    T = len(trace.tokens)
    assert T == 11
    seen = np.tril(np.ones((T, T))) if trace.config.causal else np.ones((T, T))
    share = (seen / seen.sum(1, keepdims=True))[1:, 0].mean()
    assert round(100 * share) == flat
    heads = [layer.attention.weights(head)[1:, 0].mean() for layer in trace.layers for head in range(6)]
    more = sum(value > share for value in heads)
    assert above is None or more == above
    assert f"would give {flat} %; {more} of 24 heads give more" in said(at)


@pytest.mark.parametrize("section", ["Surprise and layers", "Two branches"])
def test_a_model_that_saw_the_token_is_not_said_to_have_predicted_it(section):
    ids = [TOKENIZER.encode(text)[0] for text in (" red", " big")]
    query = {
        "decoding.section": section,
        "decoding.path": spelled(ids[:1]),
        "decoding.other": spelled(ids[1:]),
        **FOLDS,
    }
    for model, given in (("decoder-rope", r"x_1 \dots x_{i-1}"), ("decoder-unmasked", r"x_1 \dots x_T")):
        at = opened("decoding", text=SHORT, model=model, **query)
        formulas = re.findall(r"p\(x_i \\mid (.*?)\)", said(at))
        assert formulas == [given]
        assert ("that token and all after it included" in said(at)) == (model == "decoder-unmasked")
    path = load("decoder-unmasked").explain(SHORT)
    other = load("decoder-unmasked").reread([*PROMPT[:-1], ids[0]])  # another last token moves them all
    assert abs(path.losses[0] - other.losses[0]) > 0.1 * path.losses[0]


def test_every_layer_says_what_it_would_have_said(at):
    press(at, "ten")
    look(at, "Surprise and layers")
    ids = [*PROMPT, *written(10)]
    trace = load("decoder-rope").reread(ids)
    click(at, "decoding.chips", {"token": [4, NOW]})
    assert control(at, "decoding.token").value == 4
    lists = pictures(at)["decoding.lens"]["lists"]
    assert len(lists) == 5
    best = np.argsort(-trace.probabilities[4])[:6]
    assert lists[-1]["tokens"] == [TOKENIZER.piece(id) for id in best]
    np.testing.assert_allclose(lists[-1]["shares"], trace.probabilities[4][best], rtol=1e-3)
    logits = decoding.lens(NETWORK, trace.layers[1].resid_in[4])
    assert lists[1]["tokens"][0] == TOKENIZER.piece(int(logits.argmax()))
    bits = trace.losses / math.log(2)
    assert f"**{bits.sum():.1f} bits**" in said(at)
    assert f"The text goes on with ` {TOKENIZER.piece(ids[5]).replace(' ', '·')} `" in said(at)


def test_a_model_that_looks_ahead_has_no_cache_and_says_so():
    at = opened("decoding", text=SHORT, model="decoder-unmasked")
    press(at, "one")
    for section in SECTIONS:
        look(at, section)
        assert "trained to look at the tokens that it should predict" in said(at)
    look(at, "Attention and cache")
    assert "keeps no cache" in said(at)


# ---- texts ----


@pytest.mark.parametrize("text", BRIEF.values(), ids=BRIEF.keys())
def test_hostile_text_gives_a_sentence_or_a_picture_in_every_section(at, text):
    move(at, {"text": text})
    assert control(at, "text").value == text
    if at.warning:
        return
    press(at, "one")
    for section in SECTIONS:
        look(at, section)
        for element in (*at.markdown, *at.caption, *at.info):
            assert not escaped(element.value), element.value


def test_two_sessions_do_not_share_a_branch():
    one, other = opened("decoding", text=SHORT), opened("decoding", text=SHORT)
    press(one, "one")
    take(other, 3)
    press(one, "one")
    assert address(one)["decoding.path"] == spelled(written(2))
    assert len(story(other)["tokens"]) == len(PROMPT) + 1
