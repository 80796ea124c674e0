"""axe-core finds nothing to complain of, on no page and in none of its views, in the light and in the dark, on
a laptop and on a phone.
"""

import pytest

from pages.attention.steps import STEPS
from tests.browser.conftest import PHONE
from tests.browser.launch import ROOT
from tests.test_pages import PAGES, VIEWED, sections

AXE = ROOT / ".ci/node_modules/axe-core/axe.min.js"
WIDE = {"width": 1440, "height": 900}
# Streamlit's own, and why it is no harm.
STREAMLITS = {
    "region": "the link to skip to the content stands before all landmarks, as it should",
}
# All rules where most is to be seen; elsewhere those that depend on colours or on the width.
NARROW = [
    "label-content-name-mismatch",
    "scrollable-region-focusable",
    "target-size",
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

WALKS = {
    name: [{f"{name}.section": view} for view in sections(name)] if name in VIEWED else [{}] for name in PAGES
}
WALKS["attention"] = [{"attention.step": step} for step in STEPS]
WALKS["architecture"].append({"architecture.section": "The end", "model": "encoder"})


@pytest.mark.parametrize("name", PAGES)
def test_axe_complains_of_nothing(reader, name):
    page = reader()
    page.page.add_init_script(path=AXE)
    complaints = {}
    for query in WALKS[name]:
        page.page.set_viewport_size(WIDE)
        page.page.emulate_media(color_scheme="light")
        page.open(name, **query)
        page.page.wait_for_selector(".st-key-live", state="attached")
        page.rests()
        for scheme, size, rules in LOOKS:
            page.page.set_viewport_size(size)
            page.page.emulate_media(color_scheme=scheme)
            page.page.wait_for_function(DRESSED, arg=scheme)
            for rule, nodes in page.page.evaluate(COMPLAINTS, [rules, TAGS]):
                if rule not in STREAMLITS:
                    complaints[f"{query} {scheme} {size['width']} {rule}"] = nodes
    assert complaints == {}
