"""The learning curve of classifiers (`tasks.learning_curve`) in a process with limits on memory and time, one at once on a server."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from lmcore.runs.queue.pool import environment
from lmcore.runs.worker import memory_limits
from lmcore.tasks import CurvePoint, Task, learning_curve
from lmcore.tasks.classifiers import STEPS

BYTES = 2_000_000_000  # of memory, beside what torch holds
SECONDS = 300  # of processor time
NICENESS = 5  # pages come first
AT_ONCE = threading.BoundedSemaphore(1)  # the others wait


@dataclass(frozen=True)
class Measured:
    """How often a classifier was right, after `lines` training lines."""

    share_done: float  # of the whole curve
    method: str  # one of `tasks.METHODS`
    lines: int
    correct: int
    count: int


def measure(task: Task, steps: int = STEPS) -> Iterator[Measured]:
    """Yield each point of the curve as soon as it is known. steps: of training, for each classifier that is a network. Raises TimeoutError where the process was ended, for its time or its memory."""
    order = {
        "marker": task.marker,
        "training": task.training,
        "held_out": task.held_out,
        "separator": task.separator,
        "steps": steps,
    }
    with AT_ONCE:
        process = subprocess.Popen(
            [sys.executable, "-m", "lmcore.runs.curve_process"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
        )
        assert process.stdin and process.stdout
        try:
            process.stdin.write(json.dumps(order).encode())
            process.stdin.close()
            for line in process.stdout:
                yield Measured(*json.loads(line))
            if process.wait():
                raise TimeoutError
        finally:  # also where the visitor has gone before the end
            process.kill()
            process.stdout.close()
            process.wait()


def _say(share: float, point: CurvePoint) -> None:
    found = [share, point.method, point.lines, point.score.correct, point.score.count]
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    torch.set_num_threads(1)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    asked = json.load(sys.stdin)
    memory_limits.stay_within(BYTES, SECONDS)
    pairs = {name: tuple(map(tuple, asked[name])) for name in ("training", "held_out")}
    learning_curve(
        Task(asked["marker"], pairs["training"], pairs["held_out"], asked["separator"]), steps=asked["steps"], on_progress=_say
    )
