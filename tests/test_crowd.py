"""Many visitors of one real server at once: each is shown what they would be shown alone, by a server that
has no workers.
"""

import ast
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.browser import launch
from tests.session import ROOT
from tests.test_pages import PAGES
from tests.wire import Visitor

TEXTS = (  # one a visitor, who sees each page in another view: no page has more than eight
    "I swam across the river to the other bank",
    "She put her money in the bank",
    "The cat sat on the mat because it was tired.",
    "Lily gave Tom a red ball, and Tom said thank you.",
    "One two three one two three one",
    "the dog and the cat and the dog",
    "Rain fell on the roof all night long",
    "An old boat lay on the river bank",
)
MEASURED = b"decoding.durations", b"Measured on this machine"  # what holds times, which no two runs share
LEAST = 3  # of the visitors see each page, also one that has a single view
EARLY, TWICE = "A heron at the bank of the river", "He paid at the bank"  # that no other visitor brings
# of the servers, by place; two, as who comes before what in a cold server is a matter of chance
ENVIRONMENTS = {}, {"RIVERBANK_WORKERS": "0"}


def views(page):
    """The names of the page's views, as its script lists them; one without a name where it has one only."""
    tree = ast.parse((ROOT / "pages" / page / "page.py").read_text(encoding="utf-8"))
    lists = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SECTIONS"
    ]
    return [key.value for key in lists[0].keys] if lists else [None]


# Read before there are threads, in which ast.parse may fail (cpython gh-106905).
VIEWS = {page: views(page) for page in PAGES}


def tour(turn):
    """Pages, (page, query) each, in another order and in another view at every turn: each page as often as it
    has views, and at least LEAST times.
    """
    pages = PAGES[turn:] + PAGES[:turn]
    for page in pages:
        names = VIEWS[page]
        if turn >= max(len(names), LEAST):
            continue
        view = names[turn % len(names)]
        yield page, {"text": TEXTS[turn]} | ({f"{page}.section": view} if view else {})


def visit_all(url, turn):
    """What is shown on a tour to visitors who come by links, one after the other: {page: answer}."""
    shown = {}
    for page, query in tour(turn):
        with Visitor(url) as visitor:
            visitor.open(page, **query)
            assert visitor.wrong() == [], (page, query)
            shown[page] = visitor.answer()
    return shown


@pytest.fixture(scope="module")
def servers():
    """servers(place) -> one of the file's servers, started when it is first asked for: those that the first
    visitors found cold serve the other tests too, which bring texts of their own.
    """
    with ExitStack() as stack:
        running = []

        def server(place):
            while len(running) <= place:
                environment = ENVIRONMENTS[len(running)]
                running.append(stack.enter_context(launch.server(environment=environment)))
            return running[place]

        yield server
        workers = [worker for one in running for worker in one.workers()]
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)  # none outlives its server


def test_every_view_is_on_a_tour():
    seen = {(page, query.get(f"{page}.section")) for turn in range(len(TEXTS)) for page, query in tour(turn)}
    assert seen == {(page, view) for page in PAGES for view in views(page)}
    assert len(seen) > 30


@pytest.mark.parametrize("start", range(len(ENVIRONMENTS)))
def test_visitors_who_come_before_the_server_is_warm_see_every_page(servers, start):
    cold = servers(start)  # its port answers long before torch is there
    with ExitStack() as stack:
        visitors = [(page, stack.enter_context(Visitor(cold.url))) for page in PAGES for _ in range(2)]
        with ThreadPoolExecutor(len(visitors)) as threads:
            list(threads.map(lambda one: one[1].open(one[0], text=EARLY), visitors))
        assert {page: visitor.wrong() for page, visitor in visitors if visitor.wrong()} == {}
        assert all(len(visitor.elements) > 10 for _, visitor in visitors)
        assert "Traceback" not in cold.log


def test_visitors_at_once_are_shown_what_each_is_shown_alone(servers):
    crowded, quiet = servers(0), servers(1)
    with ThreadPoolExecutor(len(TEXTS)) as threads:
        together = list(threads.map(lambda turn: visit_all(crowded.url, turn), range(len(TEXTS))))
    assert "Traceback" not in crowded.log
    alone = [visit_all(quiet.url, turn) for turn in range(len(TEXTS))]
    assert crowded.workers() and not quiet.workers()
    for turn, (crowd, one) in enumerate(zip(together, alone, strict=True)):
        for page, answer in one.items():
            assert crowd[page].keys() == answer.keys(), (turn, page)
            compared = [place for place in answer if not any(mark in answer[place] for mark in MEASURED)]
            differing = [place for place in compared if answer[place] != crowd[page][place]]
            assert differing == [], (turn, page, [answer[place][:200] for place in differing])


def test_who_comes_second_is_shown_the_same_though_nothing_is_computed_any_more(servers):
    """A place where progress is said may not look otherwise once there is none to be told of."""

    def shown(section):
        with Visitor(servers(0).url) as visitor:
            query = {"text": TWICE, "model": "encoder", "architecture.section": section}
            visitor.open("architecture", **query)
            return visitor.answer()

    assert shown("The block") == shown("The block")
    assert shown("The end") == shown("The end")
