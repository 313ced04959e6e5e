"""One process with torch loaded that makes a worker for each run as places are free: a fork of it trains after milliseconds.

Its standard input is its control channel: a line wakes it, `stop` ends workers politely, the end of input means that the server has
gone: running workers finish, no new one starts. Started by `pool`.
"""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
import traceback
from pathlib import Path

from lmcore.errors import StoreError
from lmcore.runs.queue import scheduling
from lmcore.runs.queue.control_channel import GONE, STOP, ControlChannel
from lmcore.runs.queue.heartbeat import Heartbeats
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import progress
from lmcore.runs.store.store import Store

POLL_SECONDS = 1.0
POLITE_SECONDS = 9.0
FORKS = sys.platform == "linux"


def warm_up() -> None:
    """Load what a worker needs and take one step on one thread, so that what is slow the first time is done before the fork."""
    import numpy as np
    import torch

    torch.set_num_threads(1)  # before anything is computed: a pool of threads would not survive a fork
    from lmcore import processor
    from lmcore.config import FAMILIES, ModelConfig, TrainingConfig
    from lmcore.models import build_model
    from lmcore.runs.worker import worker  # noqa: F401
    from lmcore.text.corpus import TokenData
    from lmcore.training.loop import fit

    processor.bfloat16_is_faster()  # known to every fork
    ids = np.tile(np.arange(8, dtype=np.uint8), 40)
    data = TokenData("stream", ids, ids[:0], 0, 0, ids[:8])
    for family in FAMILIES:
        config = TrainingConfig(batch_size=2, sequence_length=4, planned_steps=1, evaluation_interval=1)
        list(fit(build_model(ModelConfig(family=family, embedding_size=8, hidden_size=8), 8), data, config))


class Starter:
    """The process that starts a worker for each run that may train, and ends workers that hang."""

    def __init__(self, data_folder: Path, places: int, channel: ControlChannel) -> None:
        self.data_folder, self.places, self.channel = data_folder, places, channel
        self.store = Store(data_folder, create=False)
        self.children: dict[int, str] = {}  # pid -> run
        self.spawned: dict[int, subprocess.Popen] = {}
        self.heartbeats = Heartbeats()
        self.resting: dict[str, float] = {}  # run -> when its last worker ended: one that ends at once is not made again at once

    def serve(self) -> None:
        """Start and end workers until the server says stop or has gone."""
        heard = self.channel.wait(0)  # the server may have gone while torch was loading
        while heard not in (STOP, GONE):
            with contextlib.suppress(sqlite3.Error, StoreError):  # locked, damaged or gone: the next look will do
                self.end_who_does_not_hear()
                self.start_what_fits()
            heard = self.channel.wait(POLL_SECONDS)
            self.reap()
        if heard == STOP or self.outlive_the_server():
            self.end_politely()

    def start_what_fits(self) -> None:
        """Start a worker for each run that may train, while places are free."""
        while True:
            busy = progress.running(self.store) | set(self.children.values())
            resting = {run_id for run_id, since in self.resting.items() if time.monotonic() - since < POLL_SECONDS}
            run_id = scheduling.next_queued(self.store, busy | resting)
            if run_id is None or len(busy) >= self.places:
                return
            log = RunFolder.of(self.data_folder, run_id).log_path
            log.parent.mkdir(parents=True, exist_ok=True)
            self.children[self._fork(run_id, log) if FORKS else self._spawn(run_id, log)] = run_id

    def _spawn(self, run_id: str, log: Path) -> int:
        with log.open("ab") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", "lmcore.runs.worker.worker", str(self.data_folder), run_id],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        self.spawned[child.pid] = child
        return child.pid

    def _fork(self, run_id: str, log: Path) -> int:
        """Fork a worker. Signals are blocked until the child has handlers of its own: with the starter's, it would end its siblings."""
        signals = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})
        pid = os.fork()
        if pid:
            signal.pthread_sigmask(signal.SIG_SETMASK, signals)
            return pid
        try:
            from lmcore.runs.worker.worker import be_polite, work

            _let_go_of_the_starter(log)
            be_polite(self.store.limits.bytes_per_run)
            signal.pthread_sigmask(signal.SIG_SETMASK, signals)
            work(self.data_folder, run_id)
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError):
                sys.stderr.flush()
            os._exit(0)

    def reap(self) -> None:
        """Note which workers have ended."""
        for pid, run_id in list(self.children.items()):
            spawned = self.spawned.get(pid)
            if spawned.poll() is not None if spawned else os.waitpid(pid, os.WNOHANG)[0] == pid:
                del self.children[pid]
                self.resting[run_id] = time.monotonic()

    def end_politely(self) -> None:
        """Let workers checkpoint and put their runs back in the queue; one that takes too long is killed, its checkpoint is kept."""
        self._ask_to_end()
        until = time.monotonic() + POLITE_SECONDS
        while (self.children or self._others_train()) and time.monotonic() < until:
            time.sleep(0.02)
            self.reap()
        for pid, run_id in self.children.items():
            self._kill(pid)
            with contextlib.suppress(sqlite3.OperationalError):
                progress.end_killed(self.store, run_id)

    def end_who_does_not_hear(self) -> None:
        """A hung worker does not poll the store: terminate it after a while without a heartbeat. Its checkpoint is kept."""
        asked = progress.requested_to_end(self.store)
        for pid, run_id in list(self.children.items()):
            if run_id in asked and self.heartbeats.still_for(run_id, asked[run_id]) >= POLITE_SECONDS:
                self._kill(pid)
                del self.children[pid]
                progress.end_killed(self.store, run_id)

    def _ask_to_end(self) -> None:
        """Request the ends by the store, which also reaches workers of an earlier starter, and by a signal, which is immediate."""
        with contextlib.suppress(sqlite3.OperationalError):
            progress.request_all_back_to_queue(self.store)
        for pid in self.children:
            if pid not in self.spawned or os.name == "posix":
                os.kill(pid, signal.SIGTERM)

    def _others_train(self) -> bool:
        with contextlib.suppress(sqlite3.OperationalError):
            return bool(progress.still_to_go_back(self.store))
        return False

    def _kill(self, pid: int) -> None:
        if spawned := self.spawned.get(pid):
            spawned.kill()
            spawned.wait()
        else:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def outlive_the_server(self) -> bool:
        """Wait until running workers have finished; return whether the starter was told to end before."""
        while self.children and not self.channel.told_to_end:
            time.sleep(0.1)
            self.reap()
        return self.channel.told_to_end


def _let_go_of_the_starter(log: Path) -> None:
    """Detach a fork from the starter: output of its own, the server's pipe closed, the starter's signal handlers removed."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing, output = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


if __name__ == "__main__":
    channel = ControlChannel()
    warm_up()
    Starter(Path(sys.argv[1]), int(sys.argv[2]), channel).serve()
