"""A lesson in a real browser: a surprising token, why it is there, and how the model came to say so. In Chinese."""

import re

from pages.parts.language import translate

SLIDER = ".film-view .slider"


def test_a_token_why_it_is_there_and_the_film(server, new_browser, run_id):
    page = new_browser()
    page.goto(f"{server.url}/explore?lang=zh&run={run_id}")
    page.get_by_role("radio", name=translate("How likely is this sentence?", "zh")).click()
    page.wait_for_url(re.compile("view=sentence"))

    tokens = page.locator(".st-key-chain-tokens .token")
    tokens.nth(4).click()
    page.locator(".st-key-chain-tokens .token:nth-child(5)[aria-selected=true]").wait_for()
    page.locator(".st-key-chain-why button").wait_for()
    tokens.nth(4).press("ArrowRight")
    tokens.nth(5).press("Enter")
    page.locator(".st-key-chain-tokens .token:nth-child(6)[aria-selected=true]").wait_for()

    page.locator(".st-key-chain-why button").click()
    page.locator(".st-key-why-influence .token").first.wait_for()
    page.get_by_text(translate("In the training text", "zh")).wait_for()

    page.get_by_role("radio", name=translate("The film", "zh")).click()
    page.locator(".film-view .play").wait_for()
    assert page.locator(SLIDER).input_value() == "0"
    beginning = page.locator(".film-view .said").inner_text()
    page.locator(".film-view .play").click()
    page.wait_for_function(f"() => Number(document.querySelector('{SLIDER}').value) >= 2")
    page.locator(".film-view .play").click()  # pause
    assert translate("Play", "zh") in page.locator(".film-view .play").inner_text()
    paused = page.locator(SLIDER).input_value()
    last = page.locator(SLIDER).get_attribute("max")
    page.locator(SLIDER).focus()
    page.keyboard.press("End")
    assert page.locator(SLIDER).input_value() == last != paused
    assert page.locator(".film-view .said").inner_text() != beginning
    page.wait_for_function("() => document.querySelector('.film-view .js-plotly-plot')?.layout?.shapes?.[0]?.x0 === 40")
    assert not page.faults
