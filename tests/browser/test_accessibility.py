"""What axe finds on every page, in both languages, light and dark: nothing serious. The words of the glossary, by pointer and by keys."""

import pytest
from axe_playwright_python.base import AXE_FILE_PATH

from pages.parts import links

VIEWS = {
    "explore": ("next", "sentence", "why", "film"),
    "inside": ("step", "code", "reading", "layers", "words", "past"),
    "scale": ("run", "large"),
}
PAGES = [f"{page}?view={view}" for page in links.PAGES for view in VIEWS.get(page, ("",))]
SERIOUS = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
  .filter(({ impact }) => ["serious", "critical"].includes(impact))
  .map(({ id, nodes }) => [id, nodes.map(({ target, html }) => `${target} ${html.slice(0, 200)}`)])"""


def settled(page):
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_function("() => !document.querySelector('[data-stale=true], [data-testid=stSpinner]')")
    page.wait_for_function("() => ![...document.querySelectorAll('[data-testid=stMain] pre')].some((code) => code.tabIndex < 0)")
    page.wait_for_timeout(400)  # a chart is drawn, the page's terms are marked


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_axe_finds_nothing_serious(server, new_browser, run_id, language, scheme):
    page = new_browser(color_scheme=scheme)
    found = {}
    for address in PAGES:
        page.goto(f"{server.url}/{address.removeprefix('home')}&lang={language}&run={run_id}&runs={run_id}")
        page.locator("[data-testid=stMain] h1").first.wait_for()
        settled(page)
        page.evaluate(AXE_FILE_PATH.read_text(encoding="utf-8"))
        if serious := page.evaluate(SERIOUS):
            found[address] = serious
    assert found == {}


def test_a_term_is_explained_to_a_pointer_and_to_keys(server, new_browser, run_id):
    page = new_browser()
    page.goto(f"{server.url}/explore?view=next&lang=en&run={run_id}")
    page.locator("[data-testid=stMain] h1").first.wait_for()
    settled(page)
    page.wait_for_function("() => CSS.highlights.has('next-word-term')")
    x, y = page.evaluate(
        """() => { const range = [...CSS.highlights.get("next-word-term")].find((range) => String(range) === "perplexity");
                   const box = range.getBoundingClientRect(); return [box.x + 3, box.y + 3]; }"""
    )
    page.mouse.move(x, y)
    tip = page.locator(".next-word-tip")
    tip.wait_for(state="visible")
    assert "exp of the cross entropy" in tip.inner_text() and "困惑度" in tip.inner_text()
    page.keyboard.press("Escape")
    tip.wait_for(state="hidden")
    page.locator(".st-key-menu-terms summary").focus()
    page.keyboard.press("Enter")
    page.locator(".st-key-menu-terms dt", has_text="perplexity").wait_for()
    page.locator(".st-key-menu-terms dd button", has_text="Explore").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/explore?*view=sentence*")
    assert not page.faults
