"""A text that ends with white space or inside a word: the model's own numbers, and what the pages say."""

import random
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from model import load
from model import tokenizer as bpe
from model.analysis import ending
from pages._ending import SURE
from tests.session import address, checked, control, move, opened

STORY = Path(bpe.__file__).with_name("story.txt").read_text(encoding="utf-8")
NAME = "decoder-rope"
PROMPT = "Once upon a time"
CUT = [
    "Once upon a ti",
    "The cat sat on the m",
    "She opened the d",
    "Lily wa",
    "Tom said hel",
    "I am hap",
    "The elephan",
    "Their favori",
    "I don'",
    "Onc",
]
WHOLE = [
    PROMPT,
    "The cat sat on the mat",
    "I swam across the river to get to the other bank",
    "She plays with her toy",
    "Mom and Dad",
    "I don",
    "I don't",
    "Once",
    "Tom",
    "The year is 19",
    "The cat sat.",
    "The phosphorescent",
    "हिन्दी",
    "👩‍👩‍👧",
]


def beginning(text, name=NAME):
    return ending.beginning(load(name), load(name).explain(text))


@pytest.mark.parametrize("text", CUT)
def test_a_text_that_ends_inside_a_word_is_seen(text):
    assert beginning(text).share > SURE


@pytest.mark.parametrize("text", WHOLE)
def test_a_text_that_ends_with_a_whole_word_is_not_suspected(text):
    found = beginning(text)
    assert found is None or found.share < SURE


def test_the_word_that_it_may_be_is_named():
    assert beginning("Once upon a ti").longer[0][0] == " time"
    assert beginning("Once upon a ti").longer[0][1] > 0.99
    assert beginning("I don'").longer[0][0] == "'t"


def test_most_cut_words_of_a_tale_are_seen_and_hardly_a_whole_one():
    chance = random.Random(2)
    words = chance.sample([match for match in re.finditer("[A-Za-z]{3,}", STORY) if match.start() > 40], 60)
    before = [STORY[max(0, word.start() - 200) : word.start()].lstrip() for word in words]
    whole = [beginning(text + word[0]).share > SURE for text, word in zip(before, words, strict=True)]
    cut = [
        beginning(text + word[0][: chance.randrange(1, len(word[0]))]).share > SURE
        for text, word in zip(before, words, strict=True)
    ]
    assert sum(whole) <= 1 and sum(cut) >= 48


def after(bundle, ids):
    """What the model expects after these ids, by a pass of its own."""
    with torch.inference_mode():
        return bundle.network(torch.tensor(ids)).logits[-1].double().softmax(-1).numpy()


@pytest.mark.parametrize("text", ["I swam across the riv", "the bank of th", "riv", "across the"])
def test_the_share_is_the_sum_over_the_longer_words_each_by_a_pass_of_its_own(make_bundle, text):
    bundle = make_bundle()
    tokenizer = bundle.tokenizer
    ids = tokenizer.encode(text)
    word = tokenizer.encode_word(tokenizer.words(text)[-1])
    context, whole = ids[: -len(word)] or [tokenizer.end], tokenizer.words(text)[-1].encode()
    longer, path = 0.0, 1.0
    for k in range(len(word)):
        chances = after(bundle, [*context, *word[:k]])
        done = b"".join(tokenizer.bytes[id] for id in word[:k])
        joined = [done + known for known in tokenizer.bytes]
        longer += path * sum(
            chances[id] for id, one in enumerate(joined) if one.startswith(whole) and one != whole
        )
        path *= chances[word[k]]
    letters = [known.decode(errors="ignore")[:1].isalpha() for known in tokenizer.bytes]
    goes_on = longer + path * after(bundle, [*context, *word])[letters].sum()
    found = ending.beginning(bundle, bundle.explain(text))
    assert found.share == pytest.approx(goes_on / (longer + path), rel=1e-4)
    assert sum(share for _, share in found.longer) == pytest.approx(longer / (longer + path), rel=1e-4)
    assert found.word == whole.decode()


@pytest.mark.parametrize("name", ["encoder", "decoder-unmasked", "toy-rope"])
def test_a_model_that_predicts_nothing_or_knows_no_words_says_nothing(name):
    assert beginning("The cat sat on the m", name) is None


# ---- what the pages say ----

PAGES = {
    "decoding": {},
    "attention": {},
    "architecture": {"architecture.section": "The end"},
    "positions": {"positions.section": "Side by side", "positions.comes": "True"},
}


def infos(at):
    return "\n".join(element.value for element in at.info)


def entropy(text):
    """Bits of the next token, by the plain formula."""
    logits = load(NAME).explain(text).logits[-1].astype(np.float64)
    chances = np.exp(logits - logits.max())
    chances /= chances.sum()
    return float(-(chances * np.log2(chances)).sum())


@pytest.mark.parametrize(("page", "more"), PAGES.items())
def test_every_page_that_shows_the_next_token_says_that_the_text_ends_with_a_space(page, more):
    at = opened(page, text=f"{PROMPT} ", **more)
    assert "Your text ends with a space" in infos(at)
    control(at, "ending.off").click()
    checked(at.run())
    assert control(at, "text").value == PROMPT == address(at)["text"]
    assert "Your text ends" not in infos(at)


@pytest.mark.parametrize(("page", "more"), PAGES.items())
def test_every_page_that_shows_the_next_token_says_that_the_text_ends_inside_a_word(page, more):
    at = opened(page, text="Once upon a ti", **more)
    assert "seems to end inside a word" in infos(at) and "` ·time ` 100 %" in infos(at)
    control(at, "ending.off").click()
    checked(at.run())
    assert control(at, "text").value == "Once upon a" == address(at)["text"]
    assert "inside a word" not in infos(at)


@pytest.mark.parametrize(
    ("tail", "kind"),
    [
        (" ", "a space"),
        ("\n", "a line break"),
        ("\t", "a tab"),
        ("\u00a0", "a non-breaking space"),
        ("  ", "white space"),
        (" \n\u2003", "white space"),
    ],
    ids=repr,
)
def test_any_white_space_at_the_end_is_named_with_the_entropies_computed_now(tail, kind):
    at = opened("decoding", text=PROMPT + tail)
    assert f"Your text ends with {kind}." in infos(at)
    assert f"Entropy of the next token: **{entropy(PROMPT + tail):.2f} bits" in infos(at)
    assert f"**{entropy(PROMPT):.2f} bits" in infos(at)
    control(at, "ending.off").click()
    checked(at.run())
    assert control(at, "text").value == PROMPT


@pytest.mark.parametrize("text", ["", "   ", PROMPT, " \n"])
def test_nothing_is_said_of_a_text_that_ends_well_or_of_none(text):
    at = opened("decoding", text=text)
    assert "Your text" not in infos(at)


@pytest.mark.parametrize("tail", [" ", "\u00a0", " " * 200], ids=["one", "of two tokens", "200"])
def test_the_cost_of_the_white_space_is_that_of_its_tokens(tail):
    bundle = load(NAME)
    ids, place = bundle.tokenizer.encode(PROMPT + tail), len(bundle.tokenizer.encode(PROMPT))
    with torch.inference_mode():
        chances = bundle.network(torch.tensor(ids)).logits.double().softmax(-1)
    bits = -sum(np.log2(float(chances[i - 1, ids[i]])) for i in range(place, len(ids)))
    said = re.search(r"costs the model ([\d,.]+) bits", infos(opened("decoding", text=PROMPT + tail)))[1]
    assert float(said.replace(",", "")) == pytest.approx(bits, rel=0.01)


def test_a_first_word_that_is_cut_leaves_no_text_to_go_back_to():
    at = opened("decoding", text="Onc")
    assert "inside a word" in infos(at)
    assert not [button for button in at.button if button.key == "ending.off"]


def test_it_is_said_only_where_the_last_token_is_asked_and_only_of_a_model_that_predicts():
    at = opened("attention", text=f"{PROMPT} ", **{"attention.query": "2"})
    assert "Your text ends" not in infos(at)
    move(at, {"attention.query": 4})
    assert "Your text ends" in infos(at)
    move(at, {"model": "encoder"})
    assert "Your text ends" not in infos(at)


def test_the_way_to_the_tokens_takes_the_text_along():
    at = opened("decoding", text=f"{PROMPT} ")
    (link,) = (one.proto for one in at.get("page_link"))
    assert (link.page, link.query_string) == ("bpe", "text=Once+upon+a+time+")


def test_hostile_last_words_stay_text():
    for text in ("a `tick` $x$ [a](javascript:alert(1)) wa", "<b>bold</b> hap"):
        assert "<b>" not in re.sub(r"`+.*?`+", "", infos(opened("decoding", text=text)))


AHEAD = "has read it already"


def told(page, **link):
    return [one.value for one in opened(page, **link).info if AHEAD in one.value]


@pytest.mark.parametrize(
    ("page", "link", "expected"),
    [
        ("attention", {"attention.query": "2"}, 1),
        ("attention", {}, 0),  # the last token: nothing comes after it
        ("attention", {"attention.query": "2", "attention.mask": "causal"}, 0),
        ("attention", {"attention.query": "2", "model": "decoder-rope"}, 0),
        ("attention", {"attention.query": "2", "model": "decoder-rope", "attention.mask": "full"}, 1),
        ("attention", {"attention.query": "2", "model": "encoder"}, 0),
        ("heads", {"heads.section": "Knock-outs", "heads.query": "2"}, 1),
        ("heads", {"heads.section": "Knock-outs"}, 0),
        ("architecture", {"architecture.section": "The end", "architecture.token": "2"}, 1),
    ],
)
def test_what_has_read_the_next_token_is_said_where_its_probability_is_shown(page, link, expected):
    link = {"text": "The river bank was steep", "model": "decoder-unmasked"} | link
    assert len(told(page, **link)) == expected


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("masks", {"masks.writing": "true"}),
        ("heads", {"heads.section": "Knock-outs", "model": "decoder-rope"}),
    ],
)
def test_a_space_at_the_end_is_told_wherever_the_next_token_matters(page, link):
    at = opened(page, text="Once upon a time ", **link)
    assert sum("Your text ends with a space" in one.value for one in at.info) == 1
