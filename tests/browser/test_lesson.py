"""The lesson's card beside the real pages in a browser: what happens there completes a step, and nothing is lost or covered."""

import pytest

CARD = ".st-key-lesson-card"
ANSWERS = f"{CARD} [data-testid=stRadio] [role=radiogroup] label"
WRONG, RIGHT = 0, 1
FEEDBACK = {"en": "It never says “this is it”.", "zh": "它从不说“就是这个”。"}
GUESSED, REVEAL = (
    {"en": "your first guess", "zh": "你最初的猜测"},
    {"en": "In: the tokens so far.", "zh": "输入：到目前为止的词元。"},
)


def begin(page, server, language: str):
    page.goto(f"{server.url}/lesson?lang={language}")
    page.locator(".st-key-lesson-article-begin button").click()
    page.locator(".st-key-home-train button").wait_for()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_step_is_guessed_kept_and_completed_by_a_click_on_the_page(server, new_browser, language):
    page = new_browser("zh-CN" if language == "zh" else "en-US")
    begin(page, server, language)
    page.locator(ANSWERS).nth(WRONG).click()
    page.get_by_text(FEEDBACK[language]).wait_for()
    page.reload()
    page.get_by_text(FEEDBACK[language]).wait_for()
    page.locator(ANSWERS).nth(RIGHT).click()
    page.locator(CARD).get_by_text(GUESSED[language]).wait_for()
    assert not page.get_by_text(REVEAL[language]).count()
    page.locator(".st-key-home-bars button").first.click()
    page.get_by_text(REVEAL[language]).wait_for()
    other = {"en": "zh", "zh": "en"}[language]
    page.locator(".st-key-menu-language button").click()
    page.get_by_text(REVEAL[other]).wait_for()
    assert not page.faults


@pytest.mark.parametrize("width", [390, 1280])
def test_the_card_covers_nothing(server, new_browser, width):
    page = new_browser()
    page.set_viewport_size({"width": width, "height": 900})
    begin(page, server, "en")
    page.locator(ANSWERS).first.wait_for()
    card, title = page.locator(CARD).bounding_box(), page.locator("[data-testid=stMain] h1").first.bounding_box()
    button = page.locator(".st-key-home-train button").bounding_box()
    if width < 1200:
        assert card["y"] + card["height"] <= title["y"] and card["width"] <= width
        page.locator(f"{CARD} summary").click()  # folded, the page is near
        page.wait_for_function("() => document.querySelector('.st-key-lesson-card').offsetHeight < 120")
    else:
        assert max(box["x"] + box["width"] for box in (title, button)) <= card["x"]
        assert card["x"] + card["width"] <= width and card["y"] + card["height"] <= 900
    assert page.evaluate("document.documentElement.scrollWidth") <= width
