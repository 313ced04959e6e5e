"""Real files through the real uploader; and the whole way in Chinese."""

import re

import pytest

from lmcore.errors import BY_CODE, TextTooLarge
from pages.parts.language import translate
from tests.browser.test_main_path import STORY_EN, STORY_ZH, paste, points, start, wait_for_points
from tests.lmcore.awkward import FILES, NAMES

GOOD = {
    "gb18030": (STORY_ZH.encode("gb18030"), "GBK / GB 18030", "夏天河水很浅"),
    "utf-16": (STORY_ZH.encode("utf-16"), "UTF-16", "夏天河水很浅"),
    "utf-8 with a mark": (STORY_EN.encode("utf-8-sig"), "UTF-8", "The river was low"),
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


@pytest.fixture(scope="module")
def one_page(chromium):
    """For the many files that are tried one after another."""
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    yield page
    context.close()


# One of each sort: all of them are decoded in `test_decoding`.
SORTS = (
    "0 bytes", "only a mark", "only control characters", "one character", "two identical characters", "utf-16-le, 语言模",
    "gb18030, 语言模", "big5, 語言模", "koi8-r, Язы", "cut within a character", "one bad byte", "NUL and escape", "half characters",
    "right to left", "emoji", "every line end", "csv", "json", "html", "markdown", "png", "docx", "random bytes",
)  # fmt: skip


@pytest.mark.parametrize("case", SORTS)
def test_every_sort_of_file_is_read_or_gets_one_sentence(server, one_page, case):
    content, expected = FILES[case]
    upload(one_page, server, (f"{case}.txt", content))
    if expected in BY_CODE:
        begin = BY_CODE[expected].sentence.format(name=f"{case}.txt", looks_like="|").partition("|")[0]
        one_page.get_by_text(begin).first.wait_for()
        assert "text=" not in one_page.url
    else:
        one_page.wait_for_url(re.compile(r"[?&]text="))
        one_page.get_by_text(expected.split("\n")[0]).first.wait_for(state="attached")
        assert one_page.title() != "broken" and one_page.locator("[data-testid=stMain] img").count() == 0
    assert "Traceback" not in one_page.content()


@pytest.mark.parametrize("name", ["a path", "a device", "long chinese", "html", "markdown", "right to left", "emoji"])
def test_every_file_name_is_shown_as_it_is(server, one_page, name):
    """The browser and Streamlit take their part of a name away first; what is left is never more than words."""
    upload(one_page, server, (f"{NAMES[name]}.txt", STORY_EN.encode()))
    one_page.wait_for_url(re.compile(r"[?&]text="))
    one_page.get_by_text("The river was low").first.wait_for()
    assert one_page.locator("[data-testid=stMain] img, [onerror], [href^=javascript]").count() == 0
    assert "Something went wrong" not in one_page.content()


@pytest.mark.parametrize("megabytes", [53, 60, 70])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_file_over_the_limit_gets_one_sentence(server, one_page, language, megabytes, tmp_path):
    """The browser does not send it, and Streamlit's English gives way to the server's own sentence."""
    file = tmp_path / "large.txt"
    with file.open("wb") as writing:
        writing.truncate(megabytes * 1_000_000)
    one_page.goto(f"{server.url}/text?lang={language}")
    one_page.get_by_role("tab").nth(1).click()
    one_page.locator(".st-key-text-files input[type=file]").set_input_files(file)
    one_page.locator("[data-testid=stFileChipIconError]").wait_for()
    shown = "getComputedStyle(document.querySelector('.st-key-text-files [data-testid=stFileUploader]'), '::after').content"
    assert translate(TextTooLarge.sentence, language).format(limit=50) in one_page.evaluate(shown)
    assert not one_page.get_by_text("or smaller").is_visible()
    assert one_page.locator(".st-key-text-use_files").count() == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_files_that_are_together_over_the_limit_get_the_same_sentence(server, one_page, language, tmp_path):
    one_page.goto(f"{server.url}/text?lang={language}")
    one_page.get_by_role("tab").nth(1).click()
    parts = [tmp_path / name for name in ("a.txt", "b.txt")]
    for part in parts:
        part.write_bytes(b"a" * 26_000_000)
    one_page.locator(".st-key-text-files input[type=file]").set_input_files(parts)
    one_page.locator("[data-testid=stFileChipIconSpinner]").first.wait_for(state="detached")
    one_page.locator(".st-key-text-use_files button").click()
    one_page.get_by_text(translate(TextTooLarge.sentence, language).format(limit=50)).wait_for()


def test_of_two_probable_readings_the_visitor_chooses(server, one_page):
    """Two bytes of Czech are letters of Western Europe as well: both are shown."""
    one_page.goto(f"{server.url}/text?lang=en")
    one_page.get_by_role("tab", name="Upload").click()
    file = {"name": "weather.txt", "mimeType": "text/plain", "buffer": "počasí".encode("cp1250")}
    one_page.locator(".st-key-text-files input[type=file]").set_input_files([file])
    one_page.get_by_text("“weather.txt” can be read in more than one way. Which line is right?").wait_for()
    for line in ("poèasí", "počasí"):
        one_page.get_by_text(line, exact=True).wait_for()
    one_page.get_by_text("Windows-1250", exact=True).click()
    one_page.locator(".st-key-text-use_files button").click()
    one_page.wait_for_url(re.compile(r"[?&]text="))
    one_page.locator("[data-testid=stCode]").get_by_text("počasí").wait_for()


@pytest.mark.parametrize("name", ["notes.markdown", "server.log", "main.py", "paper.tex", "table.csv", "data.json", "README"])
def test_any_ending_is_taken(server, one_page, name):
    upload(one_page, server, (name, STORY_EN.encode()))
    one_page.wait_for_url(re.compile(r"[?&]text="))
    one_page.locator("[data-testid=stText]").get_by_text(name, exact=True).wait_for()


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
    other = new_browser("en-US")  # another visitor with the address sees the same curve, in the language of the address
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
