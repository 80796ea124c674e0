"""A walk through every view of a page, with all that could be too wide unfolded: opened once, and looked at on a
phone and on a laptop, in the dark and in the light.
"""

from typing import NamedTuple

from playwright.sync_api import TimeoutError as TooLate

from tests.browser.conftest import PHONE
from tests.browser.launch import ROOT
from tests.session import LONG
from tests.test_pages import PAGES, VIEWED

LAPTOP = {"width": 1440, "height": 900}
WIDE = "बच्चे 🏞 " + "x" * 40
FOLDS = {  # what is wide behind a name: formulas, tables, second pictures
    "heads": ("rule", "agree", "every", "how", "ranks", "apart"),
    "masks": ("looks", "loss", "why", "formula", "pairs"),
    "positions": ("hard", "comes", "differ", "formula", "how", "numbers", "ways", "parts_are"),
    "vision": ("influences", "photograph", "code", "numbers"),
    "learning": ("numbers", "formula"),
    "architecture": ("totals", "adds", "turns", "formula", "pooled", "table", "drawn", "formulas"),
    "why": ("table", "formula", "logit"),
}


def unfolded(name):
    return {"text": LONG} | {f"{name}.{fold}": "True" for fold in FOLDS.get(name, ("formula",))}


# How each page is opened, and the buttons that show another picture of it.
WALKS = [(name, f"{name}.section", unfolded(name)) for name in PAGES if name in VIEWED]
WALKS += [
    ("attention", "attention.step", {"text": LONG}),
    ("averaging", "averaging.where", {"averaging.slot": "True", "averaging.formula": "True"}),
    ("word_sense", None, {"word_sense.code": "True"}),
    ("bpe", None, {"text": WIDE} | {f"bpe.{name}": "True" for name in ("word", "own", "fewer", "eight")}),
    ("receptive_field", None, {"text": LONG, "receptive_field.code": "True"}),
    ("rope", None, {"text": LONG} | {f"rope.{name}": "True" for name in ("sum", "hand", "speed")}),
    ("architecture", "architecture.section", unfolded("architecture") | {"model": "encoder"}),
    (
        "positions",
        "positions.encoding",
        unfolded("positions") | {"positions.section": "The encoding itself", "positions.encoding": "rope"},
    ),
]

AXE = ROOT / ".ci/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast"]
NARROW = ["label-content-name-mismatch", "scrollable-region-focusable", "heading-order", *COLOURS]
# All rules where most is to be seen; elsewhere those that depend on colours or on the width. As no colour
# depends on the width, two looks tell all of a view; in the first of a page, each is asked for each scheme.
LOOKS = [("dark", PHONE, NARROW), ("light", LAPTOP, None)]
ALL_LOOKS = [
    ("dark", PHONE, NARROW),
    ("light", PHONE, COLOURS),
    ("dark", LAPTOP, COLOURS),
    ("light", LAPTOP, None),
]
OPENED = LOOKS[0][:2]
# Streamlit's own, and why it is no harm.
STREAMLITS = {
    "region": "the link to skip to the content stands before all landmarks, as it should",
    "presentation-role-conflict": "the place to drop a file on has a name that nobody needs; its button says it",
}
COMPLAINTS = """async ([rules, tags]) => {
    const runOnly = rules ? { type: "rule", values: rules } : { type: "tag", values: tags };
    const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"], preload: false });
    const words = ({ html, any, all, none }) => `${html.slice(0, 160)} ${[...any, ...all, ...none][0]?.message}`;
    return violations.map(({ id, nodes }) => [id, nodes.map(words)]);
}"""
AT_ONCE = "*, ::before, ::after { transition: none !important }"  # no colour is asked for while it fades
DRESSED = """([scheme, collapsed]) => {
    const [app, sidebar] = ["stApp", "stSidebar"].map((one) => document.querySelector(`[data-testid=${one}]`));
    const fades = document.getAnimations().some((one) => one instanceof CSSTransition);
    return getComputedStyle(app).colorScheme === scheme && sidebar?.dataset.collapsed === collapsed && !fades;
}"""
BEYOND = """() => {
    const parts = [...document.querySelectorAll("[data-testid=stMain], .katex-display")];
    const buttons = [...document.querySelectorAll(".stButtonGroup :is(button, [role=radio])")];
    const cut = parts.filter((part) => part.scrollWidth > part.clientWidth);
    const outside = buttons.filter((button) => button.getBoundingClientRect().right > innerWidth);
    return [...cut, ...outside].map((part) => part.outerHTML.slice(0, 160));
}"""


class Found(NamedTuple):
    complaints: dict  # {"view, scheme, width, axe's rule": the elements}
    beyond: dict  # {view: what stands beyond the edge of a phone}
    formulas: list  # how many each view has


def walk(page, name, key, query):
    """Open the page, a Page in an empty tab, and say what was found in its views."""
    found = Found({}, {}, [])
    page.page.set_default_timeout(60_000)
    page.open(name, **query).page.wait_for_selector(".st-key-live", state="attached")
    page.page.evaluate(AXE.read_text(encoding="utf-8"))
    page.page.add_style_tag(content=AT_ONCE)
    look_at(page, "first", ALL_LOOKS, found)
    for button in page.part(key, "[role=radio]").all() if key else []:
        if button.get_attribute("aria-checked") == "false":
            dress(page, *OPENED)
            before = page.page.url
            button.click()
            page.page.wait_for_url(lambda url, before=before: url != before)  # which is when all is drawn
            look_at(page, button.inner_text(), LOOKS, found)
    return found


def look_at(page, view, looks, found):
    """Add to what was found what is wrong with this view: how it fits the phone on which it was opened, and
    what axe says in each look, but for what is Streamlit's own.
    """
    found.beyond[view] = beyond(page)
    found.formulas.append(page.page.locator(".katex-display").count())
    for scheme, size, rules in looks:
        dress(page, scheme, size)
        for rule, nodes in page.page.evaluate(COMPLAINTS, [rules, TAGS]):
            if rule not in STREAMLITS:
                found.complaints[f"{view}, {scheme}, {size['width']}, {rule}"] = nodes


def dress(page, scheme, size):
    """Show the page so, and wait until it is; the sidebar comes and goes with the width."""
    page.page.set_viewport_size(size)
    page.page.emulate_media(color_scheme=scheme)
    page.page.wait_for_function(DRESSED, arg=[scheme, str(size == PHONE).lower()])


def beyond(page):
    """What stands beyond the edge once the page had the time to fit, every button of a row included."""
    try:
        page.fits()
    except TooLate as late:
        return page.page.evaluate(BEYOND) or [str(late)]
    return page.page.evaluate(BEYOND)
