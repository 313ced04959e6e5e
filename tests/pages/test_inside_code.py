"""Inside, the article's code: in every situation and language, its errors and what they teach, the losses once it trains."""

import json

import numpy as np
import pytest

from lmcore.inspection import article_code
from lmcore.runs import article_process
from pages.parts import visitor
from pages.parts.inside import code
from pages.parts.language import LANGUAGES, translate

TAUGHT = {
    "names": "leaves to its reader",
    "axes": "`batch_first=True`",
    "loss": "classes on axis 1",
    "detached": "truncated back-propagation",
}


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch, tmp_path):
    """Without waiting for a new process to load torch; {state: how often it was run}"""
    ran = {}
    code._outcome.clear()
    monkeypatch.setattr(article_code, "BATCHES", 6)

    def run(vocabulary_size, ids, mended, *, square=False):
        ran[mended, square] = ran.get((mended, square), 0) + 1
        path = tmp_path / "ids.json"
        path.write_text(json.dumps(np.resize(ids, article_code.tokens_read(vocabulary_size, square=square)).tolist()))
        return article_code.run(article_code.program(vocabulary_size, mended, square=square), str(path))

    monkeypatch.setattr(article_process, "run", run)
    return ran


def open_view(open_page, run_id: str, language: str = "en"):
    app = open_page("inside", lang=language, view="code", run=run_id)
    assert not app.exception and app.session_state["inside.view"] == "code"
    return app


def press(app):
    app.button(key="inside.code.run").click().run()
    assert not app.exception
    return app


@pytest.mark.parametrize("situation", ["finished", "running", "other"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_view_runs_nothing_by_itself_and_says_the_error_when_asked(open_page, here, in_this_process, language, situation):
    app = open_view(open_page, here[situation], language)
    assert not in_this_process and len(app.code) == 1
    press(app)
    assert "NameError: name 'vocab_size' is not defined" in [block.value for block in app.code]
    said = translate("It stopped in line {line}.", language).format(line=18)
    assert [error.value for error in app.error] == [said]


def test_switch_by_switch_the_next_error_comes_until_it_trains(open_page, here, in_this_process):
    app = open_view(open_page, here["finished"])
    for fault in article_code.FAULTS:
        app = press(app)
        assert app.error and any(TAUGHT[fault] in block.value for block in app.markdown)
        app.toggle(key=f"inside.code.{fault}").set_value(True).run()
    app = press(app)
    assert not app.error and app.success and len(app.get("plotly_chart")) == 1
    app.run()
    assert app.success and set(in_this_process.values()) == {1}  # what was run is kept


def test_wrong_axes_that_nobody_notices_are_said(open_page, here):
    app = open_view(open_page, here["finished"])
    for name in ("names", "loss", "detached", "square"):
        app.toggle(key=f"inside.code.{name}").set_value(True).run()
    app = press(app)
    assert not app.error and any("takes the batch for time" in warning.value for warning in app.warning)


def test_those_who_may_not_read_the_text_see_it_run_on_the_example_context(open_page, here, monkeypatch):
    monkeypatch.setattr(visitor, "current", lambda: "a stranger")
    app = press(open_view(open_page, here["finished"]))
    assert any("example context" in caption.value for caption in app.caption)


def test_a_busy_server_is_said(open_page, here, monkeypatch):
    def too_long(*_args, **_more):
        raise TimeoutError

    monkeypatch.setattr(article_process, "run", too_long)
    app = press(open_view(open_page, here["finished"]))
    assert any("too busy" in warning.value for warning in app.warning) and len(app.code) == 1
