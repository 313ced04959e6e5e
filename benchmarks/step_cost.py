"""Tokens a second of whole training steps, by family, size and precision, one thread: `python benchmarks/step_cost.py`.

Beside it, the share of the processor's peak: the floating-point operations of the matrix products of a step (six for each weight
and token) against those of large matrix products alone, measured in the same precision in between.
"""

import argparse
import time

from common import as_a_worker, in_turn, median, report

if __name__ == "__main__":
    as_a_worker()

import numpy as np
import torch

from lmcore.config import ModelConfig, TrainingConfig
from lmcore.models import build_model
from lmcore.processor import measure_peak
from lmcore.scale.parts import operations_per_token
from lmcore.text.corpus import TokenData
from lmcore.training.loop import TrainingState, take_step
from lmcore.training.losses import loss_over

FAMILIES, SIZES, PRECISIONS = ("rnn", "gru", "lstm"), (64, 128, 192, 256, 512), ("float32", "bfloat16")
TYPES, LARGE = 100, ((1_000, 192), (8_000, 192), (8_001, 192), (30_000, 192))  # (types, hidden) of the large vocabularies
STEPS = 6  # in a measurement, the first not counted


class Run:
    def __init__(self, family: str, hidden: int, precision: str, types: int):
        self.types, self.model = types, ModelConfig(family=family, embedding_size=64, hidden_size=hidden)
        ids = np.random.default_rng(1).integers(0, types, 100_000).astype(np.uint16)
        data = TokenData("stream", ids, ids[:0], 0, 0, ids[:8])
        self.config = TrainingConfig(precision=precision, planned_steps=10_000, loss=loss_over(types))
        self.network = build_model(self.model, types)
        self.state = TrainingState(self.network, data, self.config)

    def tokens_per_second(self, _=0) -> float:
        took = []
        for _ in range(STEPS):
            began = time.perf_counter()
            tokens = take_step(self.network, self.state).batch.tokens
            took.append(time.perf_counter() - began)
        return tokens / median(took[1:])

    def operations_per_token(self) -> int:
        return operations_per_token(self.model, self.config, self.types)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="how often each is measured; the median is shown")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for family, hidden, types in [
        *((family, hidden, TYPES) for family in FAMILIES for hidden in SIZES),
        *(("lstm", hidden, types) for types, hidden in LARGE),
    ]:
        row = {"family": family, "hidden": hidden, "types": types, "loss": loss_over(types)}
        runs = {precision: Run(family, hidden, precision, types) for precision in PRECISIONS}
        ways = {precision: run.tokens_per_second for precision, run in runs.items()}
        peaks = {f"peak {precision}": lambda _, precision=precision: measure_peak(precision) for precision in PRECISIONS}
        found = {name: median(values) for name, values in in_turn(options.repeats, **ways, **peaks).items()}
        for precision, run in runs.items():
            share = found[precision] * run.operations_per_token() / found[f"peak {precision}"]
            row[f"{precision}: tokens/s"] = found[precision]
            row[f"{precision}: of peak"] = f"{share:.0%}"
        rows.append(row | {"times as fast": found["bfloat16"] / found["float32"]})
    batch = runs["float32"].config
    report("step_cost", rows, f"one thread, batch {batch.batch_size} × {batch.sequence_length}, medians of {options.repeats}")


if __name__ == "__main__":
    main()
