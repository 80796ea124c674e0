"""`python -m tests.bench answers`: what an answer costs, page by page: seconds of a core, of the server and its
workers together, from a new text of so many tokens to the end of the page. Other work on the machine changes
little of it.
"""

import argparse
from statistics import fmean

import model
from tests.bench import texts
from tests.bench.views import views
from tests.browser import launch
from tests.test_pages import PAGES
from tests.wire import Visitor

BARS = {16: 0.04, 32: 0.06}  # tokens of the texts: the most seconds of the mean answer over all pages
END = " bank"  # of every text: of this word the pages about senses know the most


def cost(server, page, view, some, turns):
    """Seconds of a core of each answer to a new text, on a page that has answered two before; None where no
    text is typed.
    """
    with Visitor(server.url) as visitor:
        visitor.open(page, **({f"{page}.section": view} if view else {}))
        if not any(box.id.endswith("-text") for box in visitor.all("text_area")):
            return None
        for turn in range(turns + 2):
            if turn == 2:
                before = server.computed()
            visitor.run(states={visitor.box("text").id: next(some)})
            assert visitor.wrong() == []
        return (server.computed() - before) / turns


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.bench answers", description=__doc__)
    parser.add_argument("pages", nargs="*", help="only these pages")
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--every-view", action="store_true", help="not only the one with which a page begins")
    asked = parser.parse_args(arguments)
    chosen = [(page, view) for page, view in views() if page in (asked.pages or PAGES)]
    first = {page: view for page, view in reversed(chosen)}
    some = {tokens: texts(tokens, loaded=model.load("decoder-rope"), end=END) for tokens in BARS}
    print(f"{'CPU ms an answer':<42}" + "".join(f"{tokens:>5} tokens" for tokens in BARS))
    costs = {}
    with launch.server() as server:
        for page, view in chosen if asked.every_view else first.items():
            each = [cost(server, page, view, one, asked.turns) for one in some.values()]
            if None in each:
                continue
            costs[page, view] = each
            name = f"{page}{f': {view}' if asked.every_view and view else ''}"
            print(f"{name:<42}" + "".join(f"{1000 * seconds:>12.0f}" for seconds in each), flush=True)
    begun = [each for one, each in costs.items() if one in first.items()]
    means = [fmean(column) for column in zip(*begun, strict=True)]
    print(f"{'the mean over all pages':<42}" + "".join(f"{1000 * mean:>12.0f}" for mean in means))
    for (tokens, bar), mean in zip(BARS.items(), means, strict=True):
        print(f"≤ {1000 * bar:.0f} ms at {tokens} tokens {'met' if mean <= bar else 'MISSED'}")
