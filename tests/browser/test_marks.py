"""A link that puts pictures, links, formulas and icons into all that it can say: the browser draws none of
them, and asks nobody for anything.
"""

from tests.session import visit
from tests.test_marks import HOSTILE, MARK
from tests.test_pages import PAGES

DRAWN = """mark => {
    const shadows = [...document.querySelectorAll("*")].map(one => one.shadowRoot).filter(Boolean);
    const marks = "img[src], a[href], .katex, strong, b, [data-testid=stIconMaterial], .stMarkdownColoredText";
    const ours = one => one.matches("img, a")
        ? new URL(one.src || one.href).host === mark
        : one.matches(".katex") ? one.textContent.includes(mark) : one.textContent === mark;
    const every = [document, ...shadows].flatMap(root => [...root.querySelectorAll(marks)]);
    return every.filter(ours).map(one => one.outerHTML);
}"""
MARKED = f"<a href='//{MARK}/b'>x</a><strong>{MARK}</strong><span class='katex'>x {MARK}</span>"


def parameters(page):
    """All that a link to that page can say."""
    return dict.fromkeys(visit(page, {}).run().session_state["session"].drawn, HOSTILE)


def test_no_mark_in_a_link_is_drawn_and_nobody_is_asked_for_a_picture(page):
    page.page.set_default_timeout(60_000)
    for name in PAGES:
        page.open(name, **parameters(name))
        page.page.wait_for_selector(".st-key-live", state="attached")
        page.rests()
        assert page.page.evaluate(DRAWN, MARK) == [], name
        page.check()
    page.page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", MARKED)
    assert len(page.page.evaluate(DRAWN, MARK)) == 3  # so they would have been found
