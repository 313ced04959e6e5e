"""Go on with another text: the dialog says what the vocabulary lacks, the new run says where it began and what it has forgotten."""

import pytest

from lmcore.runs.store import marks
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from tests.pages.situations import OWNER

NEW = "a bird sang in the tree; and the cow ate in the field\n" * 120


@pytest.fixture
def going_on(here):
    """A run that began with another, trained to its end."""
    store = Store(here["data"])
    first = store.run(here["finished"])
    text = store.add_text(owner=OWNER, name="birds", content=NEW, kind="stream", encoding="utf-8")
    run = store.add_run(
        owner=OWNER, text_id=text.id, name="on", config=first.requested, first=True, begin_with=(first.id, first.step)
    )
    while store.run(run.id).shown_status == "queued":
        worker.work(store.folder, run.id)
    yield store.run(run.id)
    store.delete(run.id)
    store.delete_text(text.id)


def said(app) -> str:
    return "\n".join(entry.value for entry in (*app.caption, *app.markdown))


def test_the_dialog_says_what_is_unknown_and_begins_the_run(open_page, here):
    store = Store(here["data"])
    text = store.add_text(owner=OWNER, name="birds", content=NEW, kind="stream", encoding="utf-8")
    app = open_page("train", lang="en", run=here["finished"])
    app.session_state["go_on.text"] = text.id
    app.button(key="train.go_on").click().run()
    assert "are not in the vocabulary of the model" in said(app) and "“\\;”" in said(app)
    app.button(key="train.go_on").click()  # a test draws the whole page again: the dialog is opened and answered at once
    app.button(key="go_on.start").click().run()
    assert not app.exception
    run = store.runs(OWNER)[0]
    assert run.text_id == text.id and run.requested == store.run(here["finished"]).requested
    assert marks.values_of(run, marks.BEGUN)["run"] == here["finished"]
    store.delete(run.id)
    store.delete_text(text.id)


@pytest.mark.parametrize(
    ("language", "began", "forgotten"),
    [
        ("en", "Begun with the weights of “finished”, step", "On the old text its loss rose from"),
        ("zh", "从“finished”第", "旧文本上的损失从"),
    ],
)
def test_a_run_says_where_it_began_and_what_it_forgot(open_page, going_on, language, began, forgotten):
    app = open_page("train", lang=language, run=going_on.id)
    assert not app.exception and began in said(app) and forgotten in said(app)
    assert began in said(open_page("runs", lang=language))


def test_a_run_of_someone_else_is_no_beginning(open_page, here):
    app = open_page("train", lang="en", run=here["other"])
    assert "train.go_on" not in {button.key for button in app.button}
