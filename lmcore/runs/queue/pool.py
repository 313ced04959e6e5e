"""The web server's side of training: starts the starter, wakes it, replaces it when it dies, ends it. Needs no torch."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from lmcore.runs.store.limits import Limits

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "MALLOC_MMAP_THRESHOLD_": "1073741824",  # keep freed memory: a step asks for the same again
    "MALLOC_TRIM_THRESHOLD_": "1073741824",
    "THP_MEM_ALLOC_ENABLE": "1",
}
ROOT = Path(__file__).parents[3]
RESTART_SECONDS = 5.0  # between two starters that die


class Pool:
    """The server's side of training: starts the starter process, wakes it, stops it."""

    def __init__(self, data_folder: Path, at_once: int | None = None) -> None:
        self.data_folder, self.places = Path(data_folder), at_once or Limits.from_environment().places
        self._starter: subprocess.Popen | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the starter where none lives."""
        with self._lock:
            self._start()

    def _start(self) -> None:
        if self._starter is not None and self._starter.poll() is None:
            return
        self.data_folder.mkdir(parents=True, exist_ok=True)
        with (self.data_folder / "starter.log").open("ab") as log:
            self._starter = subprocess.Popen(
                [sys.executable, "-m", "lmcore.runs.queue.starter", str(self.data_folder), str(self.places)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment(),
            )
        threading.Thread(target=self._watch, args=(self._starter,), daemon=True).start()

    def _watch(self, starter: subprocess.Popen) -> None:
        """Replace a starter that was killed, so that waiting runs begin without a visitor's click."""
        starter.wait()
        time.sleep(RESTART_SECONDS)
        with self._lock:
            if self._starter is starter:  # neither stopped nor replaced by now
                self._start()

    def count_again(self, run_id: str) -> bool:
        """Count the training text of a run in a process of its own; wait for it and return whether it is counted now."""
        command = [sys.executable, "-m", "lmcore.runs.worker.index_job", str(self.data_folder), run_id]
        with (self.data_folder / "starter.log").open("ab") as log:
            return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment()).returncode == 0

    def wake(self) -> None:
        """Tell the starter that there is something to do."""
        with self._lock:
            self._start()
            with contextlib.suppress(OSError):  # it died just now; the next one looks by itself
                self._starter.stdin.write(b"wake\n")
                self._starter.stdin.flush()

    def stop(self, seconds: float = 12.0) -> None:
        """Stop the starter. Running workers checkpoint and end; their runs go on when a server starts again."""
        with self._lock:
            starter, self._starter = self._starter, None
        if starter is None:
            return
        with contextlib.suppress(OSError):
            starter.stdin.write(b"stop\n")
            starter.stdin.close()
        try:
            starter.wait(seconds)
        except subprocess.TimeoutExpired:
            starter.kill()


def environment() -> dict[str, str]:
    """Return the environment variables of the starter."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, **ENVIRONMENT, "PYTHONPATH": path}
