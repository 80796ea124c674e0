"""What no page shows, in whatever words: a zero with a sign, two signs, "1 tokens", a hyphen for a minus, a
caption that is no sentence.
"""

import re

import pytest
from google.protobuf.json_format import MessageToDict

from tests.session import AROUND, SHORT, control, figures, opened, sent
from tests.test_pages import PAGES, VIEWED, WITHOUT_TEXT

THINGS = (
    "beam|beginning|bit|byte|cell|character|curve|example|head|key|layer|line|measurement|merge|model|nat|neuron|"
    "number|output|pair|piece|place|point|product|query|row|sentence|stage|step|time|token|value|weight|word"
)
WRONG = {
    "a zero with a sign": r"[-−]0(?:\.0*)?(?!\.?\d)",
    "two signs": r"\+ ?[-−](?=[\d.∞])|[-−]{2}(?=[\d.∞])",
    "several of one": rf"(?<![\w.,/:×–−-])1 (?:{THINGS})s\b",
}
IN_SENTENCES = {
    "a hyphen for a minus": r"(?<![\w)\]’”.,–-])-(?=\.?\d|∞)",
    "a power of ten as programs write it": r"(?<![\w.])\d+(?:\.\d+)?e[-+−]?\d+\b",
}
A_SENTENCE = r"[*`“(]*[^a-z*`“(].*[.?!][*”)]*"
FORMULA = r"\$\$.*?\$\$|\$[^$\n]+\$"
CODE = r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|\]\([^)]*\)"  # code spans, and where links lead
NOT_SHOWN = {"bdata", "dtype", "element_id", "hovertemplate", "id", "key", "query", "revision", "source"}
VISITS = [
    *((page, {"text": text}) for page in PAGES if page not in WITHOUT_TEXT for text in ("a", SHORT)),
    *((page, {}) for page in sorted(WITHOUT_TEXT)),
    ("attention", {"model": "decoder-alibi", "attention.query": "2", "attention.key": "2"}),
    ("attention", {"attention.average": "True"}),
    ("decoding", {"decoding.method": "greedy"}),
    ("heads", {"model": "decoder-alibi"}),
    ("rope", {"rope.base": "1000000"}),
]


def texts(value, key=""):
    """All strings inside a JSON value, but those that nobody reads."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in NOT_SHOWN:
                yield from texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, key)


def shown(at):
    """What the page shows: its sentences, its controls, its figures, and what it has sent to its views."""
    for element in (*at.sidebar, *at.main):
        kind = getattr(element, "type", None)
        if kind not in (None, "code", "bidi_component", "text_area") and getattr(element, "proto", None):
            yield from texts(MessageToDict(element.proto, preserving_proto_field_name=True))
    for name, data in (sent(at) | figures(at)).items():
        if name not in AROUND:
            yield from texts(data[0] if isinstance(data, tuple) else data)


def fragments(captions):
    """The captions that are no sentences: they begin with a small letter, or end without a full stop."""
    return [f"no sentence: {one}" for one in captions if not re.fullmatch(A_SENTENCE, one, re.DOTALL)]


def faults(text):
    """What is wrong with the numbers of a text, each with the place."""
    plain = re.sub(CODE, "`", text, flags=re.DOTALL)
    sentence = re.sub(FORMULA, "", plain, flags=re.DOTALL)
    for patterns, some in ((WRONG, plain), (IN_SENTENCES, sentence)):
        for name, pattern in patterns.items():
            if found := re.search(pattern, some):
                yield f"{name}: …{some[max(0, found.start() - 60) : found.end() + 30]}…"


@pytest.mark.parametrize(
    "text",
    [
        "+-0",
        "-0.00 bits",
        "−0 %",
        "is -0.000.",
        "1 tokens",
        "Over 1 heads",
        "from -3 on",
        "3e-07",
        "$+-0$",
        "--1",
    ],
)
def test_the_law_finds_what_it_forbids(text):
    assert list(faults(text))


@pytest.mark.parametrize(
    "text",
    [
        "−0.003",
        "+0.01",
        "layer 1 looks",
        "0 tokens",
        "1.00 bits",
        "3 × 10⁻⁷",
        "$e^{-2}$",
        "`-0`",
        "T5-3",
        "10–0 x",
    ],
)
def test_the_law_lets_everything_else_pass(text):
    assert not list(faults(text))


def test_a_caption_is_a_sentence():
    assert fragments(["row is a token.", "Row is a token", "“looks at”: weights", "**Bold** and no stop"])
    assert not fragments(["Each row is a token.", "` bank ` is 2 tokens.", "**Click** it.", "“It”: a word."])


@pytest.mark.parametrize(("page", "query"), VISITS, ids=str)
def test_no_view_shows_a_number_badly(page, query):
    at = opened(page, **query)
    wrong = {}
    for view in control(at, f"{page}.section").options if page in VIEWED else [None]:
        if view and view != control(at, f"{page}.section").value:
            control(at, f"{page}.section").set_value(view).run()
            assert not at.exception
        found = [fault for text in shown(at) for fault in faults(text)]
        found += fragments(caption.value for caption in at.caption)
        if found:
            wrong[view] = found
    assert not wrong
