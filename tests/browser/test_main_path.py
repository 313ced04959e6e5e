"""The main job in a real browser: paste, train, watch the curve grow in place, refresh, explore, click a token. In Chinese too."""

import re

STORY_EN = (
    """The river was low that summer, and the ferryman had little to do.
He sat on the jetty and counted the swallows. One, two, three, then too many.
When the rain came back the river rose, and people called him from the other side.
He rowed all day and did not count anything. In the evening he was tired and content.
"""
    * 8
)
STORY_ZH = (
    """夏天河水很浅，摆渡的老人没有什么事做。他坐在码头上数燕子，一只，两只，三只，后来就数不清了。
雨回来的时候河水涨了，对岸有人叫他。他划了一整天的船，什么也没有数。晚上他很累，也很满足。
"""
    * 10
)
CURVE = ".live-chart .js-plotly-plot"
SECONDS = ".st-key-settings-stop_after input"
POINTS = f"() => document.querySelector('{CURVE}')?.data?.[0]?.x?.length ?? 0"


def settled(page):
    """No script of this page is running any more."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def paste(page, server, content: str, language: str = "en"):
    page.goto(f"{server.url}/text?lang={language}")
    page.get_by_role("textbox").first.fill(content)
    page.locator(".st-key-text-use button").click()
    page.wait_for_url(re.compile(r"[?&]text="))


def start(page, seconds_label: str):
    """From the page of a text: the link to training, a preset of so many seconds, the button."""
    page.locator(".st-key-text-train button").click()
    page.wait_for_url(re.compile("/train"))
    page.get_by_role("radio", name=seconds_label).click()
    page.wait_for_function(f"() => document.querySelector('{SECONDS}')?.value === '{seconds_label.split()[0]}'")
    settled(page)
    page.locator(".st-key-train-start button").click()
    page.wait_for_url(re.compile(r"[?&]run="))


def points(page) -> int:
    return page.evaluate(POINTS)


def wait_for_points(page, more_than: int):
    page.wait_for_function(f"{POINTS[:6]}({POINTS})() > {more_than}")


def test_paste_train_watch_explore(server, new_browser):
    page = new_browser()
    paste(page, server, STORY_EN)
    page.get_by_text("How it was read").wait_for()
    start(page, "10 seconds")
    wait_for_points(page, 5)

    page.evaluate(
        f"() => {{ const plot = document.querySelector('{CURVE}'); plot.marked = true; window.Plotly.relayout(plot, {{'yaxis.range': [1, 2]}}); }}"
    )
    wait_for_points(page, points(page) + 20)
    kept = page.evaluate(
        f"() => {{ const plot = document.querySelector('{CURVE}'); return [plot.marked, plot.layout.yaxis.range]; }}"
    )
    assert kept == [True, [1, 2]]  # the same element, the same zoom, more points

    address = page.url
    page.reload()
    wait_for_points(page, 20)
    assert page.url == address

    page.get_by_text("finished", exact=False).first.wait_for()
    last = page.evaluate(f"() => document.querySelector('{CURVE}').data[0].x")
    assert last == sorted(set(last)) and len(last) > 50  # no step twice

    page.locator(".st-key-train-explore button").click()
    page.wait_for_url(re.compile("/explore"))
    context = page.locator(".st-key-explore-context textarea")
    context.wait_for()
    before = context.input_value()
    page.locator(".st-key-explore-bars button.row").first.click()
    page.wait_for_function(
        "before => document.querySelector('.st-key-explore-context textarea').value.length > before.length", arg=before
    )
    assert context.input_value().startswith(before)
    assert not page.faults
