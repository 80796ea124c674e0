"""The server sends Streamlit's code packed, and everything else as it is."""

import asyncio
import gzip
import re
from pathlib import Path

import pytest
import streamlit
from starlette.requests import Request
from starlette.responses import Response

import app

STATIC = Path(streamlit.__file__).parent / "static"
CODE = "/" + next((STATIC / "static" / "js").glob("index.*.js")).relative_to(STATIC).as_posix()
STYLE = "/" + next((STATIC / "static" / "css").glob("*.css")).relative_to(STATIC).as_posix()
PLAIN = Response("as it is")


async def answer(request):
    return PLAIN


def asked(path, encoding="gzip, deflate, br", method="GET"):
    headers = [(b"accept-encoding", encoding.encode())]
    return app.packed(
        Request({"type": "http", "method": method, "path": path, "headers": headers, "query_string": b""}),
        answer,
    )


@pytest.fixture(autouse=True)
def nothing_packed(monkeypatch):
    monkeypatch.setattr(app, "PACKED", {})


@pytest.mark.parametrize(("path", "kind"), [(CODE, "text/javascript"), (STYLE, "text/css")])
def test_code_is_packed_and_the_same_when_unpacked(path, kind):
    found = asyncio.run(asked(path))
    assert gzip.decompress(found.body) == (STATIC / path[1:]).read_bytes()
    assert len(found.body) < 0.4 * (STATIC / path[1:]).stat().st_size
    assert found.headers["content-encoding"] == "gzip" and found.headers["vary"] == "accept-encoding"
    assert found.headers["content-type"].startswith(kind) and "immutable" in found.headers["cache-control"]


@pytest.mark.parametrize(
    ("path", "how"),
    [
        (CODE, {"encoding": "br"}),
        (CODE, {"method": "HEAD"}),
        ("/static/js/missing.js", {}),
        ("/static/js/../../../app.js", {}),
        ("/static/js/%2e%2e/a.js", {}),
        ("/attention", {}),
        ("/static/media/a.woff2", {}),
        ("/", {}),
    ],
)
def test_all_else_is_left_alone(path, how):
    assert asyncio.run(asked(path, **how)) is PLAIN
    assert not app.PACKED


def test_a_class_that_asks_at_once_has_the_file_packed_once(monkeypatch):
    packed, pack = [], gzip.compress
    monkeypatch.setattr(gzip, "compress", lambda data: packed.append(len(data)) or pack(data))

    async def thirty():
        return await asyncio.gather(*(asked(CODE) for _ in range(30)))

    bodies = {found.body for found in asyncio.run(thirty())}
    assert len(bodies) == len(packed) == 1


def test_who_leaves_while_a_file_is_packed_takes_it_from_nobody():
    async def two():
        leaves, stays = (asyncio.create_task(asked(CODE)) for _ in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        return [await stays, await asked(CODE)]

    assert all(
        gzip.decompress(found.body) == (STATIC / CODE[1:]).read_bytes() for found in asyncio.run(two())
    )


def test_the_page_itself_names_code_where_it_is_looked_for():
    names = re.findall(r'(?:src|href)="\.(/static/(?:js|css)/[^"]+)"', (STATIC / "index.html").read_text())
    assert len(names) > 10 and all(app.CODE.fullmatch(name) for name in names)
