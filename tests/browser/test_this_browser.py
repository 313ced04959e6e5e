"""One browser and the next: a fresh beginning on a shared computer, and a code that brings one's runs to another."""

import pytest

from lmcore.runs.store.store import Store
from pages.parts.language import translate
from tests.pages.situations import TEXT, a_config

NAME = "the run that moves"
WRONG = "This is not a valid recovery code. Compare it with your note: the newest code alone is valid."


def visitor_of(page) -> str:
    (value,) = [c["value"] for c in page.context.cookies() if c["name"].startswith("next_word_") and "class_" not in c["name"]]
    return value.rpartition(".")[0]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_not_me_start_fresh_and_the_recovery_code(server, new_browser, language):
    def said(words: str) -> str:
        return translate(words, language)

    school = new_browser()
    school.goto(f"{server.url}/runs?lang={language}")
    school.get_by_role("heading", name=said("Your runs")).wait_for()
    anna, store = visitor_of(school), Store(server.data)
    text = store.add_text(owner=anna, name="cats", content=TEXT, kind="stream", encoding="utf-8")
    run = store.add_run(owner=anna, text_id=text.id, name=NAME, config=a_config())
    store.request(run.id, "stop")
    school.reload()
    school.get_by_text(NAME, exact=True).wait_for()

    school.get_by_role("button", name=said("This browser")).click()
    school.locator(".st-key-menu-code button").click()
    code = school.locator("[data-testid=stPopoverBody] code").inner_text().strip()
    school.get_by_role("button", name=said("Not me, start fresh")).click()
    school.wait_for_url(f"{server.url}/?lang={language}")
    assert visitor_of(school) != anna
    for go in (school.go_back, school.reload):  # the way back shows nothing of hers
        go()
        school.get_by_text(said("You have not trained anything yet. Your runs appear here as soon as you start one.")).wait_for()
        assert NAME not in school.content()

    home = new_browser()
    home.goto(f"{server.url}/?lang={language}")
    for typed in ("AAAA-BBBB-CCCC-DDDD-EEEE", code.lower().replace("-", " ")):
        home.get_by_role("button", name=said("This browser")).click()
        home.get_by_label(said("A recovery code from another browser")).fill(typed)
        home.get_by_role("button", name=said("Bring my runs here")).click()
        if typed != code.lower().replace("-", " "):
            home.get_by_role("alert").get_by_text(said(WRONG)).wait_for()
            home.get_by_role("link", name=said("Back")).click()
    home.get_by_text(NAME, exact=True).wait_for()
    assert visitor_of(home) == anna
    store.delete(run.id)
