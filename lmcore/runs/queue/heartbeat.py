"""Whether a run makes progress. Its heartbeat is a counter; how long it stands still is measured with `time.monotonic()`, which no user can change."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from lmcore.runs.store.records import Run

NO_PROGRESS_SECONDS = 30.0
REMEMBERED = 1000  # runs


class Heartbeats:
    """What one observer has seen of the counters of many runs; threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._seen: OrderedDict[str, tuple[int, float]] = OrderedDict()  # run -> (heartbeat, first seen)

    def still_for(self, run_id: str, heartbeat: int) -> float:
        """Return the seconds since this observer first saw the counter at its present value.

        >>> times = iter([0.0, 31.0, 32.0])
        >>> heartbeats = Heartbeats(clock=lambda: next(times))
        >>> heartbeats.still_for("a", 7), heartbeats.still_for("a", 7), heartbeats.still_for("a", 8)
        (0.0, 31.0, 0.0)
        """
        now = self._clock()
        with self._lock:
            if self._seen.get(run_id, (None, 0.0))[0] != heartbeat:
                self._seen[run_id] = heartbeat, now
                while len(self._seen) > REMEMBERED:
                    self._seen.popitem(last=False)
            return now - self._seen[run_id][1]

    def makes_no_progress(self, run: Run) -> bool:
        """Return whether its worker lives and has done nothing for 30 seconds."""
        return self.still_for(run.id, run.heartbeat) >= NO_PROGRESS_SECONDS and run.shown_status == "running"
