"""The home page while its server is still loading, and afterwards."""

import pytest
from streamlit.testing.v1 import AppTest

from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from pages.parts import demos, visitor
from pages.parts.language import translate
from pages.parts.server import loading
from tests.pages.conftest import MENU
from tests.pages.situations import OWNER, TEXT, a_config

SOON = "The server has just started: in a moment a word can be chosen."
SOON_ZH = "服务器刚刚启动，稍等片刻就可以选词了。"


@pytest.fixture
def starting():
    loading.begin()
    yield
    loading.end()


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """A data folder with a finished one in each language."""
    data = tmp_path_factory.mktemp("examples")
    store = Store(data)
    for language, sample in demos.SAMPLE.items():
        text = store.add_text(owner=None, name=sample, content=TEXT, kind="stream", encoding="utf-8", sample=sample)
        context = demos.context(language)
        run = store.add_run(owner=None, text_id=text.id, name=sample, config=a_config(), pinned_context=context)
        worker.work(data, run.id)
    return data


@pytest.fixture
def example(examples, monkeypatch, pool):
    monkeypatch.setenv("NEXT_WORD_DATA", str(examples))
    monkeypatch.setattr(visitor, "current", lambda: OWNER)


def open_home(lang: str) -> AppTest:
    app = AppTest.from_file(MENU, default_timeout=60)
    app.query_params["lang"] = lang
    return app.run()


def said(app) -> list[str]:
    return [caption.value for caption in app.caption]


def test_it_shows_what_was_written_down_until_the_model_can_be_asked(example, starting):
    app = open_home("en")
    assert SOON in said(app) and not any("Entropy" in one for one in said(app))
    loading.end()
    app.run()
    assert SOON not in said(app) and any("Entropy" in one for one in said(app))


def test_it_says_so_in_chinese(example, starting):
    assert SOON_ZH in said(open_home("zh"))


def test_another_sentence_asks_the_model(example, starting):
    app = open_home("en")
    app.text_input(key="home.context.en").set_value("the dog").run()
    assert SOON not in said(app) and any("Entropy" in one for one in said(app))


def test_loading_the_page_again_keeps_the_words_of_each_language(example):
    open_home("en").text_input(key="home.context.en").set_value("the dog").run()
    assert open_home("en").text_input(key="home.context.en").value == "the dog"
    assert open_home("zh").text_input(key="home.context.zh").value == demos.context("zh")


def test_a_sentence_is_tidied_as_the_text_was(example, starting):
    app, said = open_home("en"), []
    for sentence in ("the dog", "\ufeffthe d\x00og"):
        app.text_input(key="home.context.en").set_value(sentence).run()
        said.append([element.value for element in (*app.caption, *app.warning)])
    assert said[0] == said[1] and any("Entropy" in value for value in said[0])


def test_loading_waits_as_long_as_the_bars_were_only_sent(example, starting):
    """That a browser asks again is seen by `benchmarks/first_minute.py` alone: a page test cannot run a fragment by itself."""
    open_home("en").run()
    assert not loading.wait_until_it_may(0.0)


@pytest.mark.parametrize("page", ["explore.py", "train.py"])
def test_loading_begins_at_once_where_a_model_is_needed(example, starting, page):
    open_home("en").switch_page(page).run()
    assert loading.wait_until_it_may(0.0)


def test_a_sentence_of_ones_own_lets_loading_begin(example, starting):
    open_home("en").text_input(key="home.context.en").set_value("the dog").run()
    assert loading.wait_until_it_may(0.0)


def test_the_game_leads_to_the_game_with_the_example(example):
    app = open_home("zh")
    app.switch_page("game.py").run()
    store = visitor.store()
    links = [link.proto for link in app.get("page_link") if link.proto.label == translate("See the finished example", "zh")]
    assert [link.page for link in links] == ["game"]
    assert f"run={demos.find(store, 'zh').id}" in links[0].query_string
