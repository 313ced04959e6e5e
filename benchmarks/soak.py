"""Runs under fire: `python benchmarks/soak.py`.

For some minutes visitors start, pause, resume, stop and delete small runs on a real server, while workers, starters and the server
itself are killed at random moments; then everything must come to rest and every curve must be whole. After that, 200 starts and stops
in a row. Exits with status 1 where something is not as it must be.
"""

import argparse
import contextlib
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from common import report

from lmcore.config import ModelConfig, RunConfig, TrainingConfig
from lmcore.errors import CheckpointDamaged, LimitError, RunNotFound
from lmcore.runs.queue.pool import Pool
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import housekeeping
from lmcore.runs.store.store import Store
from lmcore.training import checkpoint
from tests.browser.server import Server

CLOCKS = {"NEXT_WORD_WORKERS": "2", "NEXT_WORD_FIRST_SLICE_SECONDS": "0.2", "NEXT_WORD_SLICE_SECONDS": "0.5"}
TEXT = "the cat sat on the mat and the dog sat on the log\n" * 120
STEPS = (60, 400, 3_000)  # of a run; those of one length have the same settings, so the same curve
VISITORS = 6
ACTING, KILLING = (0.05, 0.4), (1.0, 4.0)  # seconds between two wishes of visitors, between two kills
DOWN = (0.0, 3.0)  # seconds that a killed server stays down
KEPT = timedelta(seconds=20)  # what was deleted longer ago than this is removed for good
REST = 240.0  # seconds in which everything must have come to rest
STARTS = 200
WISHES = {"start": 6, "pause": 2, "run": 4, "stop": 2, "delete": 1, "undelete": 1, "purge": 0.3}
VICTIMS = {"worker": 6, "starter": 2, "server": 1.5, "server, politely": 1}


def a_config(steps: int) -> RunConfig:
    """Nothing in it depends on how fast this machine is."""
    training = TrainingConfig(
        stop="steps",
        stop_after=float(steps),
        batch_size=4,
        sequence_length=8,
        evaluation_interval=20,
        precision="float32",
        regularisation="as_set",
    )
    return RunConfig(model=ModelConfig(embedding_size=8, hidden_size=16, dropout=0.2), training=training)


class Soak:
    def __init__(self, data: Path, seed: int):
        self.store, self.server, self.chance = Store(data), Server(data), random.Random(seed)
        text = self.store.add_text(owner="visitor 0", name="cats", content=TEXT, kind="stream", encoding="utf-8")
        self.text, self.runs, self.done = text.id, [], Counter()

    def go_on(self, minutes: float):
        self.server.start()
        until, next_kill = time.monotonic() + 60 * minutes, time.monotonic()
        while time.monotonic() < until:
            time.sleep(self.chance.uniform(*ACTING))
            self._wish(self._drawn(WISHES))
            if time.monotonic() >= next_kill:
                self._kill(self._drawn(VICTIMS))
                next_kill = time.monotonic() + self.chance.uniform(*KILLING)

    def _drawn(self, weights: dict[str, float]) -> str:
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def _wish(self, wish: str):
        try:
            self._do(wish)
        except (LimitError, RunNotFound) as error:  # an answer as good as another
            wish = error.code
        self.done[wish] += 1

    def _do(self, wish: str):
        store = self.store
        if wish == "start":
            owner, steps = f"visitor {self.chance.randrange(VISITORS)}", self.chance.choice(STEPS)
            self.runs.append(store.add_run(owner=owner, text_id=self.text, name=str(steps), config=a_config(steps)).id)
        elif wish == "purge":
            housekeeping.purge(store, (datetime.now(UTC) - KEPT).isoformat(timespec="milliseconds"))
        elif self.runs:
            run_id = self.chance.choice(self.runs[-3 * VISITORS :])
            if wish in ("delete", "undelete"):
                getattr(store, wish)(run_id)
            else:
                store.request(run_id, wish)

    def _kill(self, victim: str):
        if victim.startswith("server"):
            self.server.stop() if "politely" in victim else self._kill_server()
            time.sleep(self.chance.uniform(*DOWN))
            self.server.start()
        else:
            found = self._starters_and_workers()[victim == "worker"]
            if not found:
                return
            with contextlib.suppress(psutil.NoSuchProcess):
                self.chance.choice(found).send_signal(signal.SIGKILL)
        self.done[f"killed: {victim}"] += 1

    def _kill_server(self):
        self.server.process.kill()
        self.server.process.wait()

    def _starters_and_workers(self) -> tuple[list, list]:
        """A worker that lost its starter counts as one too: to kill it is the same."""
        starters = [child for child in psutil.Process(self.server.process.pid).children() if _is_of(child, self.store.folder)]
        known = {starter.pid for starter in starters}
        return starters, [process for process in processes_of(self.store.folder) if process.pid not in known]

    def come_to_rest(self) -> list[str]:
        """What was interrupted is resumed -> runs that are neither paused nor at an end after a long time. The examples of the
        home page would train on for long, so they are told to stop."""
        for run in self.store.demos():
            self.store.request(run.id, "stop")
        until = time.monotonic() + REST
        while time.monotonic() < until:
            runs = self.everything()
            for run in runs:
                if run.shown_status == "interrupted":
                    with contextlib.suppress(LimitError):  # later
                        self.store.request(run.id, "run")
            restless = [run.id for run in runs if run.shown_status in ("queued", "running", "interrupted")]
            if not restless:
                return []
            time.sleep(0.5)
        return restless

    def everything(self) -> list:
        """All runs that are not deleted, the examples too."""
        return [run for owner in (None, *(f"visitor {number}" for number in range(VISITORS))) for run in self.store.runs(owner)]


def _is_of(process: psutil.Process, data: Path) -> bool:
    try:
        return any(str(data) in part for part in process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def processes_of(data: Path) -> list[psutil.Process]:
    """Starters and workers of a data folder: their command names it."""
    return [process for process in psutil.process_iter() if process.pid != os.getpid() and _is_of(process, data)]


def files_left(data: Path, temporary: Path) -> list[Path]:
    """Half-written files, and whatever lies in the folder for temporary ones."""
    return [*data.rglob("*.partial"), *data.rglob("*.tmp"), *(path for path in temporary.rglob("*") if path.is_file())]


def curve_faults(store: Store, runs: list) -> dict[str, list[str]]:
    """{what must not be: the runs it is true of}."""
    faults = defaultdict(list)
    longest: dict[str, list[float]] = {}
    for run in runs:
        columns = store.steps(run.id)
        if columns.step.tolist() != list(range(1, run.step + 1)):
            faults["curves with a hole, or longer than the run"].append(run.id)
        if any(later <= earlier for earlier, later in zip(columns.tokens, columns.tokens[1:], strict=False)):
            faults["curves with a step counted twice"].append(run.id)
        if not {row.step for row in store.evaluations(run.id)} <= set(columns.step.tolist()):
            faults["evaluations of no step"].append(run.id)
        if run.status == "failed":
            faults["failed runs"].append(f"{run.id} {run.error_code} {run.error_values}")
        if run.status == "finished" and not newest_checkpoint_is(store, run):
            faults["finished runs without their last checkpoint"].append(run.id)
        if run.owner is not None:
            losses = columns.loss.tolist()
            known = longest.get(run.name, [])
            both = min(len(known), len(losses))
            if known[:both] != losses[:both]:
                faults["runs whose curve is not that of their equals"].append(run.id)
            longest[run.name] = max(known, losses, key=len)
    return faults


def newest_checkpoint_is(store: Store, run) -> bool:
    saved = RunFolder.of(store.folder, run.id).checkpoints()
    try:
        return bool(saved) and checkpoint.load(saved[0]).step == run.step
    except CheckpointDamaged:
        return False


def integrity(store: Store) -> str:
    with contextlib.closing(sqlite3.connect(store.database.path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]


def orphans(store: Store) -> list[str]:
    """Folders of runs that the store does not know."""
    with store.database.reading() as connection:
        known = {row["id"] for row in connection.execute("SELECT id FROM runs")}
    return [path.name for path in (store.folder / "runs").glob("*") if path.name not in known]


def starts_and_stops(data: Path, count: int):
    store, pool = Store(data), Pool(data, at_once=2)
    text = store.add_text(owner="visitor 0", name="cats", content=TEXT, kind="stream", encoding="utf-8")
    try:
        for number in range(count):
            run = store.add_run(owner="visitor 0", text_id=text.id, name=str(number), config=a_config(1_000_000))
            pool.wake()
            _until(lambda run_id=run.id: store.run(run_id).step > 0)
            store.request(run.id, "stop")
            _until(lambda run_id=run.id: store.run(run_id).shown_status == "stopped")
    finally:
        pool.stop()


def _until(true):
    until = time.monotonic() + REST
    while not true():
        if time.monotonic() > until:
            raise TimeoutError("a run neither starts nor stops")
        time.sleep(0.01)


def soak(data: Path, temporary: Path, minutes: float, seed: int) -> tuple[list[dict], Counter]:
    fire = Soak(data, seed)
    try:
        fire.go_on(minutes)
        restless = fire.come_to_rest()
    finally:
        fire.server.stop()
    runs = fire.everything()
    faults = curve_faults(fire.store, runs)
    checks = {
        "runs that never come to rest": restless,
        "curves with a hole, or longer than the run": [],
        "curves with a step counted twice": [],
        "evaluations of no step": [],
        "runs whose curve is not that of their equals": [],
        "finished runs without their last checkpoint": [],
        "failed runs": [],
        **faults,
        "processes left behind": [str(process.pid) for process in processes_of(data)],
        "temporary files left behind": [str(path.relative_to(path.parents[1])) for path in files_left(data, temporary)],
        "folders of no run": orphans(fire.store),
        "complaints of the store's integrity check": [said] if (said := integrity(fire.store)) != "ok" else [],
    }
    return [{"what must not be": what, "found": len(found), "": " ".join(found[:3])} for what, found in checks.items()], fire.done


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1, help="of what happens, not of when")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as first,
        tempfile.TemporaryDirectory() as second,
        tempfile.TemporaryDirectory() as temporary,
    ):
        os.environ |= {**CLOCKS, "TMPDIR": temporary}
        rows, done = soak(Path(first), Path(temporary), options.minutes, options.seed)
        starts_and_stops(Path(second), STARTS)
        left = [str(process.pid) for process in processes_of(Path(second))]
        files = [path.name for path in files_left(Path(second), Path(temporary))]
        for what, found in (("processes", left), ("temporary files", files)):
            rows.append(
                {"what must not be": f"{what} left by {STARTS} starts and stops", "found": len(found), "": " ".join(found[:3])}
            )
    report("soak", rows, ", ".join(f"{what} {count}" for what, count in sorted(done.items())))
    sys.exit(any(row["found"] for row in rows))


if __name__ == "__main__":
    main()
