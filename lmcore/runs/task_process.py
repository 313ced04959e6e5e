"""What a task is measured by beside a model: its baselines, and the learning curve of its classifiers, in a process with limits on memory and
time. Of each question one process at once runs on a server. What was found is kept in the folder of the run that was asked about.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass

import torch

from lmcore.runs import data_folder
from lmcore.runs.queue.pool import environment
from lmcore.runs.run_folder import UNREADABLE, RunFolder
from lmcore.runs.worker import memory_limits
from lmcore.tasks import CurvePoint, Score, Task, baseline_scores, learning_curve, wilson
from lmcore.tasks.classifiers import STEPS

BYTES = 2_000_000_000  # of memory, beside what torch holds
SECONDS = 300  # of processor time
NICENESS = 5  # pages come first
QUESTIONS = ("baselines", "curve")
ONE_AT_ONCE = {question: threading.BoundedSemaphore(1) for question in QUESTIONS}  # the others wait


@dataclass(frozen=True)
class Measured:
    """How often a way to answer was right."""

    done: float  # share of what is measured
    method: str  # a baseline, or one of `tasks.METHODS`
    lines: int  # of training
    correct: int
    count: int

    @property
    def share(self) -> float:
        """The share of right answers."""
        return self.correct / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share."""
        return wilson(self.correct, self.count)


def measure(question: str, task: Task, steps: int = STEPS) -> Iterator[Measured]:
    """Yield each score of a task's baselines or curve as soon as it is known. steps: of training, for each classifier that is a network.

    Raises TimeoutError where the process was ended, for its time or its memory.
    """
    order = {
        "question": question,
        "marker": task.marker,
        "training": task.training,
        "held_out": task.held_out,
        "separator": task.separator,
        "steps": steps,
    }
    with ONE_AT_ONCE[question]:
        process = subprocess.Popen(
            [sys.executable, "-m", "lmcore.runs.task_process"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
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


def kept(run_folder: RunFolder, question: str) -> list[Measured]:
    """Return what was measured before; nothing where it was not, or cannot be read."""
    with contextlib.suppress(*UNREADABLE):
        found = [Measured(*row) for row in data_folder.read_json(run_folder.measured_path(question))]
        if all(0 <= one.correct <= one.count and one.count for one in found):
            return found
    return []


def keep(run_folder: RunFolder, question: str, found: list[Measured]) -> None:
    """Keep what was measured, unless the run was deleted meanwhile. On a full disk it is measured again the next time."""
    if run_folder.path.exists():
        with contextlib.suppress(OSError):
            data_folder.write_json(run_folder.measured_path(question), [astuple(one) for one in found])


def _say(done: float, method: str, lines: int, score: Score) -> None:
    sys.stdout.write(json.dumps([done, method, lines, score.correct, score.count]) + "\n")
    sys.stdout.flush()


def _baselines(task: Task, steps: int) -> None:
    baseline_scores(task, task.held_out, on_progress=lambda done, method, score: _say(done, method, len(task.training), score))


def _curve(task: Task, steps: int) -> None:
    def say(done: float, point: CurvePoint) -> None:
        _say(done, point.method, point.lines, point.score)

    learning_curve(task, steps=steps, on_progress=say)


WORK: dict[str, Callable[[Task, int], None]] = {"baselines": _baselines, "curve": _curve}

if __name__ == "__main__":
    torch.set_num_threads(1)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    asked = json.load(sys.stdin)
    memory_limits.stay_within(BYTES, SECONDS)
    pairs = {name: tuple(map(tuple, asked[name])) for name in ("training", "held_out")}
    WORK[asked["question"]](Task(asked["marker"], pairs["training"], pairs["held_out"], asked["separator"]), asked["steps"])
