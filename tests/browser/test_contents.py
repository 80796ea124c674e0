"""The list of pages in a real browser: it names them all, keeps the session, and does what links do."""

from playwright.sync_api import expect

from tests.browser import launch

TEXT = "The river bank"
PAGES = {
    "attention": "How does a word decide what to look at?",
    "rope": "What does turning a vector have to do with order?",
    "bpe": "Where do tokens come from?",
    "masks": "Why must the model not see the future?",
}


def test_it_names_every_page_and_stands_for_the_list_of_files(page):
    page.open()
    page.rests()
    expect(page.page.get_by_test_id("stSidebarNav")).to_have_count(0)
    listed = [link.get_attribute("href") for link in page.part("contents", "a").all()]
    assert sorted(listed) == sorted(path.parent.name for path in (launch.ROOT / "pages").glob("*/page.py"))


def test_it_keeps_the_session_and_the_way_back(page):
    page.open()
    page.shown()
    page.type(TEXT)
    page.shown(revision=TEXT)
    page.part("contents", "[aria-current=page]").click()  # leads nowhere, and so takes nothing away
    page.linked(text=TEXT)
    page.part("contents", "a").get_by_text(PAGES["masks"]).click()
    page.page.wait_for_url("**/masks?**")
    page.linked(text=TEXT)
    expect(page.page.get_by_role("heading", level=1)).to_have_text(PAGES["masks"])
    expect(page.part("contents", "[aria-current=page]")).to_have_text(PAGES["masks"])
    expect(page.part("text", "textarea")).to_have_value(TEXT)
    page.part("contents", "a").get_by_text(PAGES["rope"]).press("Enter")
    page.page.wait_for_url("**/rope?**")
    expect(page.part("contents", "a:focus")).to_have_text(PAGES["rope"])
    page.page.go_back()
    expect(page.page.get_by_role("heading", level=1)).to_have_text(PAGES["masks"])
    expect(page.part("text", "textarea")).to_have_value(TEXT)


def test_the_tab_says_page_and_app_and_the_list_the_app(page):
    page.open()
    expect(page.page).to_have_title(f"{PAGES['attention']} · Riverbank")
    expect(page.part("contents", ".name")).to_have_text("Riverbank")
    page.part("contents", "a").get_by_text(PAGES["masks"]).click()
    expect(page.page).to_have_title(f"{PAGES['masks']} · Riverbank")


def test_a_page_opens_in_a_tab_of_its_own_as_any_link_does(page):
    page.open()
    link = page.part("contents", "a").get_by_text(PAGES["bpe"])
    with page.page.context.expect_page() as opened:
        link.click(modifiers=["ControlOrMeta"])
    opened.value.wait_for_url("**/bpe**")
    expect(page.page.get_by_role("heading", level=1)).to_have_text(PAGES["attention"])
    opened.value.close()


def test_on_a_phone_it_gives_way_to_the_page(phone):
    page = phone.open()
    expect(page.page.get_by_role("heading", level=1)).to_have_text(PAGES["attention"])
    page.page.get_by_test_id("stExpandSidebarButton").click()
    page.part("contents", "a").get_by_text(PAGES["masks"]).click()
    expect(page.page.get_by_role("heading", level=1)).to_have_text(PAGES["masks"])
    expect(page.page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
