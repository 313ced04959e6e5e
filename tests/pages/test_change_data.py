"""Change the data: the dialog changes the text, the new run is trained alike, and its page lists what moved; nothing, where nothing was changed."""

import pytest

from lmcore.runs.store import marks
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from tests.pages.situations import OWNER, TEXT


@pytest.fixture
def change(open_page, here):
    """Change the text of a finished run in the dialog, and train to the end."""
    store, made = Store(here["data"]), []

    def change(way: str, **typed: str):
        app = open_page("train", lang="en", run=here["finished"])
        for name, value in {"change.way": way, **{f"change.{name}": value for name, value in typed.items()}}.items():
            app.session_state[name] = value
        app.button(key="train.change").click().run()
        app.button(key="train.change").click()  # a test draws the whole page again: the dialog is opened and answered at once
        app.button(key="change.start").click().run()
        assert not app.exception
        run = store.runs(OWNER)[0]
        made.append(run)
        store.queue_first(run.id)
        while store.run(run.id).shown_status == "queued":
            worker.work(store.folder, run.id)
        return store.run(run.id)

    yield change
    for run in made:
        store.delete(run.id)
        if run.text_id != here["text"]:
            store.delete_text(run.text_id)


def test_swapped_words_move(change, open_page, here):
    run = change("swap", one="cat", other="dog")
    store = Store(here["data"])
    assert store.content(run.text_id) == TEXT.replace("cat", "?").replace("dog", "cat").replace("?", "dog")
    assert store.text(run.text_id).name == "cats · cat ⇄ dog" and marks.values_of(run, marks.CHANGED) == {"run": here["finished"]}
    assert run.step == store.run(here["finished"]).step
    for language, title in (("en", "What moved"), ("zh", "哪里变了")):
        app = open_page("train", lang=language, run=run.id)
        assert not app.exception and title in [entry.value for entry in app.subheader]
        contexts, _lines = (table.value for table in app.dataframe)
        divergence = contexts.iloc[:, 0].tolist()
        assert len(contexts) > 3 and divergence == sorted(divergence, reverse=True) and divergence[0] > 0.01


def test_without_a_change_the_run_is_the_same_bit_for_bit(change, open_page, here):
    run = change("delete", word="unicorn")
    store = Store(here["data"])
    assert run.text_id == here["text"]
    assert store.steps(run.id).loss.tolist() == store.steps(here["finished"]).loss.tolist()
    app = open_page("train", lang="en", run=run.id)
    assert "Nothing moved: after every context both models give the same probabilities." in [entry.value for entry in app.info]


def test_a_text_edited_by_hand(change, here):
    run = change("hand", text="the owl sat on the roof\n" * 200)
    assert Store(here["data"]).content(run.text_id).startswith("the owl sat on the roof\n")


def test_the_text_of_someone_else_is_not_offered(open_page, here):
    app = open_page("train", lang="en", run=here["other"])
    assert "train.change" not in {button.key for button in app.button}
