"""A run that is stopped while no worker has it: a worker evaluates it, or it ends as it is."""

import pytest

from lmcore.runs import data_folder
from lmcore.runs.queue import scheduling
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import progress
from lmcore.runs.store.store import Store
from lmcore.runs.worker import run_training, worker
from tests.runs.examples import a_run, curve

LONG = 100_000  # steps: it will not end by itself


def a_waiting_run(data) -> tuple[Store, object]:
    """A run that has trained for 30 steps, and waits again because it was another's turn."""
    store = Store(data)
    run = a_run(store, LONG, evaluation_interval=50_000)
    with RunFolder.of(data, run.id).lock():
        training = run_training.Training(store, progress.claim(store, run.id))
        training._slice_is_over = lambda: training.state.step >= 30
        training.writer.end(*training.until_done())
    assert store.run(run.id).status == "queued" and store.latest_evaluation(run.id).step == 2
    return store, store.run(run.id)


def stop_with_a_worker(store, run):
    """As its worker would."""
    assert store.run(run.id).shown_status == "queued"
    worker.work(store.folder, run.id)
    return store.run(run.id)


@pytest.mark.parametrize("before", ["queued", "paused"])
def test_a_run_that_is_stopped_while_it_waits_is_evaluated_too(tmp_path, before):
    store, run = a_waiting_run(tmp_path)
    if before == "paused":
        store.request(run.id, "pause")
    steps = curve(store, run)
    for _ in range(2):
        store.request(run.id, "stop")
    assert scheduling.look(store).waiting[0].stops and scheduling.look(store).expected_wait(run.id) == 0.0
    stopped = stop_with_a_worker(store, run)
    assert (stopped.status, stopped.step, stopped.error_code, curve(store, run)) == ("stopped", run.step, None, steps)
    last = store.latest_evaluation(run.id)
    assert last.step == run.step == stopped.best_step and last.loss == stopped.best_loss
    for _ in range(2):  # nothing is left to be said
        store.request(run.id, "stop")
        assert store.run(run.id).status == "stopped"
    store.request(run.id, "run")
    store.request(run.id, "stop")
    assert (store.run(run.id).status, store.run(run.id).request) == ("stopped", "stop")


def test_a_waiting_run_that_cannot_be_evaluated_is_stopped_as_it_is(tmp_path):
    store, run = a_waiting_run(tmp_path)
    store.request(run.id, "stop")
    data_folder.text_path(tmp_path, store.text(run.text_id).sha256).unlink()
    stopped = stop_with_a_worker(store, run)
    assert (stopped.status, stopped.error_code, stopped.step) == ("stopped", None, run.step)
    assert store.latest_evaluation(run.id).step == 2


def test_a_run_is_stopped_even_where_the_worker_that_should_look_at_it_died(tmp_path):
    store, run = a_waiting_run(tmp_path)
    store.request(run.id, "stop")
    with RunFolder.of(tmp_path, run.id).lock():
        assert progress.claim(store, run.id).request == "stop"
    assert store.run(run.id).shown_status == "interrupted"
    store.request(run.id, "stop")
    assert store.run(run.id).status == "stopped"


def test_who_wants_a_stopping_run_to_go_on_gets_it_back(tmp_path):
    store, run = a_waiting_run(tmp_path)
    for request, becomes in (("run", ("queued", "run")), ("pause", ("paused", "pause"))):
        store.request(run.id, "stop")
        assert (store.run(run.id).status, store.run(run.id).request) == ("queued", "stop")
        store.request(run.id, request)
        assert (store.run(run.id).status, store.run(run.id).request) == becomes
