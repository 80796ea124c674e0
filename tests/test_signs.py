"""Typographic signs: what they are, what they cost, and that they change only when somebody asks."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import load
from model.analysis import signs
from tests.session import HOSTILE, address, checked, control, move, opened

PHONE = "It’s the dog’s ball, and I don’t know."
KEYBOARD = "It's the dog's ball, and I don't know."
PLAIN = {  # as typed by phones and word processors: as typed on a keyboard
    PHONE: KEYBOARD,
    "“Hello,” she said": '"Hello," she said',
    "‘a’ ‚b‛ „c‟ «d» ‹e›": "'a' 'b' \"c\" \"d\" 'e'",
    "5′ 7″": "5' 7\"",
    "wait…": "wait...",
    "the dog – the cat": "the dog - the cat",
    "the dog — the cat": "the dog - the cat",
    "the dog—the cat": "the dog - the cat",
    "1990–1995": "1990-1995",
    "well‑known ‐ −3": "well-known - -3",
    "a\u00a0river\u202fbank\u2009here": "a river bank here",
    "ri\u00adver\u200b bank\u2060\ufeff": "river bank",
    "ﬁne ﬂow oﬃce aﬄuent ﬀ ﬅ ﬆ": "fine flow office affluent ff st st",
    "Ｔｈｅ　ｂａｎｋ！？１２": "The bank!?12",
    "one\u2028two\x0bthree\u2029": "one\ntwo\nthree\n",
}
KEPT = [
    KEYBOARD,
    "孩子们游过河，到了对岸。　ＯＫ！",  # the plain signs of such a text
    "子どもたちは、ＯＫ！",
    "हिन्दी می\u200cخواهم",
    "👩\u200d👩\u200d👧 ❤\ufe0f",
    "été e\u0301te\u0301 naïve ½ © ™ €",
    "`code` ``x`` <b>",
    "two\nlines\tand a tab",
]
BOXES = {
    "attention": ("text", "decoder-rope", {}),
    "decoding": ("text", "decoder-rope", {}),
    "bpe": ("text", "decoder-rope", {}),
    "positions": ("text", "decoder-rope", {}),
    "receptive_field": ("text", "encoder", {}),
    "word_sense": ("word_sense.other", "encoder", {"text": "The bank"}),
    "averaging": ("word_sense.other", "encoder", {"text": "The bank"}),
    "heads": ("heads.other", "decoder-rope", {"heads.section": "Two at once", "heads.pair": "two texts"}),
}


@pytest.mark.parametrize(("text", "plain"), PLAIN.items(), ids=map(repr, PLAIN))
def test_the_plain_signs(text, plain):
    assert signs.plain(text) == plain
    assert bool(signs.signs(text)) == (text != plain)
    assert signs.signs(plain) == []


@pytest.mark.parametrize("text", KEPT, ids=map(repr, KEPT))
def test_what_is_no_typographic_sign_is_left_alone(text):
    assert signs.signs(text) == []
    assert signs.plain(text) == text


@settings(deadline=None, max_examples=300)
@given(st.text() | st.text("a ’“”–—…\u00a0\u00adﬁＡ孩", max_size=20))
def test_plain_is_plain_and_a_text_without_signs_is_its_own_plain_form(text):
    plain = signs.plain(text)
    assert signs.plain(plain) == plain and not signs.signs(plain)
    if not signs.signs(text):
        assert plain == text


def test_ligatures_and_wide_signs_are_all_that_unicode_has():
    every = {chr(i) for i in range(0xFB00, 0xFB07)}
    assert set(signs.LIGATURES) == every
    assert all(unicodedata.east_asian_width(sign) == "F" for sign in signs.FULLWIDTH)


def test_the_cost_is_that_of_the_model():
    bundle = load("decoder-rope")
    cost = signs.cost(bundle, PHONE)
    losses = bundle.explain(PHONE).losses
    assert cost == (22, pytest.approx(float(losses.sum())), pytest.approx(float(losses.mean())))
    assert signs.cost(load("encoder"), PHONE).nats is None
    assert signs.cost(load("decoder-unmasked"), PHONE).nats is None  # it has seen what it predicts
    assert signs.cost(bundle, "a") == (1, 0.0, 0.0)
    with pytest.raises(ValueError, match="no text"):
        signs.cost(bundle, "")


# ---- what the pages say ----


def said(at):
    return "\n".join(element.value for element in (*at.caption, *at.sidebar.caption))


def buttons(at):
    return [button.key for button in at.button if str(button.key).startswith("signs.")]


@pytest.mark.parametrize(("page", "box"), BOXES.items())
def test_beside_every_box_signs_are_told_and_changed_when_asked(page, box):
    key, model, more = box
    text = "It’s the bank – “really”…"
    at = opened(page, **more, **{key: text})
    now, then = (len(load(model).tokenizer.encode(one)) for one in (text, signs.plain(text)))
    assert f"**{then} tokens instead of {now}**" in said(at)
    assert control(at, key).value == text == address(at)[key]
    control(at, f"signs.{key}").click()
    checked(at.run())
    assert control(at, key).value == 'It\'s the bank - "really"...' == address(at)[key]
    assert "Typographic signs" not in said(at) and buttons(at) == []


def test_tokens_and_nats_are_told_as_computed_now():
    at = opened("decoding", text=PHONE)
    assert "` ’ `" in said(at)
    assert "**13 tokens instead of 22**" in said(at)
    assert "2.50 a token instead of 7.15" in said(at)
    losses = [load("decoder-rope").explain(text).losses.sum() for text in (KEYBOARD, PHONE)]
    nats = re.search(r"it costs ([\d.]+) nats instead of ([\d.]+):", said(at)).groups()
    assert list(map(float, nats)) == pytest.approx(list(map(float, losses)), rel=0.01)
    move(at, {"model": "decoder-alibi"})
    assert "With plain signs, decoder-alibi reads" in said(at)


def test_signs_that_cannot_be_seen_have_names():
    at = opened("decoding", text="ri\u00adver\u00a0bank well‑known")
    assert "soft hyphen, no-break space, non-breaking hyphen" in said(at)


@pytest.mark.parametrize("text", ["", "   ", KEYBOARD, "’" * 60_000, "\u00a0"], ids=lambda text: text[:9])
def test_nothing_is_offered_where_there_is_no_sign_or_no_text_to_read(text):
    at = opened("attention", text=text)
    assert buttons(at) == []


def test_hostile_text_beside_a_sign_stays_out_of_the_sentence():
    at = opened("attention", text="’ <b>bold</b> `x` $x$ [a](javascript:alert(1))")
    assert "Typographic signs here: ` ’ `. " in said(at)
    assert "bold" not in said(at).split("Typographic")[1].split("nats")[0]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_any_text_has_a_plain_form(text):
    assert signs.signs(signs.plain(text)) == []
