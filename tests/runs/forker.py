"""Workers that meet a fault at an exact step or write: forks of one process that has torch loaded, as the starter's are.

Run as a program it reads one JSON order a line, {data, run, faults}, forks a worker with these faults and answers how it ended.
"""

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


class Forker:
    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.runs.forker"], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def begin(self, data: Path, run_id: str, **faults):
        """A worker starts; `ended` waits for it. faults: names and values of INJECT."""
        self.process.stdin.write(json.dumps({"data": str(data), "run": run_id, "faults": faults}) + "\n")
        self.process.stdin.flush()

    def ended(self) -> int:
        """Its exit status; a signal that killed it is negative."""
        return int(self.process.stdout.readline())

    def work(self, data: Path, run_id: str, **faults) -> int:
        self.begin(data, run_id, **faults)
        return self.ended()

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


def main():
    from lmcore.runs.queue import starter

    starter.warm_up()
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            worker_with_faults(Path(order["data"]), order["run"], order["faults"])
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        sys.stdout.flush()


def worker_with_faults(data: Path, run_id: str, faults: dict):
    from lmcore.runs.worker import run_training, worker
    from lmcore.training import planning

    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    planning.PROBE_SECONDS = 0.0
    run_training.SAVING_SHARE = 1e9  # a checkpoint at each evaluation, however long it takes
    for name, value in faults.items():
        INJECT[name](value)
    worker.be_polite()
    worker.work(data, run_id)
    os._exit(0)


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def at_step(step: int, act):
    """Do something right after a step has been taken, before anything of it is written."""
    from lmcore.runs.worker.run_training import Training

    done = Training._step_done

    def step_done(self, event):
        if event.step == step:
            act()
        done(self, event)

    Training._step_done = step_done


def die_at_write(number: int):
    """Killed in the middle of the number-th write: a file written aside but not yet moved, rows inserted but not committed."""
    from contextlib import contextmanager

    from lmcore.runs.store import database
    from lmcore.runs.worker import run_writer

    left = iter(range(number - 1, -1, -1))

    def count():
        if next(left, -1) == 0:
            die()

    move, transaction = os.replace, database.transaction

    def replace(*paths):
        count()
        move(*paths)

    @contextmanager
    def counted(connection):
        with transaction(connection):
            yield
            count()

    os.replace = replace
    database.transaction = run_writer.transaction = counted


def files_are_at_most(size: int):
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def full_disk(step_and_bytes):
    step, size = step_and_bytes
    at_step(step, lambda: files_are_at_most(size))


def touch(step_and_path):
    step, path = step_and_path
    at_step(step, Path(path).touch)


def clock_jumps(hours: float):
    """Every look at the time of day finds it earlier than the last one."""
    from datetime import UTC, datetime, timedelta

    from lmcore.runs.store import progress, store

    looks = iter(range(1, 10**9))

    def earlier() -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) - timedelta(hours=hours * next(looks))

    time.time = lambda: earlier().timestamp()
    store.now = progress.now = lambda: earlier().isoformat(timespec="milliseconds")


def memory(size: int):
    from lmcore.runs.worker import memory_limits

    memory_limits.stay_within(size)


def spoil_gradients(step: int):
    """From this step on, every loss is NaN."""
    from lmcore.training import loop

    forward_backward = loop.forward_backward

    def spoiled(network, state):
        trace = forward_backward(network, state)
        return replace(trace, loss=math.nan) if state.step + 1 >= step else trace

    loop.forward_backward = spoiled


def fail_to_count(fault: str):
    import builtins

    from lmcore.runs.worker import index_job

    def fail(*_):
        raise getattr(builtins, fault)("injected")

    index_job.reference_losses = fail


def families(more: dict):
    from lmcore import config

    config.FAMILIES.update(more)


INJECT = {
    "families": families,
    "settings": os.environ.update,
    "die_at_step": lambda step: at_step(step, die),
    "die_at_write": die_at_write,
    "full_disk": full_disk,
    "touch": touch,
    "clock_jumps": clock_jumps,
    "memory": memory,
    "fail_to_count": fail_to_count,
    "spoil_gradients": spoil_gradients,
}

if __name__ == "__main__":
    main()
