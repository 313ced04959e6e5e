"""Sentiment as the next word, in a browser: chosen, trained, asked and scored."""

import re

from tests.browser.test_main_path import settled, wait_for_points


def test_sentiment_is_trained_asked_and_scored(server, new_browser):
    page = new_browser()
    page.goto(f"{server.url}/applications?task=reviews-en&lang=en")
    page.locator(".st-key-applications-train button").click()
    page.wait_for_url(re.compile(r"/train\?.*run="))
    wait_for_points(page, 1)
    page.locator(".st-key-live-stop button").click()
    page.locator(".st-key-live-resume button").wait_for()
    page.locator(".st-key-train-applications button").click()
    page.wait_for_url(re.compile(r"/applications\?.*view=ask"))
    prompt = page.locator(".st-key-applications-prompt textarea")
    prompt.fill("the soup was not tasty")
    prompt.press("Control+Enter")
    page.locator(".st-key-applications-votes .js-plotly-plot").wait_for()
    settled(page)
    bars = page.locator(".st-key-applications-labels .row")
    shares = [float(text.rstrip("%").partition("×")[0]) for text in bars.locator(".value").all_inner_texts()]
    assert sorted(bars.locator(".name").all_inner_texts()) == ["negative", "positive"] and shares == sorted(shares, reverse=True)
    page.get_by_role("radio", name="Score").or_(page.get_by_role("button", name="Score")).first.click()
    page.locator(".st-key-applications-scores .js-plotly-plot").wait_for()
    assert re.search(r"of 200 prompts that were never trained on", page.locator("[data-testid=stMain]").inner_text())
    assert not page.faults
