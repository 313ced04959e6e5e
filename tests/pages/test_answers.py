"""A loss on answers alone: offered where a text has a marker, and said wherever its losses are shown."""

import pytest

from lmcore.config import RunConfig
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from tests.pages import situations

TEXT = "".join(f"number {number} => {'odd' if number % 2 else 'even'}\n" for number in range(400))
FIELD = "settings.loss_on"


@pytest.fixture(scope="module")
def task(ids):
    """(text, a finished run on its answers alone)."""
    store = Store(ids["data"])
    text = store.add_text(owner=situations.OWNER, name="numbers", content=TEXT, kind="lines", encoding="utf-8")
    config = situations.a_config().with_training(loss_on="answer")
    run = store.add_run(owner=situations.OWNER, text_id=text.id, name="parity", config=config, pinned_context="number 3 =>")
    worker.work(ids["data"], run.id)
    yield text.id, run.id
    store.delete(run.id)
    store.delete_text(text.id)


def fields(app) -> dict:
    return {widget.key: widget for widget in app.get("button_group")}


def test_it_is_offered_where_there_is_a_marker_and_begins_a_run(open_page, task, here):
    text, finished = task
    app = open_page("train", lang="en", text=text)
    fields(app)[FIELD].set_value("answer").run()
    assert any("P(answer | prompt)" in caption.value and "=>" in caption.value for caption in app.caption)
    app.button(key="train.start").click().run()
    store = Store(here["data"])
    (started,) = [run for run in store.runs(situations.OWNER) if run.text_id == text and run.id != finished]
    store.delete(started.id)
    assert isinstance(started.requested, RunConfig) and started.requested.training.loss_on == "answer"


def test_it_is_not_offered_without_a_marker_and_not_kept(open_page, task, ids):
    app = open_page("train", lang="en", text=task[0])
    fields(app)[FIELD].set_value("answer").run()
    app.selectbox(key="train.text").set_value(ids["text"]).run()
    assert FIELD not in fields(app) and app.session_state[FIELD] == "all"


def test_its_losses_are_said_to_be_of_answers(open_page, task, ids):
    run = task[1]
    assert any("answers alone" in caption.value for caption in open_page("train", lang="en", run=run).main.caption[:8])
    compared = open_page("compare", lang="en", runs=f"{run},{ids['finished']}")
    assert any("cannot be compared with losses of a whole text" in caption.value for caption in compared.caption)
    assert not any("too short for a validation loss" in caption.value for caption in compared.caption)
