"""What a hostile visitor may send, as strategies of hypothesis."""

import json
import re
from functools import cache

from hypothesis import strategies as st
from streamlit.proto.BackMsg_pb2 import BackMsg

import model
from model.loading import HUB
from tests.session import HOSTILE, ROOT
from tests.test_crowd import views
from tests.test_messages import STATES
from tests.test_pages import PAGES
from tests.wire import Json

SIDEBAR = ("text", "model", "layer", "head", "example", "words")
# Keys that are put together; the others are in the source of their pages.
TOGETHER = {
    "heads": ("layer_b", "head_b"),
    "masks": ("prefix", "window"),
    "receptive_field": (
        "attention",
        "dilation",
        "kernel",
        "layers",
        "looks",
        "mask",
        "stack",
        "stride",
        "window",
    ),
    "word_sense": (
        "word",
        "word1",
        "word2",
        "words",
        "hidden1",
        "hidden2",
        "place1",
        "place2",
        "sense1",
        "sense2",
    ),
    "word_sense.bank": ("left", "left_name", "right", "right_name"),
}
SPEECH = "I you the a of to get across river road bank Bank money cash swam walked 42 , . !"
ODD = [
    "",
    " ",
    "0",
    "-1",
    "1e999",
    "nan",
    "inf",
    "1_0",
    "１",
    "None",
    "null",
    "[]",
    "{}",
    "%00",
    "../..",
    "\x00",
    "True",
    "False",
    "\ud7ff",
    f"{HUB}../..",
    f"{HUB}/etc",
    HUB,
]


@cache
def parameters(page):
    """The names that an address of this page may hold: those of its controls; and those of its pictures."""
    files = sorted((ROOT / "pages" / page).glob("*.py")) + sorted((ROOT / "pages").glob("_*.py"))
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    written = re.findall(rf'"((?:{"|".join(PAGES)})\.[\w.]+)"', source)
    return sorted({*SIDEBAR, *written, *(f"{start}.{end}" for start in TOGETHER for end in TOGETHER[start])})


prose = st.lists(st.sampled_from(SPEECH.split()), min_size=1, max_size=40).map(" ".join)
long = st.tuples(prose, st.integers(1, 3000)).map(lambda both: " ".join([both[0]] * both[1])[:60_000])
texts = st.one_of(prose, prose, st.text(max_size=200), st.sampled_from(sorted(HOSTILE.values())), long)
numbers = st.one_of(st.integers(-3, 40), st.integers(), st.floats()).map(str)
lists = st.tuples(st.sampled_from(" ,-.:"), st.lists(numbers | st.text(max_size=5), max_size=8))
values = st.one_of(
    numbers,
    lists.map(lambda both: both[0].join(both[1])),
    st.sampled_from(ODD),
    st.sampled_from(model.names()),
    texts.map(lambda text: text[:4_000]),
)

leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 30), st.integers(), st.floats(), st.text(max_size=20)
)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
plausible = st.lists(
    st.integers(0, 12) | st.sampled_from(["1.1", "2.3", "row", "column", "q"]), min_size=1, max_size=3
)
# what a view says: its states, each [what was chosen, …, when]
said = st.one_of(
    st.dictionaries(
        st.sampled_from(STATES),
        st.builds(lambda chosen, when: [*chosen, when], plausible, st.integers(0, 2**53)),
    ),
    st.dictionaries(st.sampled_from([*STATES, "lost", "__proto__"]), anything, max_size=5),
    st.dictionaries(st.text(max_size=8), anything, max_size=3),
).map(lambda message: Json(json.dumps(message)))

steps = st.lists(
    st.one_of(
        st.tuples(st.just("typed"), texts),
        st.tuples(st.just("said"), st.lists(said, min_size=1, max_size=8)),
    ),
    max_size=3,
)


@st.composite
def visits(draw, pages=tuple(PAGES)):
    """A page, the query of the address that leads to it, and what its visitor does there."""
    page = draw(st.sampled_from(pages))
    query = draw(st.dictionaries(st.sampled_from(parameters(page)), values, max_size=5))
    query |= {"text": draw(texts)[:8_000]} if draw(st.booleans()) else {}
    if (names := views(page)) != [None] and draw(st.integers(0, 9)):
        query[f"{page}.section"] = draw(st.sampled_from(names))
    return page, query, draw(steps)


PATHS = [
    "/",
    "/_stcore/stream",
    "/_stcore/upload_file/",
    "/_stcore/host-config",
    "/media/",
    "/static/js/",
    "/component/",
]
segments = st.lists(
    st.text(max_size=8) | st.sampled_from([".", "..", "%2e%2e", "a", "%00", "\\"]), max_size=5
)
requests = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"]),
        "path": st.builds(
            lambda start, rest: start + "/".join(rest), st.sampled_from([*PATHS, *PAGES]), segments
        ),
        "body": st.binary(max_size=2_000),
        "kind": st.sampled_from(
            ["application/octet-stream", "multipart/form-data; boundary=x", "text/plain", "x"]
        ),
    }
)
# what no browser says: bytes by chance, and whatever else Streamlit listens to
kinds = st.sampled_from([field.name for field in BackMsg.DESCRIPTOR.fields if field.name != "rerun_script"])


def message(kind, payload):
    """A message of that kind, whose content is bytes by chance where it may be."""
    said = BackMsg()
    if isinstance(getattr(said, kind), bool):
        setattr(said, kind, True)
    else:
        getattr(said, kind).SetInParent()
    return said.SerializeToString() + payload


frames = st.lists(
    st.binary(max_size=200) | st.builds(message, kinds, st.just(b"") | st.binary(max_size=20)),
    min_size=1,
    max_size=4,
)
