"""Real files through the real uploader; and the whole way in Chinese."""

import re

import pytest

from pages.parts.language import translate
from tests.browser.test_main_path import STORY_EN, STORY_ZH, paste, points, start, wait_for_points

GOOD = {
    "gb18030": (STORY_ZH.encode("gb18030"), "gb18030", "夏天河水很浅"),
    "utf-16": (STORY_ZH.encode("utf-16"), "utf-16", "夏天河水很浅"),
    "utf-8 with a mark": (STORY_EN.encode("utf-8-sig"), "utf-8", "The river was low"),
}
BAD = {
    "empty": (b"", "There is no text here yet"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "looks like a PNG picture"),
    "random": (bytes((i * 7919 + i * i * 31) % 256 for i in range(5_000)), "looks like"),
    "spaces": (b"  \n\t ", "There is no text here yet"),
}


def upload(page, server, *files: tuple[str, bytes]):
    page.goto(f"{server.url}/text?lang=en")
    page.get_by_role("tab", name="Upload").click()
    page.locator(".st-key-text-files input[type=file]").set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": content} for name, content in files]
    )
    page.locator(".st-key-text-use_files button").click()


@pytest.mark.parametrize("case", GOOD)
def test_a_file_is_read_in_its_encoding(server, new_browser, case):
    content, encoding, begins = GOOD[case]
    page = new_browser()
    upload(page, server, ("story.txt", content))
    page.get_by_text(begins).first.wait_for()
    page.get_by_text(encoding, exact=True).first.wait_for()
    assert not page.faults


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_is_no_text_gets_one_sentence(server, new_browser, case):
    content, sentence = BAD[case]
    page = new_browser()
    upload(page, server, ("story.txt", content))
    page.get_by_text(sentence).first.wait_for()
    assert "text=" not in page.url and "Traceback" not in page.content()


def test_several_files_become_one_text(server, new_browser):
    page = new_browser()
    upload(page, server, ("b.txt", STORY_ZH.encode("gb18030")), ("a.md", STORY_EN.encode()))
    page.get_by_text("a.md and 1 more", exact=True).wait_for()
    page.get_by_text("The river was low").first.wait_for()


def test_markup_in_a_text_stays_text(server, new_browser):
    page = new_browser()
    paste(page, server, "<img src=x onerror=\"document.title='broken'\"> **bold** ![x](http://127.0.0.1:9/x.png)\n" * 30)
    page.get_by_text("How it was read").wait_for()
    page.locator(".token").first.wait_for()
    assert page.title() != "broken" and page.locator("[data-testid=stMain] img").count() == 0


def test_the_whole_way_in_chinese(server, new_browser):
    page = new_browser("zh-CN")
    page.goto(server.url)
    page.get_by_role("heading", name=translate("What comes next?", "zh")).wait_for()  # the browser's language
    paste(page, server, STORY_ZH, "zh")
    page.get_by_text(translate("How it was read", "zh")).wait_for()
    start(page, translate("10 seconds", "zh"))
    wait_for_points(page, 5)
    assert "lang=zh" in page.url
    address, before = page.url, points(page)
    other = new_browser("en-US")  # whoever has the address sees the same curve, in the language of the address
    other.goto(address)
    wait_for_points(other, before)
    other.get_by_text(translate("Training", "zh")).first.wait_for()
    page.locator(".st-key-menu-language button").click()
    page.wait_for_url(re.compile("lang=en"))
    page.get_by_role("heading", name="Training").wait_for()
    assert "run=" in page.url
    wait_for_points(page, before)
    page.go_back()
    wait_for_points(page, before)
    assert not page.faults and not other.faults
