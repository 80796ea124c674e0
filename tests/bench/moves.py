"""`python -m tests.bench moves`: every view of every page in a real browser, from a move of the control that is
played with first to the repainted picture, beside an empty rerun; see views.
"""

import argparse
from functools import partial
from statistics import median
from urllib.parse import urlencode

import model
from tests.bench import texts
from tests.bench.views import HEAD, TOKENS, answers, line, pages, typing
from tests.test_pages import PAGES, views

# The control of each view; where a view has none of its own, the layer or the list of examples.
CONTROLS = {
    ("architecture", "The MLP"): "architecture.neuron",
    ("architecture", "The stream"): "architecture.token",
    ("architecture", "The end"): "architecture.token",
    ("architecture", "What it costs"): "architecture.length",
    ("attention", None): "attention.step",
    ("averaging", None): "averaging.where",
    ("bpe", None): "example",
    ("bugs", "Look at a bug"): "bugs.bug",
    ("bugs", "Guess the bug"): "bugs.another",
    ("decoding", "The next word"): "decoding.temperature",
    ("decoding", "Beam search"): "decoding.width",
    ("decoding", "Two branches"): "decoding.one",
    ("decoding", "Attention and cache"): "decoding.one",
    ("decoding", "The first token"): "decoding.without",
    ("decoding", "Surprise and layers"): "decoding.token",
    ("heads", "Grid"): "heads.order",
    ("heads", "Two at once"): "heads.head_b",
    ("heads", "Neuron"): "heads.query",
    ("heads", "Across layers"): "heads.query",
    ("heads", "Knock-outs"): "heads.which",
    ("learning", "Watch it learn"): "learning.seed",
    ("learning", "Race"): "learning.seed",
    ("masks", "Can it cheat?"): "example",
    ("masks", "Paint a mask"): "masks.mask",
    ("masks", "Leak test"): "masks.future",
    ("masks", "Encoder and decoder"): "masks.output",
    ("positions", "Which to choose"): "example",
    ("positions", "Side by side"): "positions.head",
    ("positions", "Shuffle test"): "positions.shuffle",
    ("positions", "By distance"): "positions.model",
    ("positions", "The encoding itself"): "positions.encoding",
    ("positions", "Beyond the training length"): "positions.length",
    ("positions", "Content and position"): "positions.split",
    ("receptive_field", None): "receptive_field.layers",
    ("rope", None): "rope.query",
    ("vision", "Look"): "vision.head",
    ("vision", "In a row"): "vision.sample",
    ("vision", "Moved"): "vision.right",
    ("vision", "Near-sighted"): "vision.radius",
    ("vision", "Train it now"): "vision.sample",
    ("vision", "Any picture"): "vision.cut",
    ("why", "Why did it look there?"): "why.query",
    ("why", "What did it write?"): "why.after",
    ("word_sense", None): "word_sense.word",
}
STILL = {("vision", "Little data"), ("vision", "What it learned")}  # nothing to move but the views


def inside(control):
    """The selector of a control."""
    return f".st-key-{control.replace('.', '-')}"


def ready(control, page, _):
    """What ANSWER is to do for the next move of a control: of a row of buttons or a list, which is opened for it, the
    next option; of a slider a step; of a number the next; else a press.
    """
    key = inside(control)
    radios, box = page.locator(f"{key} [role=radio]"), page.locator(f"{key} .stSelectbox input")
    if radios.count():
        chosen = [one.get_attribute("aria-checked") for one in radios.all()].index("true")
        return "press", f"{key} [role=radio]:nth-child({(chosen + 1) % radios.count() + 1})"
    if box.count():
        open_at_next(page, box)
        return "press", "[data-next]"
    if page.locator(f"{key} [type=range]").count():
        return "slide", f"{key} [type=range]"
    if page.locator(f"{key} [data-testid=stNumberInputStepUp]").count():
        return "press", f"{key} [data-testid=stNumberInputStepUp]"
    return "press", f"{key} :is(input, button)"


def open_at_next(page, box):
    """Open a list and mark the option after the one that holds."""
    box.scroll_into_view_if_needed()
    page.wait_for_timeout(150)  # a list closes where its page scrolls
    value = box.input_value()
    box.click()
    options = page.get_by_role("option")
    options.first.wait_for()
    names = options.all_inner_texts()
    place = names.index(value) + 1 if value in names else 0
    options.nth(place % len(names)).evaluate("one => one.setAttribute('data-next', '')")


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.bench moves", description=__doc__)
    parser.add_argument("pages", nargs="*", help="only these pages")
    parser.add_argument("--turns", type=int, default=20)
    asked = parser.parse_args(arguments)
    every = views()
    assert CONTROLS.keys() | STILL <= set(every)
    some = texts(TOKENS, loaded=model.load("decoder-rope"))
    text = next(some)
    print(HEAD)
    with pages() as (servers, browser):
        rerun = answers(browser, servers["empty"], "", typing(some), asked.turns)
        empty = median(rerun[0])
        print(line("an empty rerun", *rerun, empty), flush=True)
        for page, view in every:
            if page not in (asked.pages or PAGES) or (page, view) in STILL:
                continue
            control = CONTROLS.get((page, view), "layer")
            query = {"text": text} | ({f"{page}.section": view} if view else {})
            act = partial(ready, control)
            needed = f"{inside(control)} :is(input, button)"
            answered = answers(
                browser, servers["ours"], f"{page}?{urlencode(query)}", act, asked.turns, needed
            )
            name = f"{view or page}: {control.removeprefix(f'{page}.')}"
            print(line(name, *answered, empty) if answered else f"{name:<38} is not there", flush=True)
