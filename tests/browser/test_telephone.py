"""What a window of 390 pixels needs: a menu that does not lie over the page, and tables that say that they go on."""

import pytest

from lmcore.runs.store.store import Store
from pages.parts.language import translate
from tests.browser.test_main_path import settled
from tests.pages.situations import TEXT, a_config

NARROW = {"width": 390, "height": 844}
IS_OPEN = "() => document.querySelector('[data-testid=stSidebar]')?.dataset.collapsed === 'false'"
HINT = "table => getComputedStyle(table, '::after').content"
WORDS = "Swipe the table sideways to see all of its columns."


@pytest.fixture
def page(new_browser):
    page = new_browser()
    page.set_viewport_size(NARROW)
    return page


def test_the_menu_is_closed_after_a_reload(server, page):
    page.goto(f"{server.url}/text?lang=en")
    page.get_by_role("heading", level=1).wait_for()
    settled(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.wait_for_function(IS_OPEN)
    page.reload()
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_function(f"() => !({IS_OPEN})()")
    page.set_viewport_size({"width": 1280, "height": 900})  # there it stays as it was left
    page.get_by_test_id("stExpandSidebarButton").click()
    page.wait_for_function(IS_OPEN)
    page.reload()
    page.get_by_role("link", name="Compare").wait_for()
    page.get_by_role("heading", level=1).wait_for()
    assert page.evaluate(IS_OPEN) and not page.faults


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_table_wider_than_the_window_says_so(server, page, language):
    store = Store(server.data)
    text = store.add_text(owner="anna", name="cats", content=TEXT, kind="stream", encoding="utf-8")
    runs = [store.add_run(owner="anna", text_id=text.id, name=name, config=a_config()) for name in ("a", "b", "c")]
    try:
        page.goto(f"{server.url}/compare?lang={language}&runs={','.join(run.id for run in runs)}")
        table = page.get_by_test_id("stDataFrame").first
        page.locator("[data-testid=stDataFrame][data-wide]").first.wait_for()
        assert translate(WORDS, language) in table.evaluate(HINT)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.wait_for_function("() => !document.querySelector('[data-testid=stDataFrame]').dataset.wide")
        assert translate(WORDS, language) not in table.evaluate(HINT)
    finally:
        for run in runs:
            store.delete(run.id)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8, gb18030"])
def test_an_encoding_stands_apart_from_the_number_beside_it(server, page, encoding):
    text = Store(server.data).add_text(owner=None, name="cats", content=TEXT, kind="stream", encoding=encoding, unreadable=3)
    page.goto(f"{server.url}/text?lang=en&text={text.id}")
    page.get_by_text("Unreadable characters").wait_for()
    places = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stMetricValue]')].slice(0, 4).map(value => {
            const words = document.createRange()
            words.selectNode(document.createTreeWalker(value, NodeFilter.SHOW_TEXT).nextNode())
            return words.getBoundingClientRect().toJSON()
        })"""
    )
    assert len(places) == 4
    read, unreadable = places[2:]
    assert unreadable["top"] >= read["bottom"] or unreadable["left"] >= read["right"] + 20
    assert max(place["right"] for place in places) <= NARROW["width"]
