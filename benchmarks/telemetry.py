"""What it costs to tell of every step, as the worker does: `python benchmarks/telemetry.py`.

One run in blocks of steps, with and without in turn: `fit` alone, and `fit` whose events go to the store as a worker's do. A
processor's seconds are counted, so that what else the machine does is not.
"""

import argparse
import itertools
import tempfile
import time
from pathlib import Path

from common import as_a_worker, in_turn, median, report

if __name__ == "__main__":
    as_a_worker()

import numpy as np
import torch

from lmcore.config import ModelConfig, RunConfig, TrainingConfig
from lmcore.models import build_model
from lmcore.runs.store import progress
from lmcore.runs.store.records import StepRow
from lmcore.runs.store.store import Store
from lmcore.runs.worker.run_writer import RunWriter
from lmcore.text.corpus import TokenData
from lmcore.training.loop import TrainingState, fit, take_step
from lmcore.training.planning import fit_to_machine

BLOCK = 40  # steps
SIZES = (32, 128, 192)


class Run:
    """A run in a store of its own, its events told or not."""

    def __init__(self, folder: Path, hidden: int):
        ids = np.random.default_rng(1).integers(0, 65, 100_000).astype(np.uint8)
        data = TokenData("stream", ids, ids[:0], 0, 0, ids[:8])
        training, _ = fit_to_machine(TrainingConfig(stop="steps", planned_steps=10**8, evaluation_interval=10**6))
        self.config = RunConfig(model=ModelConfig(hidden_size=hidden), training=training)
        self.network = build_model(self.config.model, 65)
        self.state = TrainingState(self.network, data, training)
        self.events = fit(self.network, data, training, self.state)
        store = Store(folder)
        text = store.add_text(owner="anna", name="text", content="some text", kind="stream", encoding="utf-8")
        run = store.add_run(owner="anna", text_id=text.id, name="run", config=self.config, pinned_context="")
        progress.claim(store, run.id)
        self.writer = RunWriter(store, run.id)
        self.writer.begin(0, self.config, [])
        self.told = 0
        next(self.events)

    def tell(self, event):
        """The worker's part of a step; numbered anew, since steps told and untold are mixed here."""
        self.told += 1
        values = {name: getattr(event, name) for name in StepRow.__dataclass_fields__} | {"step": self.told}
        self.writer.steps.append(StepRow(**values))
        self.writer.flush()

    def bare(self, _=0) -> float:
        """Seconds of a step without an event at all."""
        return _a_step(lambda: [take_step(self.network, self.state) for _ in range(BLOCK)])

    def alone(self, _=0) -> float:
        return _a_step(lambda: list(itertools.islice(self.events, BLOCK)))

    def with_store(self, _=0) -> float:
        return _a_step(lambda: [self.tell(event) for event in itertools.islice(self.events, BLOCK)])


def _a_step(work) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) / BLOCK


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=60, help="how often each is measured; the median is shown")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for hidden in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            run = Run(Path(folder), hidden)
            found = in_turn(options.repeats, bare=run.bare, alone=run.alone, told=run.with_store)
            run.writer.end("finished")
        costs = {
            name: median(one / other - 1 for one, other in zip(found[name], found[base], strict=True))
            for name, base in (("alone", "bare"), ("told", "alone"))
        }
        rows.append(
            {
                "LSTM": hidden,
                "ms a step": 1e3 * median(found["alone"]),
                "`fit` over the bare steps": f"{costs['alone']:+.1%}",
                "every step told to the store": f"{costs['told']:+.1%}",
            }
        )
    report("telemetry", rows, f"processor seconds, medians of {options.repeats} pairs of {BLOCK} steps")


if __name__ == "__main__":
    main()
