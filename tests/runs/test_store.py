"""The store by itself: what is put in comes out, owners are told apart, asking twice is asking once."""

import sqlite3
import threading

import numpy as np
import pytest

from lmcore.errors import RunNotFound, StoreTooNew, TextNotFound
from lmcore.runs import data_folder
from lmcore.runs.queue import scheduling
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import housekeeping, progress
from lmcore.runs.store.records import EvaluationRow, StepRow
from lmcore.runs.store.rooms import Rooms
from lmcore.runs.store.store import Store
from lmcore.runs.worker import run_writer
from tests.runs.examples import a_config, a_run, a_text


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_a_text_comes_back_and_lies_once(store):
    first, second = a_text(store, "语言模型\n"), a_text(store, "语言模型\n")
    assert store.content(first.id) == "语言模型\n"
    assert (first.characters, first.bytes) == (5, 13)
    assert first.id != second.id
    assert len(list((store.folder / "texts").iterdir())) == 1
    assert store.text("unknown") is None
    assert [text.id for text in store.texts("anna")] == [second.id, first.id]
    assert store.texts("ben") == []


def test_the_order_of_texts_and_runs_depends_on_no_clock(store, monkeypatch):
    """With the clock set back, the newest run still comes first."""
    hours = iter(range(23, 0, -1))
    monkeypatch.setattr("lmcore.runs.store.store.now", lambda: f"2026-03-01T{next(hours):02}:00:00.000+00:00")
    texts = [a_text(store, f"text {number}") for number in range(3)]
    runs = [a_run(store, text=texts[0]) for _ in range(3)]
    assert [text.id for text in store.texts("anna")] == [text.id for text in reversed(texts)]
    assert [run.id for run in store.runs("anna")] == [run.id for run in reversed(runs)]
    assert [entry.id for entry in scheduling.look(store).waiting] == [run.id for run in runs]


def test_a_run_comes_back(store):
    run = a_run(store)
    assert store.run(run.id) == run
    assert (run.status, run.requested, run.resolved, run.pinned_context) == ("queued", a_config(), None, "the ca")
    assert len(run.id) >= 20
    assert store.runs("anna") == [run] and store.runs("ben") == []


def test_deleting_can_be_undone_until_it_is_purged(store):
    run = a_run(store)
    store.delete(run.id)
    assert store.run(run.id) is None and store.runs("anna") == []
    store.undelete(run.id)
    assert store.run(run.id).status == "stopped"
    store.delete(run.id)
    housekeeping.purge(store, before="9999")
    with pytest.raises(RunNotFound):
        store.undelete(run.id)


def test_a_deleted_text_takes_its_runs_along_and_nothing_of_it_stays(store):
    text, other = a_text(store), a_text(store, "another text entirely\n" * 200)
    first, second, elsewhere = a_run(store, text=text), a_run(store, text=text), a_run(store, text=other)
    store.delete(second.id)  # before, so it does not come back
    path = data_folder.text_path(store.folder, text.sha256)
    store.delete_text(text.id)
    assert [run.id for run in store.runs("anna")] == [elsewhere.id] and [kept.id for kept in store.texts("anna")] == [other.id]
    with pytest.raises(TextNotFound):
        a_run(store, text=text)
    store.undelete_text(text.id)
    assert {run.id for run in store.runs("anna")} == {first.id, elsewhere.id} and store.run(first.id).status == "stopped"
    store.delete_text(text.id)
    assert path.exists()
    housekeeping.purge(store, before="9999")
    assert store.text(text.id) is None and not path.exists()
    with store.database.reading() as connection:
        assert [row["id"] for row in connection.execute("SELECT id FROM runs")] == [elsewhere.id]
    with pytest.raises(TextNotFound):
        store.undelete_text(text.id)


def test_a_shared_run_keeps_a_deleted_text_until_it_goes_too(store):
    text = a_text(store)
    handed_in, own, bens = a_run(store, text=text), a_run(store, text=text), a_run(store, text=text, owner="ben")
    rooms = Rooms(store)
    code = rooms.open("teacher").code
    rooms.join(code, "anna", "Anna")
    rooms.hand_in(code, "anna", handed_in.id)
    assert store.runs_on(text.id) == ([own.id], [handed_in.id, bens.id])
    store.delete_text(text.id)
    housekeeping.purge(store, before="9999")
    assert store.run(own.id) is None and store.run(handed_in.id) and store.run(bens.id)
    assert store.content(text.id) and store.texts("anna") == []
    for run in (handed_in, bens):
        store.delete(run.id)
    housekeeping.purge(store, before="9999")
    assert store.text(text.id) is None and not data_folder.text_path(store.folder, text.sha256).exists()


def test_equal_texts_of_two_visitors_are_one_file_that_stays_for_the_other(store):
    text = a_text(store)
    bens = store.add_text(owner="ben", name="cats", content=store.content(text.id), kind="stream", encoding="utf-8")
    store.delete_text(text.id)
    housekeeping.purge(store, before="9999")
    assert store.text(text.id) is None and store.content(bens.id)


def test_on_a_full_disk_a_run_can_still_be_deleted(store, monkeypatch):
    """Its film makes the room that writing this down needs."""
    run = a_run(store)
    film = RunFolder.of(store.folder, run.id).film_path
    film.mkdir(parents=True)
    (film / "1.safetensors").write_bytes(b"frames")
    writing = store.database.writing

    def no_room_beside_the_film():
        if film.exists():
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return writing()

    monkeypatch.setattr(store.database, "writing", no_room_beside_the_film)
    store.delete(run.id)
    assert store.run(run.id) is None
    housekeeping.purge(store, before="9999")
    assert not film.parent.exists()


def test_a_server_keeps_what_reading_needs_on_a_full_disk(store):
    beside = store.folder / "store.sqlite-shm"
    store.runs("anna")
    assert not beside.exists()  # a reader makes it and removes it again
    for _ in range(2):
        store.database.stay_open()
        a_text(store)
        store.runs("anna")
        assert beside.exists()


@pytest.mark.parametrize(("asked", "status"), [("pause", "paused"), ("stop", "stopped")])
def test_a_waiting_run_can_be_held_back_twice_and_queued_again(store, asked, status):
    run = a_run(store)
    store.request(run.id, asked)
    store.request(run.id, asked)
    assert store.run(run.id).status == status
    store.request(run.id, "run")
    store.request(run.id, "run")
    assert store.run(run.id).status == "queued"


def test_asking_for_an_unknown_run_is_said(store):
    with pytest.raises(RunNotFound):
        store.request("unknown", "stop")
    with pytest.raises(RunNotFound):
        store.rename("unknown", "x")


def test_the_queue_is_in_order_and_a_run_can_go_first(store):
    runs = [a_run(store) for _ in range(3)]
    assert [scheduling.look(store).position(run.id) for run in runs] == [1, 2, 3]
    store.queue_first(runs[2].id)
    assert [scheduling.look(store).position(run.id) for run in runs] == [2, 3, 1]
    assert scheduling.next_queued(store) == runs[2].id
    assert scheduling.next_queued(store, {runs[2].id}) == runs[0].id


def test_many_claimers_get_each_run_once(store):
    runs = [a_run(store) for _ in range(5)]
    claimed = []

    def claim_all():
        claimed.extend(run.id for run in runs if progress.claim(store, run.id))

    threads = [threading.Thread(target=claim_all) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(run.id for run in runs)


def test_a_running_run_whose_lock_is_free_is_interrupted(store):
    run = a_run(store)
    with RunFolder.of(store.folder, run.id).lock():
        progress.claim(store, run.id)
        assert store.run(run.id).shown_status == "running"
    assert store.run(run.id).shown_status == "interrupted"
    store.request(run.id, "run")
    assert store.run(run.id).status == "queued"


def rows(*steps, loss=1.5):
    return [StepRow(step, step / 10, step * 32, loss, 0.01, 0.5, step * 0.1, 320.0) for step in steps]


def test_progress_is_read_by_column_and_from_a_step_on(store):
    run = a_run(store)
    writer = run_writer.RunWriter(store, run.id)
    writer.begin(0, a_config(), [{"code": "plan.x", "values": {}}])
    writer.steps += rows(1, 2, 3)
    writer.evaluations.append(EvaluationRow(3, 1.2, 2.5, True, "a sample", "the ca", [["t", 0.5]]))
    writer.flush(force=True)
    assert store.steps(run.id).step.tolist() == [1, 2, 3]
    assert store.steps(run.id, after=2).tokens.tolist() == [96.0]
    assert store.evaluations(run.id) == [EvaluationRow(3, 1.2, 2.5, True, "a sample", "the ca", [["t", 0.5]])]
    after = store.run(run.id)
    assert (after.step, after.best_step, after.best_loss, after.best_bits_per_byte) == (3, 3, 1.2, 2.5)
    assert after.notes == [{"code": "plan.x", "values": {}}]


def test_a_loss_that_is_not_a_number_is_never_read_as_zero(store):
    run = a_run(store)
    writer = run_writer.RunWriter(store, run.id)
    writer.steps += rows(1, loss=float("nan"))
    writer.flush(force=True)
    assert np.isnan(store.steps(run.id).loss[0])


def test_beginning_after_a_checkpoint_forgets_what_came_later(store):
    run = a_run(store)
    writer = run_writer.RunWriter(store, run.id)
    writer.steps += rows(1, 2, 3)
    writer.flush(force=True)
    writer.begin(2, a_config(), [])
    assert store.steps(run.id).step.tolist() == [1, 2]


def test_a_learning_rate_is_requested_until_it_is_applied(store):
    run = a_run(store)
    store.request_learning_rate(run.id, 0.5)
    writer = run_writer.RunWriter(store, run.id)
    for _ in range(2):  # a worker that dies in between finds it again
        writer.flush(force=True)
        assert (writer.request, writer.learning_rate, writer.pinned_context) == ("run", 0.5, "the ca")
    writer.learning_rate_applied()
    writer.flush(force=True)
    assert writer.learning_rate is None and store.run(run.id).learning_rate is None


def test_a_store_of_a_newer_version_is_refused(store):
    with store.database.writing() as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreTooNew):
        Store(store.folder)
