"""A server's processes: train, pause, resume, stop; the server ends, is killed, starts again; nothing is lost or done twice."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from lmcore.config import TokenizerConfig
from lmcore.runs.queue import starter
from lmcore.runs.queue.heartbeat import Heartbeats
from lmcore.runs.queue.pool import Pool
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store import progress
from lmcore.runs.store.limits import Limits
from lmcore.runs.store.store import Store
from lmcore.runs.worker import run_training, run_writer
from lmcore.training import checkpoint
from tests.runs.examples import a_config, a_run, a_text, curve, wait_until
from tests.runs.forker import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
ENDED = ("finished", "stopped", "failed", "paused")
LONG = 100_000  # steps: it will not end by itself


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


def reach(store, run, step: int):
    wait_until(lambda: store.run(run.id).step >= step)


def stop(store, run):
    store.request(run.id, "stop")
    wait_until(lambda: store.run(run.id).shown_status == "stopped")
    return curve(store, run)


def a_program(code: str, *arguments) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def holder(store, run) -> psutil.Process | None:
    """The process that holds the run's lock."""
    path = str(RunFolder.of(store.folder, run.id).lock_path)
    for process in psutil.process_iter():
        try:
            if any(entry.path == path for entry in process.open_files()):
                return process
        except psutil.Error:
            continue
    return None


def processes_of(data) -> list[psutil.Process]:
    """Starters and workers of a data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(data) in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_a_run_trains_to_its_end(served):
    store, pool = served
    run = finish(store, pool, a_run(store))
    assert (run.status, run.step, run.planned_steps) == ("finished", 60, 60)
    steps = store.steps(run.id)
    assert steps.step.tolist() == list(range(1, 61))
    assert steps.loss[-10:].mean() < steps.loss[:5].mean() - 0.3
    evaluations = store.evaluations(run.id)
    assert [row.step for row in evaluations] == [2, 5, 10, 20, 40, 60]
    assert all(row.sample and abs(sum(p for _, p in row.bars) - 1) < 1e-6 for row in evaluations)
    assert run.best_bits_per_byte == min(row.bits_per_byte for row in evaluations)
    assert run.reference_lines and 0 < run.seconds < run.received
    saved = RunFolder.of(store.folder, run.id).checkpoints()
    assert checkpoint.load(saved[0]).step == 60 and len(saved) <= 3


def test_a_stopped_run_is_evaluated_at_its_end(served):
    store, pool = served
    run = a_run(store, LONG, evaluation_interval=50_000)
    pool.wake()
    reach(store, run, 30)
    stop(store, run)
    stopped, evaluations = store.run(run.id), store.evaluations(run.id)
    assert evaluations[-1].step == stopped.step > evaluations[-2].step == 2
    assert evaluations[-1].improved and (stopped.best_step, stopped.best_loss) == (stopped.step, evaluations[-1].loss)
    saved = RunFolder.of(store.folder, run.id).checkpoints()
    assert step_of(saved[0]) == stopped.step
    store.request(run.id, "run")
    pool.wake()
    reach(store, run, stopped.step + 10)
    stop(store, run)
    assert [row.step for row in store.evaluations(run.id)][1:] == [stopped.step, store.run(run.id).step]


def test_pause_and_resume_go_on_where_it_was(served):
    store, pool = served
    text = a_text(store)
    whole, run = a_run(store, LONG, text), a_run(store, LONG, text)
    pool.wake()
    reach(store, run, 50)
    for _ in range(2):
        store.request(run.id, "pause")
    wait_until(lambda: store.run(run.id).shown_status == "paused")
    paused_at = store.run(run.id).step
    for _ in range(2):
        store.request(run.id, "run")
    pool.wake()
    reach(store, run, paused_at + 20)
    reach(store, whole, paused_at + 20)
    curves = [stop(store, entry) for entry in (whole, run)]
    both = min(map(len, curves))
    assert both >= paused_at + 20
    assert curves[0][:both] == curves[1][:both]


def test_stopping_twice_keeps_what_was_learned(served):
    store, pool = served
    run = a_run(store, LONG)
    pool.wake()
    reach(store, run, 20)
    store.request(run.id, "stop")
    steps = stop(store, run)
    newest = RunFolder.of(store.folder, run.id).checkpoints()[0]
    assert step_of(newest) == store.run(run.id).step == len(steps)


def test_the_learning_rate_changes_while_it_runs(served):
    store, pool = served
    run = a_run(store, LONG, schedule="constant")
    pool.wake()
    reach(store, run, 20)
    store.request_learning_rate(run.id, 0.001)
    wait_until(lambda: len(store.steps(run.id).step) and store.steps(run.id).learning_rate[-1] == 0.001)
    stop(store, run)


def test_a_text_too_short_is_refused_with_a_code(served):
    store, pool = served
    run = finish(store, pool, a_run(store, text=a_text(store, "hm")))
    assert (run.status, run.error_code, run.error_values["tokens"]) == ("failed", "text.too_short", 2)


def test_starting_twice_is_starting_once(served):
    _, pool = served
    first = pool._starter.pid
    pool.start()
    pool.wake()
    assert pool._starter.pid == first and pool._starter.poll() is None


def test_stopping_before_starting_and_twice_does_nothing(tmp_path):
    pool = Pool(tmp_path, at_once=1)
    pool.stop()
    pool.stop()
    assert pool._starter is None and processes_of(tmp_path) == []


def test_a_server_that_ends_puts_its_runs_back_and_the_next_goes_on(tmp_path):
    store, pool = Store(tmp_path), Pool(tmp_path, at_once=1)
    run = a_run(store, LONG)
    pool.wake()
    reach(store, run, 30)
    waiting = a_run(store)
    store.request(waiting.id, "pause")
    pool.stop()
    pool.stop()
    assert store.run(run.id).status == "queued"
    reached = store.run(run.id).step
    assert processes_of(tmp_path) == []
    again = Pool(tmp_path, at_once=1)
    again.wake()
    reach(store, run, reached + 20)
    assert stop(store, run)[reached - 1][0] == reached
    store.request(waiting.id, "run")
    assert finish(store, again, waiting).status == "finished"
    again.stop()


SERVER = "import sys, time; from lmcore.runs.queue.pool import Pool; Pool(sys.argv[1], at_once=2).wake(); time.sleep(1e6)"


def test_a_killed_server_leaves_its_runs_training_and_the_next_sees_them_live(tmp_path):
    """kill -9, then a new server beside the running worker: never two writers on one run."""
    store = Store(tmp_path)
    run = a_run(store, 1500)
    server = a_program(SERVER, tmp_path)
    reach(store, run, 20)
    worker = holder(store, run)
    server.kill()
    server.wait()
    reached = store.run(run.id).step
    pool = Pool(tmp_path, at_once=2)
    pool.wake()
    reach(store, run, reached + 20)
    assert store.run(run.id).shown_status in ("running", "finished")
    assert holder(store, run) in (worker, None)
    wait_until(lambda: store.run(run.id).shown_status == "finished")
    assert store.steps(run.id).step.tolist() == list(range(1, 1501))
    pool.stop()
    wait_until(lambda: processes_of(tmp_path) == [])


def test_a_worker_that_died_while_the_server_was_down_is_interrupted_not_running_for_ever(tmp_path):
    store = Store(tmp_path)
    run = a_run(store, LONG)
    server = a_program(SERVER, tmp_path)
    reach(store, run, 20)
    worker = holder(store, run)
    server.kill()
    server.wait()
    worker.kill()
    wait_until(lambda: processes_of(tmp_path) == [])
    reached = store.run(run.id).step
    pool, other = Pool(tmp_path, at_once=2), a_run(store, owner="ben")
    assert finish(store, pool, other).status == "finished"  # the new server has looked at the queue
    assert store.run(run.id).shown_status == "interrupted" and store.run(run.id).step == reached
    store.request(run.id, "run")
    pool.wake()
    reach(store, run, reached + 20)
    assert [step for step, *_ in stop(store, run)][: reached + 20] == list(range(1, reached + 21))
    pool.stop()


def test_a_starter_that_was_killed_is_replaced(served):
    store, pool = served
    os.kill(pool._starter.pid, signal.SIGKILL)
    pool._starter.wait()
    assert finish(store, pool, a_run(store)).status == "finished"


CLAIMER = """
import sys
from pathlib import Path
from filelock import Timeout
from lmcore.runs import run_folder
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.queue import scheduling
from lmcore.runs.store import progress
from lmcore.runs.store.store import Store
run_folder.LOCKING_SECONDS = 0.01
store = Store(Path(sys.argv[1]))
while run_id := scheduling.next_queued(store):
    try:
        with RunFolder.of(store.folder, run_id).lock():
            if run := progress.claim(store, run_id):
                sys.stdout.write(run.id + "\\n")
    except Timeout:
        pass
"""


def test_one_run_trains_on_one_thread_whatever_the_environment_wants(tmp_path, monkeypatch):
    """Eight threads a run, and thirty runs: nothing would move any more; and a sum in another order is another curve."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "8")
    store, pool = Store(tmp_path), Pool(tmp_path, at_once=1)
    run = a_run(store, LONG)
    pool.wake()
    reach(store, run, 20)
    environment, threads = psutil.Process(pool._starter.pid).environ(), holder(store, run).num_threads()
    pool.stop()
    assert (environment["OMP_NUM_THREADS"], environment["MKL_NUM_THREADS"]) == ("1", "1")
    assert threads <= 2  # one that trains, one that may count beside it


def test_ten_processes_claim_each_run_exactly_once(tmp_path):
    store = Store(tmp_path, limits=Limits(waiting_alone=100))
    text = a_text(store)
    runs = [a_run(store, text=text, owner=f"visitor {number % 7}") for number in range(20)]
    claimers = [a_program(CLAIMER, tmp_path) for _ in range(10)]
    claimed = [line for claimer in claimers for line in claimer.communicate()[0].split()]
    assert [claimer.returncode for claimer in claimers] == [0] * 10
    assert sorted(claimed) == sorted(run.id for run in runs)
    assert {store.run(run.id).shown_status for run in runs} == {"interrupted"}


DEAF = """
import sys, time
from pathlib import Path
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import progress
from lmcore.runs.store.store import Store
store = Store(Path(sys.argv[1]))
with RunFolder.of(store.folder, sys.argv[2]).lock():
    progress.claim(store, sys.argv[2])
    time.sleep(1e6)
"""


def test_a_worker_that_hangs_is_killed_when_somebody_wants_it_to_end(tmp_path):
    store = Store(tmp_path)
    run = a_run(store)
    worker = a_program(DEAF, tmp_path, run.id)
    wait_until(lambda: store.run(run.id).shown_status == "running")
    seconds = [0.0]
    looking = starter.Starter(tmp_path, 1, channel=None)
    looking.heartbeats = Heartbeats(clock=lambda: seconds[0])
    looking.children, looking.spawned = {worker.pid: run.id}, {worker.pid: worker}
    looking.end_who_does_not_hear()  # without a request
    store.request(run.id, "stop")
    looking.end_who_does_not_hear()
    seconds[0] = starter.POLITE_SECONDS - 0.1
    looking.end_who_does_not_hear()
    assert worker.poll() is None and store.run(run.id).shown_status == "running"
    seconds[0] = starter.POLITE_SECONDS
    looking.end_who_does_not_hear()
    assert worker.returncode == -signal.SIGKILL
    assert store.run(run.id).status == "stopped" and looking.children == {}
    assert progress.running(store) == set()


def test_a_run_that_stands_still_makes_no_progress(tmp_path):
    store, seconds = Store(tmp_path), [0.0]
    run = a_run(store)
    heartbeats = Heartbeats(clock=lambda: seconds[0])
    worker = a_program(DEAF, tmp_path, run.id)
    running = wait_until(lambda: (now := store.run(run.id)).shown_status == "running" and now)
    assert not heartbeats.makes_no_progress(running)
    seconds[0] = 29.9
    assert not heartbeats.makes_no_progress(running)
    seconds[0] = 30.0
    assert heartbeats.makes_no_progress(running)
    worker.kill()
    worker.wait()
    assert not heartbeats.makes_no_progress(store.run(run.id))  # interrupted says more


@pytest.mark.parametrize("kind", ["character", "word", "subword"])
def test_stopping_in_the_middle_of_preparing_ends_it_there(tmp_path, monkeypatch, kind):
    store = Store(tmp_path)
    text = a_text(store, "".join(f"word{number % 977} and " for number in range(200_000)))
    config = replace(a_config(), tokenizer=TokenizerConfig(kind, 600))
    run = store.add_run(owner="anna", text_id=text.id, name="long", config=config)
    heard, prepare = [], run_training.build_and_encode

    def prepare_until_stopped(config, training_text, on_progress):
        def ask_first(share):
            store.request(run.id, "stop")
            on_progress(share)
            heard.append(share)

        return prepare(config, training_text, ask_first)

    monkeypatch.setattr(run_writer, "FLUSH_SECONDS", 0.0)
    monkeypatch.setattr(run_training, "build_and_encode", prepare_until_stopped)
    with RunFolder.of(tmp_path, run.id).lock():
        training = run_training.Training(store, progress.claim(store, run.id))
        assert training.until_done() == (None, None)
        training.writer.end(None)
    assert heard == [] and 0 < store.run(run.id).prepared < 1
    assert store.run(run.id).status == "stopped"
