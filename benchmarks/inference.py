"""Asking a model, one thread: the next token, the score of a text, generated text: `python benchmarks/inference.py`.

Beside it the way without a carried state, which reads the whole prefix again for every token: all of a text to be scored, and the
token after those that were generated.
"""

import argparse
import time

from common import as_a_worker, in_turn, median, report

if __name__ == "__main__":
    as_a_worker()

import numpy as np
import torch

from lmcore.config import ModelConfig
from lmcore.inference.probability import next_token, score
from lmcore.inference.sampling import Sampling, adjust, draw, generate
from lmcore.models import NeuralLanguageModel, build_model

MODELS = ((65, 128), (65, 256), (10_000, 200))  # (types, hidden)
SCORED, GENERATED = 200, 500


def score_by_prefixes(model, ids) -> float:
    return sum(next_token(model, ids[:position])[ids[position]] for position in range(len(ids)))


def seconds(work):
    def measured(_):
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return measured


def measure(types: int, hidden: int, repeats: int) -> dict:
    network = build_model(ModelConfig(embedding_size=64, hidden_size=hidden), types)
    random = np.random.default_rng(1)
    model, ids = NeuralLanguageModel(network, random.integers(0, types, 256)), random.integers(0, types, SCORED)
    model.start()
    written = random.integers(0, types, GENERATED)
    found = in_turn(
        repeats,
        next=seconds(lambda: next_token(model, ids[:50])),
        score=seconds(lambda: score(model, ids)),
        score_again=seconds(lambda: score_by_prefixes(model, ids)),
        write=seconds(lambda: list(generate(model, ids[:0], GENERATED))),
        write_again=seconds(lambda: draw(adjust(next_token(model, written), Sampling()), 0.5)),
    )
    took = {name: median(values) for name, values in found.items()}
    return {
        "types": types,
        "LSTM": hidden,
        "next token after 50, ms": 1e3 * took["next"],
        f"score {SCORED}, ms": 1e3 * took["score"],
        "by prefixes, ms": 1e3 * took["score_again"],
        "times as fast": took["score_again"] / took["score"],
        "generated tokens/s": GENERATED / took["write"],
        f"token {GENERATED + 1} by its prefix, ms": 1e3 * took["write_again"],
        "times as fast ": took["write_again"] / took["write"] * GENERATED,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="how often each is measured; the median is shown")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [measure(types, hidden, options.repeats) for types, hidden in MODELS]
    report("inference", rows, f"one thread, medians of {options.repeats}; {GENERATED} tokens generated")


if __name__ == "__main__":
    main()
