"""Sentiment as the next word, in a browser: chosen, trained, asked and scored."""

import re

from playwright.sync_api import expect

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


def test_a_pasted_table_is_there_again_after_a_reload(server, new_browser):
    page = new_browser()
    page.goto(f"{server.url}/applications?view=data&lang=en")
    table = "\n".join(f"the tea was {word},{'good' if place % 2 else 'bad'}" for place, word in enumerate("abcdefghijkl"))
    pasted = page.locator(".st-key-applications-pasted textarea")
    pasted.fill(table)
    pasted.press("Control+Enter")
    page.get_by_text("2 labels: ").wait_for()
    page.reload()
    page.get_by_text("2 labels: ").wait_for()
    expect(pasted).to_have_value(table)
    other = new_browser()
    other.goto(page.url)
    other.get_by_text("CSV, TSV, or two columns").wait_for()
    expect(other.locator(".st-key-applications-pasted textarea")).to_have_value("")
    assert not page.faults
