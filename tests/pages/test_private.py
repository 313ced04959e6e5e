"""What is one visitor's stays theirs: with a run's address another visitor sees the run, and no line of its text.

Everything here is kept in the memory of one process, as on a server. Raw clients and forged cookies are in the browser tests.
"""

import pytest

from lmcore.runs.store.store import Store
from pages.parts import texts, visitor
from pages.parts.language import LANGUAGES, translate
from tests.pages.situations import OWNER, TEXT

LINE = TEXT.split("\n")[0]


def everything(app) -> str:
    return "\n".join(str(element.proto) for part in (app.main, app.sidebar) for element in part)


@pytest.fixture
def as_(monkeypatch):
    return lambda who: monkeypatch.setattr(visitor, "current", lambda: who)


@pytest.mark.parametrize("page", ["train", "explore", "write", "game", "compare", "text"])
def test_what_its_owner_has_opened_is_in_no_cache_for_another(open_page, here, as_, page):
    as_(OWNER)
    assert not open_page(page, lang="en", run=here["finished"]).exception  # what is kept is kept now
    for who in ("ben", None):
        as_(who)
        app = open_page(page, lang="en", run=here["finished"])
        assert not app.exception and LINE not in everything(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_that_quotes_the_text_is_its_owner_s(open_page, here, as_, language):
    """A pasted text is named by its first words, and its runs by the text."""
    store = Store(here["data"])
    text = store.add_text(owner=OWNER, name="dear diary", content=TEXT, kind="stream", encoding="pasted")
    run = store.add_run(owner=OWNER, text_id=text.id, name="dear diary, run 1", config=store.run(here["finished"]).requested)
    for who, shared, told in ((OWNER, False, True), ("ben", False, False), ("ben", True, True)):
        as_(who)
        store.share_text(text.id, shared)
        for page in ("train", "compare"):
            said = everything(open_page(page, lang=language, run=run.id))
            assert ("dear diary" in said) == told
            assert (f"{translate('Someone’s run', language)} {run.id[:4]}" in said) == (not told)
    store.delete(run.id)


def test_the_pinned_context_is_never_a_whole_line(here, as_):
    as_(OWNER)
    store = Store(here["data"])
    for content in ("one two three four\n" * 20, "short line here\n" * 20, "春天花会开，鸟儿自由自在\n" * 20):
        text = store.add_text(owner=OWNER, name="lines", content=content, kind="lines", encoding="pasted")
        context = texts.begin_of_a_context(text)
        assert context and context in content and len(context) < len(content.split("\n")[0])
        store.delete_text(text.id)
