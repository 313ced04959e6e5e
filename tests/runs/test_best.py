"""Which checkpoint stands for a run: the best on new text to ask and to give away, the last to go on from."""

import pytest

from lmcore.runs.exchange import importing, transfer
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store.store import Store
from tests.runs.examples import a_run, a_text


@pytest.mark.parametrize(
    ("best", "order"), [(20, [20, 60, 40]), (40, [40, 60, 20]), (60, [60, 40, 20]), (None, [60, 40, 20]), (7, [60, 40, 20])]
)
def test_the_best_comes_first_and_then_the_newest(tmp_path, best, order):
    for step in (20, 60, 40):
        RunFolder(tmp_path).checkpoint_path(step).touch()
    assert [step_of(path) for path in RunFolder(tmp_path).best_first(best)] == order
    assert [step_of(path) for path in RunFolder(tmp_path).checkpoints()] == [60, 40, 20]


def test_a_file_with_the_text_goes_on_from_the_last_step_one_without_is_the_best(tmp_path, forker, monkeypatch):
    monkeypatch.setattr(transfer, "_answer", importing.answer)
    store = Store(tmp_path / "here")
    run = a_run(store, 60, a_text(store))
    forker.work(store.folder, run.id)
    with store.database.writing() as connection:
        connection.execute("UPDATE runs SET best_step = 40 WHERE id = ?", (run.id,))
    steps = []
    for number, with_text in enumerate((True, False)):
        elsewhere = Store(tmp_path / str(number))
        steps.append(transfer.import_run(elsewhere, "ben", transfer.export_run(store, run.id, with_text)).step)
    assert steps == [60, 40]
