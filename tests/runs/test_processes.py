"""Real processes: train, pause, resume, stop, kill -9 at some step; the curve is always that of an undisturbed run."""

import os
import signal
import sys

import psutil
import pytest

from lmcore import checkpoint
from lmcore.corpus import Corpus, encode
from lmcore.errors import BY_CODE
from lmcore.runs import folder
from lmcore.runs.pool import Pool
from lmcore.runs.store import Store
from lmcore.tokenizers import load_tokenizer
from lmcore.training import TrainingState
from tests.runs.examples import a_run, a_text, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
ENDED = ("finished", "stopped", "failed", "paused")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(store, pool): one server's worth, shared by the tests of this file."""
    data = tmp_path_factory.mktemp("data")
    store, pool = Store(data), Pool(data, at_once=2)
    pool.start()
    yield store, pool
    pool.stop()


def finish(store, pool, run):
    pool.wake()
    wait_until(lambda: store.run(run.id).shown_status in ENDED)
    return store.run(run.id)


def curve(store, run):
    columns = store.steps(run.id)
    return list(zip(columns.step.tolist(), columns.loss.tolist(), columns.learning_rate.tolist(), strict=True))


def worker_of(store, run) -> psutil.Process:
    """The process that holds the run's lock."""
    path = str(folder.run_folder(store.folder, run.id) / "lock")

    def holder():
        for process in psutil.process_iter():
            try:
                if any(entry.path == path for entry in process.open_files()):
                    return process
            except psutil.Error:
                continue

    return wait_until(holder)


def test_a_run_trains_to_its_end(served):
    store, pool = served
    run = finish(store, pool, a_run(store))
    assert (run.status, run.step, run.planned_steps) == ("finished", 60, 60)
    steps = store.steps(run.id)
    assert steps.step.tolist() == list(range(1, 61))
    assert steps.loss[-10:].mean() < steps.loss[:5].mean() - 0.3
    evaluations = store.evaluations(run.id)
    assert [row.step for row in evaluations] == [1, 2, 5, 10, 20, 40, 60]
    assert all(row.sample and abs(sum(p for _, p in row.bars) - 1) < 1e-6 for row in evaluations)
    assert run.best_bits_per_byte == min(row.bits_per_byte for row in evaluations)
    saved = checkpoint.load(folder.checkpoints(folder.run_folder(store.folder, run.id))[0])
    assert saved.step == 60
    assert len(folder.checkpoints(folder.run_folder(store.folder, run.id))) <= 3


@pytest.mark.parametrize("kind", ["stream", "lines"])
def test_killed_and_resumed_is_the_same_run(served, kind):
    store, pool = served
    text = a_text(store, kind=kind)
    undisturbed = finish(store, pool, a_run(store, steps=3000, text=text, evaluation_interval=200))
    run = a_run(store, steps=3000, text=text, evaluation_interval=200)
    pool.wake()
    worker = worker_of(store, run)
    wait_until(lambda: store.run(run.id).step > 300)
    worker.kill()
    wait_until(lambda: store.run(run.id).shown_status == "interrupted", seconds=3)
    assert store.run(run.id).step < 3000
    store.ask(run.id, "run")
    run = finish(store, pool, run)
    assert run.status == "finished"
    assert curve(store, run) == curve(store, undisturbed)
    losses = [[(row.step, row.loss, row.sample) for row in store.evaluations(entry.id)] for entry in (run, undisturbed)]
    assert losses[0] == losses[1]


def test_pause_and_resume_go_on_where_it_was(served):
    store, pool = served
    text = a_text(store)
    undisturbed = finish(store, pool, a_run(store, steps=2500, text=text, evaluation_interval=250))
    run = a_run(store, steps=2500, text=text, evaluation_interval=250)
    pool.wake()
    wait_until(lambda: store.run(run.id).step > 100)
    store.ask(run.id, "pause")
    wait_until(lambda: store.run(run.id).shown_status == "paused")
    paused_at = store.run(run.id).step
    assert paused_at < 2500
    store.ask(run.id, "run")
    assert finish(store, pool, run).status == "finished"
    assert curve(store, run) == curve(store, undisturbed)


def test_stopping_keeps_what_was_learned(served):
    store, pool = served
    run = a_run(store, steps=100_000)
    pool.wake()
    wait_until(lambda: store.run(run.id).step > 50)
    store.ask(run.id, "stop")
    store.ask(run.id, "stop")
    wait_until(lambda: store.run(run.id).shown_status == "stopped")
    newest = folder.checkpoints(folder.run_folder(store.folder, run.id))[0]
    assert folder.step_of(newest) == store.run(run.id).step == store.steps(run.id).step[-1]


def test_the_learning_rate_changes_while_it_runs(served):
    store, pool = served
    run = a_run(store, steps=100_000, schedule="constant")
    pool.wake()
    wait_until(lambda: store.run(run.id).step > 50)
    store.ask_learning_rate(run.id, 0.001)
    wait_until(lambda: len(store.steps(run.id).step) and store.steps(run.id).learning_rate[-1] == 0.001)
    store.ask(run.id, "stop")
    wait_until(lambda: store.run(run.id).shown_status == "stopped")


def test_a_loss_that_explodes_ends_the_run_with_its_reason(served):
    """Weights near the largest float32, put into a real checkpoint: the next step's loss is not finite."""
    store, pool = served
    run = a_run(store, steps=100_000)
    pool.wake()
    wait_until(lambda: store.run(run.id).step > 50)
    store.ask(run.id, "pause")
    wait_until(lambda: store.run(run.id).shown_status == "paused")
    path = folder.checkpoints(folder.run_folder(store.folder, run.id))[0]
    saved = checkpoint.load(path)
    content = store.content(run.text_id)
    tokenizer = load_tokenizer(folder.read_json(path.parent / "tokenizer.json"))
    data = encode(Corpus.from_text(content, "stream"), tokenizer)
    network = saved.network()
    state = TrainingState(network, data, saved.config.training)
    saved.restore(state)
    network.linear.weight.data.fill_(3e38)
    checkpoint.save(path, network, state, saved.config, data)
    store.ask(run.id, "run")
    run = finish(store, pool, run)
    assert (run.status, run.error_code) == ("failed", "training.loss_not_finite")
    assert run.error_values["step"] == saved.step + 1
    assert checkpoint.load(path).step == saved.step
    assert BY_CODE[run.error_code](**run.error_values)


def test_a_text_too_short_is_refused_with_a_code(served):
    store, pool = served
    run = finish(store, pool, a_run(store, text=a_text(store, "hm")))
    assert (run.status, run.error_code, run.error_values["tokens"]) == ("failed", "text.too_short", 2)


def test_a_damaged_checkpoint_gives_way_to_the_one_before(served):
    store, pool = served
    text = a_text(store)
    undisturbed = finish(store, pool, a_run(store, steps=2500, text=text, evaluation_interval=250))
    run = a_run(store, steps=2500, text=text, evaluation_interval=250)
    pool.wake()
    wait_until(lambda: store.run(run.id).step > 600)
    store.ask(run.id, "pause")
    wait_until(lambda: store.run(run.id).shown_status == "paused")
    newest = folder.checkpoints(folder.run_folder(store.folder, run.id))[0]
    newest.write_bytes(newest.read_bytes()[:-40])
    store.ask(run.id, "run")
    run = finish(store, pool, run)
    assert [note["code"] for note in run.notes] == ["checkpoint.damaged"]
    assert curve(store, run) == curve(store, undisturbed)


def test_a_server_that_ends_puts_its_runs_back_and_the_next_goes_on(tmp_path):
    store, pool = Store(tmp_path), Pool(tmp_path, at_once=1)
    run, waiting = a_run(store, steps=100_000), a_run(store)
    pool.wake()
    wait_until(lambda: store.run(run.id).step > 50)
    pool.stop()
    assert store.run(run.id).status == "queued"
    reached = store.run(run.id).step
    assert not [process for process in psutil.process_iter() if str(tmp_path) in " ".join(_command(process))]
    again = Pool(tmp_path, at_once=1)
    again.wake()
    wait_until(lambda: store.run(run.id).step > reached + 50)
    assert store.run(waiting.id).status == "queued"
    store.ask(run.id, "stop")
    assert finish(store, again, waiting).status == "finished"
    again.stop()


def test_a_server_that_dies_leaves_its_runs_training(tmp_path):
    store, pool = Store(tmp_path), Pool(tmp_path, at_once=2)
    run = a_run(store, steps=4000)
    pool.wake()
    wait_until(lambda: store.run(run.id).step > 50)
    starter = pool._starter
    starter.stdin.close()  # what the starter sees when the server is killed
    late = a_run(store)
    wait_until(lambda: store.run(run.id).shown_status == "finished")
    assert starter.wait(10) == 0
    assert store.run(late.id).status == "queued"
    assert store.steps(run.id).step.tolist() == list(range(1, 4001))


def test_a_starter_that_was_killed_is_replaced(served):
    store, pool = served
    os.kill(pool._starter.pid, signal.SIGKILL)
    pool._starter.wait()
    assert finish(store, pool, a_run(store)).status == "finished"


def _command(process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
