"""The tool bar of every chart, and Streamlit's own words: in the visitor's language, and nothing is sent anywhere."""

from urllib.parse import urlsplit

import pytest

from pages.parts.language import translate

TOOLS = ("Download plot as a PNG", "Zoom", "Pan", "Zoom in", "Zoom out", "Autoscale", "Reset axes", "Fullscreen")
CHARTS = (  # address, and the chart's element
    ("explore?view=next", ".st-key-explore-by_model"),
    ("explore?view=sentence", ".st-key-chain-chart"),
    ("compare", ".st-key-compare-chart"),
    ("train", ".live-chart"),
    ("text", ".st-key-text-zipf"),
)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_chart_offers_to_send_anything_and_each_tool_is_in_the_visitors_language(server, new_browser, run, language):
    page = new_browser()
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    known = {translate(tool, language) for tool in TOOLS}
    for address, chart in CHARTS:
        separator = "&" if "?" in address else "?"
        page.goto(f"{server.url}/{address}{separator}lang={language}&run={run.id}&runs={run.id}&text={run.text_id}")
        page.locator(f"{chart} .modebar-btn").first.wait_for(state="attached")
        page.wait_for_function(
            "([chart, word]) => ![...document.querySelectorAll(chart + ' .modebar-btn')].some((tool) => tool.dataset.title === word)",
            arg=[chart, "Fullscreen" if language == "zh" else "Share chart..."],
        )
        titles = page.eval_on_selector_all(f"{chart} .modebar-btn", "tools => tools.map((tool) => tool.dataset.title)")
        assert titles and set(titles) <= known, address
    assert hosts - {None} == {"127.0.0.1"}  # None: what the page itself made
    assert not page.faults


HEARD = """() => [...document.querySelectorAll("[aria-label], [title], [data-title], [placeholder]")]
    .flatMap((element) => ["aria-label", "title", "data-title", "placeholder"].map((name) => element.getAttribute(name) ?? ""))
    .filter((words) => /^[A-Z][a-z]+[A-Za-z .\\/]*$/.test(words) && words !== "Streamlit")"""


@pytest.mark.parametrize(
    ("address", "last"),  # what stands at the end of the page
    [("explore", ".stDataFrame"), ("train", ".live-chart .modebar-btn"), ("compare", ".stDataFrame"), ("text", ".stDataFrame")],
)
def test_what_a_screen_reader_hears_is_chinese_on_a_chinese_page(server, new_browser, run, address, last):
    page = new_browser("zh-CN")
    page.goto(f"{server.url}/{address}?run={run.id}&runs={run.id}&text={run.text_id}")
    page.locator("h1").wait_for()
    page.locator(last).first.wait_for(state="attached")
    page.wait_for_function(f"() => ({HEARD})().length === 0")
