"""The transformer beside the LSTM, one thread: `python benchmarks/transformer.py`.

Python's help text by characters, cut 90/5/5. Loss on test text after 10, 30 and 120 seconds of training, tokens a second, and the
share of the processor's peak, which is measured here on one product of large matrices; of a model, only what its products of matrices
need is counted. Steps are planned by the seconds of a step; the state is carried in training and measuring alike.
"""

import argparse
import time
from dataclasses import replace

from common import as_a_worker, report

if __name__ == "__main__":
    as_a_worker()

import torch
from time_to_loss import Splits

from lmcore.config import ModelConfig, TrainingConfig
from lmcore.models import build_model
from lmcore.processor import measure_peak
from lmcore.scale.parts import operations_per_token
from lmcore.training.loop import TrainingState, take_step
from lmcore.training.planning import fit_to_machine
from sample_corpora import help_text

MODELS = {
    "LSTM 192": (ModelConfig(embedding_size=64, hidden_size=192), 0.03),
    "transformer 2 × 128, 4 heads, window 64": (
        ModelConfig(family="transformer", embedding_size=128, hidden_size=128, layers=2, heads=4, window=64),
        0.02,
    ),
}
SECONDS = (10, 30, 120)
MEASURED_STEPS = 20


def training(steps: int, rate: float) -> TrainingConfig:
    plan = {"stop": "steps", "stop_after": float(steps), "planned_steps": steps, "learning_rate": rate}
    return fit_to_machine(TrainingConfig(**plan, loss="exact"))[0]


def seconds_of_a_step(model: ModelConfig, splits: Splits) -> float:
    """The fastest of a few: what else the machine does can only make a step slower."""
    state = TrainingState(network := build_model(model, splits.types), splits.data(splits.validation), training(10_000, 1e-6))
    network.train()
    took = []
    for _ in range(MEASURED_STEPS):
        began = time.thread_time()
        take_step(network, state)
        took.append(time.thread_time() - began)
    return min(took)


def trained(model: ModelConfig, rate: float, splits: Splits, seconds: float, step: float, seed: int) -> float:
    """Return the loss on test text of a run planned for `seconds`."""
    network = build_model(model, splits.types, seed)
    state = TrainingState(
        network, splits.data(splits.validation), replace(training(max(10, round(seconds / step)), rate), seed=seed)
    )
    network.train()
    while not state.finished:
        take_step(network, state)
    return splits.losses(network)[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, nargs="*", default=SECONDS, help="of training; none: only the speed")
    parser.add_argument("--rate", type=float, help="learning rate of the transformer")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    splits, config = Splits(list(help_text.text())), training(10, 0.01)
    most = measure_peak(config.precision)
    steps = {name: min(seconds_of_a_step(model, splits) for _ in range(3)) for name, (model, _) in MODELS.items()}
    rows, tokens = [], config.batch_size * config.sequence_length
    for name, (model, rate) in MODELS.items():
        done = operations_per_token(model, config, splits.types) * tokens / steps[name]
        row = {"model": name, "tokens a second": round(tokens / steps[name]), "share of peak": f"{done / most:.0%}"}
        rate = options.rate if options.rate and model.family == "transformer" else rate
        losses = {
            f"{seconds:g} s": f"{trained(model, rate, splits, seconds, steps[name], options.seed):.3f}"
            for seconds in options.seconds
        }
        rows.append({**row, **losses})
    report("transformer", rows, f"one thread, {config.precision}, {most / 1e9:.0f} GFLOP/s at most")


if __name__ == "__main__":
    main()
