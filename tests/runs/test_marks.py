"""What was changed while a run trained stays with it: another learning rate, a pause; through a resumption too."""

import pytest

from lmcore.runs.exchange import transfer
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store import marks
from lmcore.runs.store.store import Store
from lmcore.runs.worker import run_training, worker
from lmcore.training.diagnosis import Finding
from pages.parts.run import curve_summary, run_labels
from tests.runs.examples import a_run, curve
from tests.runs.run_files import take_in


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.fixture
def meanwhile(monkeypatch):
    """{step: what is asked for then}"""
    asked = {}
    step_done = run_training.Training._step_done

    def asking(training, event):
        if event.step in asked:
            asked.pop(event.step)()
            training.writer.flush(force=True)
        step_done(training, event)

    monkeypatch.setattr(run_training.Training, "_step_done", asking)
    return asked


def test_a_changed_rate_and_a_pause_are_kept(store, meanwhile):
    run = a_run(store, steps=60, learning_rate=0.02, schedule="constant")
    meanwhile[20] = lambda: store.request_learning_rate(run.id, 0.5)
    meanwhile[30] = lambda: store.request(run.id, "pause")
    worker.work(store.folder, run.id)
    paused = store.run(run.id)
    assert (paused.shown_status, paused.step, marks.rates(paused), marks.pauses(paused)) == (
        "paused", 30, [(0, 0.02), (20, 0.5)], [],
    )  # fmt: skip
    store.request(run.id, "run")
    worker.work(store.folder, run.id)
    done = store.run(run.id)
    assert (done.shown_status, marks.rates(done), marks.pauses(done)) == ("finished", [(0, 0.02), (20, 0.5)], [30])
    assert store.steps(run.id).learning_rate[[19, 20]].tolist() == [0.02, 0.5]
    assert run_labels.recipe(done).startswith("Muon 0.02 → 0.5 · ")
    assert curve_summary.history(store, done).rates == [(0, 0.02), (20, 0.5)]


def test_they_travel_with_the_run(store, meanwhile, tmp_path):
    """The curve and what is said of it are those of the original; without its text a run ends at its best step."""
    run = a_run(store, steps=60, learning_rate=0.02, schedule="constant")
    meanwhile[20] = lambda: store.request_learning_rate(run.id, 0.5)
    meanwhile[30] = lambda: store.request(run.id, "pause")
    worker.work(store.folder, run.id)
    store.request(run.id, "run")
    worker.work(store.folder, run.id)
    run, elsewhere = store.run(run.id), Store(tmp_path / "elsewhere")
    imported = take_in(elsewhere, "ben", transfer.export_run(store, run.id))
    assert imported.notes == run.notes and (marks.rates(run)[1:], marks.pauses(run)) == ([(20, 0.5)], [30])
    assert curve(elsewhere, imported) == curve(store, run)
    assert curve_summary.history(elsewhere, imported) == curve_summary.history(store, run)
    with store.database.writing() as connection:
        connection.execute("UPDATE runs SET best_step = 20 WHERE id = ?", (run.id,))
    for path in RunFolder.of(store.folder, run.id).checkpoints():
        if step_of(path) == 60:
            path.unlink()
    shorter = take_in(elsewhere, "ben", transfer.export_run(store, run.id, with_text=False))
    assert all(step <= shorter.step for step in (*marks.pauses(shorter), marks.rates(shorter)[-1][0]))


def test_what_came_after_the_checkpoint_is_forgotten(store, meanwhile):
    run = a_run(store, steps=40, learning_rate=0.02, schedule="constant")
    meanwhile[30] = lambda: store.request_learning_rate(run.id, 0.5)
    meanwhile[20] = lambda: store.request(run.id, "pause")
    worker.work(store.folder, run.id)
    (saved,) = RunFolder.of(store.folder, run.id).checkpoints()[:1]
    kept = saved.read_bytes()
    store.request(run.id, "run")
    worker.work(store.folder, run.id)
    assert marks.rates(store.run(run.id)) == [(0, 0.02), (30, 0.5)]
    for path in RunFolder.of(store.folder, run.id).checkpoints():
        path.unlink()
    saved.write_bytes(kept)  # the newest one is lost
    with store.database.writing() as connection:
        connection.execute("UPDATE runs SET status = 'stopped', step = 40 WHERE id = ?", (run.id,))
    store.request(run.id, "run")
    worker.work(store.folder, run.id)
    assert marks.rates(store.run(run.id)) == [(0, 0.02)] and marks.pauses(store.run(run.id)) == [20]


def test_the_sentence_follows_the_diagnosis(store, monkeypatch):
    run = a_run(store, steps=60)
    worker.work(store.folder, run.id)
    run = store.run(run.id)
    monkeypatch.setattr(curve_summary, "diagnose", lambda history: [Finding("diverged", {"loss": 85.0, "guessing": 3.25})])
    said = curve_summary.of_curve(store, run)
    assert said.startswith("Training loss went from ") and "by heart" not in said
    assert "a loss of 85.00 is worse than that of guessing among all tokens alike, 3.25." in said
