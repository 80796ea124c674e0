"""axe-core finds nothing to complain of, on no page and in none of its views, in the light and in the dark, on
a laptop and on a phone.
"""

import pytest

from tests.browser.conftest import PHONE
from tests.browser.launch import ROOT
from tests.test_pages import PAGES, VIEWED

AXE = ROOT / ".ci/node_modules/axe-core/axe.min.js"
WIDE = {"width": 1440, "height": 900}
# Streamlit's own, and why it is no harm.
STREAMLITS = {
    "region": "the link to skip to the content stands before all landmarks, as it should",
    "presentation-role-conflict": "the place to drop a file on has a name that nobody needs; its button says it",
}
# All rules where most is to be seen; elsewhere those that depend on colours or on the width.
NARROW = [
    "label-content-name-mismatch",
    "scrollable-region-focusable",
    "heading-order",
    "color-contrast",
]
LOOKS = [
    ("light", WIDE, None),
    ("dark", WIDE, ["color-contrast"]),
    ("dark", PHONE, ["color-contrast"]),
    ("light", PHONE, NARROW),
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COMPLAINTS = """async ([rules, tags]) => {
    const runOnly = rules ? { type: "rule", values: rules } : { type: "tag", values: tags };
    const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"], preload: false });
    const words = ({ html, any, all, none }) => `${html.slice(0, 160)} ${[...any, ...all, ...none][0]?.message}`;
    return violations.map(({ id, nodes }) => [id, nodes.map(words)]);
}"""
DRESSED = "scheme => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === scheme"

# How each page is opened, and the buttons that show its other views.
WALKS = [(name, f"{name}.section" if name in VIEWED else None, {}) for name in PAGES if name != "attention"]
WALKS += [("attention", "attention.step", {})]
WALKS += [("architecture", None, {"architecture.section": "The end", "model": "encoder"})]


@pytest.mark.parametrize(("name", "key", "query"), WALKS)
def test_axe_complains_of_nothing(reader, name, key, query):
    page = reader()
    page.page.set_default_timeout(60_000)
    page.open(name, **query).page.wait_for_selector(".st-key-live", state="attached")
    page.page.evaluate(AXE.read_text(encoding="utf-8"))
    page.rests()
    complaints = complained(page, "first")
    for button in page.part(key, "[role=radio]").all() if key else []:
        if button.get_attribute("aria-checked") == "false":
            before = page.page.url
            button.click()
            page.page.wait_for_url(lambda url, before=before: url != before)  # which is when all is drawn
            page.rests()
            complaints |= complained(page, button.inner_text())
    assert complaints == {}


def complained(page, view):
    """{what is shown, in which look, by which rule: the elements}, but for what is Streamlit's own."""
    found = {}
    for scheme, size, rules in LOOKS:
        page.page.set_viewport_size(size)
        page.page.emulate_media(color_scheme=scheme)
        page.page.wait_for_function(DRESSED, arg=scheme)
        for rule, nodes in page.page.evaluate(COMPLAINTS, [rules, TAGS]):
            if rule not in STREAMLITS:
                found[f"{view}, {scheme}, {size['width']}, {rule}"] = nodes
    page.page.set_viewport_size(WIDE)
    page.page.emulate_media(color_scheme="light")
    return found
