"""What a class that opens the link at once has to load, and what a link may look like."""

from playwright.sync_api import expect

from tests.browser import launch
from tests.browser.conftest import Page


def test_code_comes_packed(page):
    page.open("positions").fits()
    sizes = page.page.evaluate(
        "performance.getEntriesByType('resource').filter(one => one.name.endsWith('.js')).map(one => "
        "[one.encodedBodySize, one.decodedBodySize])"
    )
    sent, read = map(sum, zip(*sizes, strict=True))
    assert len(sizes) > 50 and read > 5e6  # Plotly is among them
    assert sent < 0.4 * read


def test_an_address_below_a_page_shows_the_page_that_it_names(page):
    page.open("word_sense/attention", text="a cat").rests()
    assert page.page.url.startswith(f"{page.url}/attention?text=a")
    expect(page.page.get_by_role("heading", level=1)).to_have_text("How does a word decide what to look at?")


def test_below_a_folder_everything_is_found(tabs):
    with launch.server(options={"server.baseUrlPath": "course/week-3"}) as folder:
        reader = Page(tabs, folder.url)
        reader.open("rope").rests()
        packed = "one => one.name.endsWith('.js') && one.encodedBodySize < one.decodedBodySize"
        found = reader.page.evaluate(f"performance.getEntriesByType('resource').filter({packed}).length")
        assert found > 50
        reader.close()
