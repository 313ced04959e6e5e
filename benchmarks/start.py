"""From the click to the first step in the store: `python benchmarks/start.py`.

A run is put into the store and the starter is woken, as the page does it; beside it, a worker in a process of its own, begun cold.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, as_a_worker, in_turn, median, report

if __name__ == "__main__":
    as_a_worker()

from lmcore.config import ModelConfig, RunConfig, TrainingConfig
from lmcore.runs.queue.pool import Pool
from lmcore.runs.store.store import Store
from sample_corpora import help_text

SIZES = (10_000, 100_000, 400_000)  # characters of text
HIDDEN = 192


class Clicks:
    def __init__(self, folder: Path, characters: int):
        self.store, self.pool = Store(folder), Pool(folder, at_once=1)
        content = help_text.text()[:characters]
        self.text = self.store.add_text(owner="anna", name="help", content=content, kind="stream", encoding="utf-8")

    def add(self):
        config = RunConfig(model=ModelConfig(hidden_size=HIDDEN), training=TrainingConfig(stop="seconds", stop_after=10.0))
        return self.store.add_run(owner="anna", text_id=self.text.id, name="run", config=config, pinned_context="The ")

    def seconds_to_first_step(self, run) -> float:
        began = time.perf_counter()
        while not self.store.run(run.id).step:
            time.sleep(0.002)
        took = time.perf_counter() - began
        self.store.request(run.id, "stop")
        while self.store.run(run.id).status != "stopped":
            time.sleep(0.01)
        return took

    def warm(self, _=0) -> float:
        run = self.add()
        self.pool.wake()
        return self.seconds_to_first_step(run)

    def cold(self, _=0) -> float:
        run = self.add()
        worker = subprocess.Popen([sys.executable, "-m", "lmcore.runs.worker.worker", str(self.store.folder), run.id], cwd=ROOT)
        took = self.seconds_to_first_step(run)
        worker.wait()
        return took


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7, help="how often each is measured; the median is shown")
    options = parser.parse_args()
    rows = []
    for characters in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            clicks = Clicks(Path(folder), characters)
            cold = in_turn(options.repeats, cold=clicks.cold)["cold"]
            clicks.pool.start()
            first = clicks.warm()  # the starter itself is loading
            warm = in_turn(options.repeats, warm=clicks.warm)["warm"]
            clicks.pool.stop()
        rows.append(
            {
                "characters": characters,
                "warm starter: seconds to the first step": median(warm),
                "slowest": max(warm),
                "a cold process": median(cold),
                "starter still loading": first,
            }
        )
    report("start", rows, f"LSTM {HIDDEN}, medians of {options.repeats}")


if __name__ == "__main__":
    main()
