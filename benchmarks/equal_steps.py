"""Do equal seconds mean equal steps in a class? `python benchmarks/equal_steps.py`.

Runs of one setting begin one after another, each while those before it train: planned by a measurement of each one's own, and by the
one a server remembers.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

from common import as_a_worker, report

if __name__ == "__main__":
    as_a_worker()

from lmcore import presets
from lmcore.models import build_model
from lmcore.runs.queue import speeds, starter
from lmcore.runs.worker import cpu_slice
from lmcore.text.corpus import Corpus, encode
from lmcore.tokenizers import build_and_encode
from lmcore.training import planning
from lmcore.training.loop import TrainingState, take_step
from sample_corpora import help_text

APART = 0.1  # seconds between two beginnings


def begin(number: int, seconds: int, folder: Path | None, answer):
    """Plan, say how many steps, and train for a few seconds beside the others."""
    cpu_slice.take_long_turns()
    config = presets.preset(seconds).with_training(learning_rate=0.005 * (number + 1), seed=number)
    corpus = Corpus.from_text(help_text.text(), "stream")
    tokenizer, train = build_and_encode(config.tokenizer, corpus.train)
    data = encode(corpus, tokenizer, train=train)
    cost = speeds.remembered(folder) if folder else planning.measure
    config, _ = planning.resolve(config, data, tokenizer.vocabulary_size, cost)
    answer.put(config.training.planned_steps)
    network = build_model(config.model, tokenizer.vocabulary_size)
    state = TrainingState(network, data, config.training)
    until = time.monotonic() + seconds / 4
    while time.monotonic() < until:
        take_step(network, state)


def scene(runs: int, seconds: int, folder: Path | None) -> list[int]:
    """The planned steps of each run."""
    forks = multiprocessing.get_context("fork")  # as the starter makes workers
    answer, children = forks.SimpleQueue(), []
    for number in range(runs):
        children.append(forks.Process(target=begin, args=(number, seconds, folder, answer)))
        children[-1].start()
        time.sleep(APART)
    steps = [answer.get() for _ in children]
    for child in children:
        child.join()
    return sorted(steps)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=8, help="at once")
    parser.add_argument("--seconds", type=int, default=10, choices=presets.SECONDS)
    options = parser.parse_args()
    starter.warm_up()
    with tempfile.TemporaryDirectory() as folder:
        ways = {
            "one run alone": (1, None),
            "each measures by itself": (options.runs, None),
            "measured once": (options.runs, Path(folder)),
        }
        rows = []
        for name, (runs, remembers) in ways.items():
            steps = scene(runs, options.seconds, remembers)
            rows.append(
                {"planned": name, "runs": runs, "fewest steps": steps[0], "most steps": steps[-1], "ratio": steps[-1] / steps[0]}
            )
            print(name, json.dumps(steps), flush=True)
    report("equal_steps", rows, f"{options.seconds} s, load {os.getloadavg()[0]:.0f}")


if __name__ == "__main__":
    main()
