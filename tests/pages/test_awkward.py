"""Names and texts that could be Markdown or HTML, addresses that could be anything: shown as they are written, or passed over."""

import re
from datetime import datetime

import pytest
from streamlit.testing.v1 import AppTest

from lmcore.errors import BY_CODE, LmcoreError
from lmcore.runs.store.backups import Restored
from lmcore.runs.store.rooms import Rooms
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from pages.parts import error_notice, links, texts, visitor
from pages.parts.error_sentences import sentence
from pages.parts.language import LANGUAGES, literal, translate
from tests.lmcore.awkward import NAMES, TEXTS
from tests.pages.conftest import MENU, NoPool
from tests.pages.situations import OWNER, a_config

MARKED = "![x](http://evil/x.png) **b** <img onerror=alert(1)> :red[x] $x$ [l](javascript:x)"
AS_IT_IS = {  # elements whose words are no Markdown: values, options, code, tables, drawings
    "text", "code", "text_input", "text_area", "selectbox", "multiselect", "dataframe", "plotly_chart",
    "bidi_component", "html",
}  # fmt: skip
MARKUP = re.compile(r"(?<!\\)(!\[x\]\(|\*\*b\b|<img|:red\[)")  # without the stroke that takes its meaning away
READABLE = "the cat sat on the mat and the dog sat on the log\n"


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A data folder where everything that has a name has that one; the text and its tokens are made of it too."""
    data = tmp_path_factory.mktemp("marked")
    store = Store(data)
    text = store.add_text(owner=OWNER, name=MARKED, content=f"{READABLE * 3}{MARKED}\n" * 40, kind="stream", encoding="utf-8")
    runs = [store.add_run(owner=OWNER, text_id=text.id, name=MARKED, config=a_config(), pinned_context="![x](") for _ in range(2)]
    for run in runs:
        worker.work(data, run.id)
    rooms = Rooms(store)
    room = rooms.open(OWNER)
    rooms.join(room.code, OWNER, "**b** <img onerror>")
    rooms.hand_in(room.code, OWNER, runs[0].id, True)
    return {"data": data, "text": text.id, "runs": [run.id for run in runs], "room": room.code}


@pytest.fixture
def open_page(monkeypatch):
    def open_page(data, page: str, **address: str) -> AppTest:
        monkeypatch.setenv("NEXT_WORD_DATA", str(data))
        monkeypatch.setattr(visitor, "current", lambda: OWNER)
        monkeypatch.setattr(visitor, "pool", lambda: pool)
        app = AppTest.from_file(MENU, default_timeout=60)
        for name, value in address.items():
            app.query_params[name] = value
        return app.run().switch_page(f"{page}.py").run()

    pool = NoPool()
    return open_page


def elements(node):
    for child in getattr(node, "children", {}).values():
        yield child
        yield from elements(child)


def words_of(element) -> str:
    return str(getattr(element, "proto", ""))


@pytest.mark.parametrize("page", links.PAGES)
def test_no_name_is_read_as_markdown(marked, open_page, page):
    app = open_page(
        marked["data"],
        page,
        lang="en",
        run=marked["runs"][0],
        text=marked["text"],
        runs=",".join(marked["runs"]),
        room=marked["room"],
    )
    assert not app.exception
    found = list(elements(app._tree))
    assert len(found) > 10
    leaked = [words_of(element)[:300] for element in found if element.type not in AS_IT_IS and MARKUP.search(words_of(element))]
    assert leaked == []


def test_the_names_are_there_to_leak(marked, open_page):
    app = open_page(marked["data"], "runs", lang="en")
    assert literal(MARKED) in [element.label for element in app.checkbox]
    app = open_page(marked["data"], "train", lang="en", run=marked["runs"][0])
    assert MARKED in " ".join(element.value for element in app.text)


@pytest.mark.parametrize(
    "name", ["see http://x.org", "https://x.org/a?b=c", "www.x.org", "WWW.x.org", "anna@x.org", "ftp://x.org"]
)
def test_an_address_in_a_name_makes_no_link(name):
    shown = literal(name).replace("\\", "")
    assert shown.replace("\u2060", "") == name
    assert not re.search(r"://|www\.|@[-\w]", shown, re.IGNORECASE)


def test_an_error_about_a_marked_name_shows_the_name():
    joiner = "\u2060"
    said = sentence("text.binary", {"name": MARKED, "looks_like": "a PNG picture"})
    assert rf"\!\[x\]\(http\:{joiner}\/\/evil\/x\.png\) \*\*b\*\* \<img onerror\=alert\(1\)\>" in said
    assert len(said) < 400


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_every_name_is_kept_in_one_line(tmp_path, open_page, name):
    store = Store(tmp_path)
    text = store.add_text(owner=OWNER, name=name, content=READABLE * 50, kind="stream", encoding="utf-8")
    run = store.add_run(owner=OWNER, text_id=text.id, name="x", config=a_config())
    store.rename(run.id, name)
    for kept in (store.text(text.id).name, store.run(run.id).name):
        assert 0 < len(kept) <= 120 and kept == " ".join(kept.split()) and kept.encode()
    assert [
        path.name for path in tmp_path.iterdir() if path.name not in ("store.sqlite", "texts", "runs")
    ] == []  # no file is named so
    for page in ("runs", "text", "train"):
        assert not open_page(tmp_path, page, lang="en", text=text.id).exception


ADDRESSES = {
    "a path": "../../x",
    "sql": "1 OR 1=1",
    "long": "a" * 10_000,
    "markup": "<img onerror=alert(1)>",
    "nothing": "",
    "zero": "\0",
    "chinese": "语言",
}


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("page", links.PAGES)
def test_an_address_that_can_not_be_is_passed_over(marked, open_page, page, name):
    value = ADDRESSES[name]
    app = open_page(marked["data"], page, run=value, text=value, runs=f"{value},{value}", room=value, lang=value)
    assert not app.exception
    assert app.title


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_can_be_looked_at(tmp_path, open_page, name):
    app = open_page(tmp_path, "text", lang="en")
    app.text_area(key="text.paste").set_value(TEXTS[name])
    app.button(key="text.use").click().run()
    assert not app.exception
    (text,) = Store(tmp_path).texts(OWNER)
    assert app.query_params["text"] == text.id
    assert not open_page(tmp_path, "train", lang="en", text=text.id).exception


@pytest.mark.parametrize("content", ["x " * 600_000, "词" * 400_000], ids=["ascii", "chinese"])
def test_more_than_a_megabyte_is_not_pasted(tmp_path, open_page, content):
    app = open_page(tmp_path, "text", lang="en")
    app.text_area(key="text.paste").set_value(content)
    app.button(key="text.use").click().run()
    assert [error.value for error in app.error] == ["This text is larger than 1 MB, which is the limit. Use a part of it."]
    assert Store(tmp_path).texts(OWNER) == []


def test_a_pasted_half_character_is_replaced(tmp_path, monkeypatch):
    """Streamlit's messages cannot carry one; whatever else brings it does not get it into a file."""
    monkeypatch.setenv("NEXT_WORD_DATA", str(tmp_path))
    monkeypatch.setattr(visitor, "current", lambda: OWNER)
    text = texts.add_pasted("a half \ud800 character")
    assert Store(tmp_path).content(text.id) == text.name == "a half \ufffd character"


def say(kind: str):
    import sqlite3

    import streamlit as st

    from lmcore.errors import RunNotFound
    from pages.parts import error_notice

    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
    error = {"known": RunNotFound(), "busy": busy, "full": OSError(28, "No space left"), "other": ZeroDivisionError("secret")}[
        kind
    ]
    st.text(str(error_notice.say_what_happened(error)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "code"), [("known", "store.run_not_found"), ("busy", "store.busy"), ("full", "store.full"), ("other", "error")]
)
def test_what_went_wrong_is_one_sentence(kind, code, language):
    app = AppTest.from_function(say, args=(kind,), default_timeout=60)
    app.query_params["lang"] = language
    app.run()
    assert len(app.error) == 1 and not app.exception
    assert app.error[0].value == translate(BY_CODE.get(code, LmcoreError).sentence, language)


def test_what_was_done_to_a_damaged_store_is_said_until_it_is_read(tmp_path, open_page, monkeypatch):
    monkeypatch.setattr(error_notice, "restored", Restored("store.damaged-1.sqlite", datetime(2026, 3, 1, 9, 30)))
    app = open_page(tmp_path, "runs", lang="en")
    assert app.text[0].value == (
        "The store, where texts and runs are listed, was damaged. It was set aside as “store.damaged-1.sqlite”; nothing was deleted.\n"
        "The backup of 2026-03-01 09:30 is used; what was done after it may be missing from the lists."
    )
    app.button(key="trouble.read_it").click().run()
    assert "damaged" not in " ".join(element.value for element in app.text)
    monkeypatch.setattr(error_notice, "restored", Restored(None, None))
    assert "没有备份" in open_page(tmp_path, "runs", lang="zh").text[0].value
