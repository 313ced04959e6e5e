"""How long the numbers of the page Inside take: `python benchmarks/inside.py`.

The default models of the pages on one thread, on the fables and the village; their weights are random, which costs the same. A view
adds a function that yields (what, the seconds asked for, work), named in VIEWS.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))  # the package may not be installed

import torch  # noqa: E402

from lmcore import presets, processor  # noqa: E402
from lmcore.config import ModelConfig  # noqa: E402
from lmcore.inspection import ablation, attention, embeddings, labels, lens, position_loss, probe_labels, probes, reach, states  # noqa: E402
from lmcore.inspection.step import OpenedStep  # noqa: E402
from lmcore.models import NeuralLanguageModel, build_model  # noqa: E402
from lmcore.text.corpus import Corpus, TokenData, encode  # noqa: E402
from lmcore.tokenizers import Tokenizer, build_tokenizer  # noqa: E402
from sample_corpora import SAMPLES  # noqa: E402

CASES = (("fables-en", "word"), ("village", "word"))


@dataclass(frozen=True)
class Asked:
    """A model on a text."""

    model: NeuralLanguageModel
    data: TokenData
    tokenizer: Tokenizer


def words(_asked: Asked) -> Iterator:
    vectors = np.random.default_rng(0).normal(size=(5_000, 192)).astype(np.float32)
    yield "map of 5,000 words, 192 numbers each", 0.5, lambda: embeddings.principal_components(vectors)
    yield "neighbours of one of them", 0.5, lambda: embeddings.nearest(vectors, 7, 10)
    yield "a film of 30 frames of 500 words", 1.0, lambda: embeddings.film([vectors[:500] + step for step in range(30)])


def layers(asked: Asked) -> Iterator:
    ids = asked.data.validation[:40]

    def through_the_lens():
        lens.favourites(asked.model, lens.rows(asked.model, ids)[1])

    def read(ids: np.ndarray) -> probes.Reading:
        return probes.read(asked.model, ids, probe_labels.of_tokens(asked.tokenizer, ids))

    count = probes.affordable(asked.model.network)
    yield "lens on 40 tokens", 0.15, through_the_lens
    training, held_out = asked.data.train[:count], asked.data.validation[: count // 2]
    yield f"probes, {count:,} tokens and {count // 2:,}", 5.0, lambda: probes.search(read(training), read(held_out))


def reading(asked: Asked) -> Iterator:
    network, ids = asked.model.network, asked.data.validation[:300]
    held_out = ablation.lanes(asked.data, ablation.affordable(network))
    units = network.output.in_features

    def order():
        states.order(states.read(asked.model, ids)["h"][:, -1])

    def knock_out():
        ablation.knock_out(network, [(0, 1), (0, 2)], units, held_out)

    sample = asked.data.validation[: states.affordable(asked.model)]
    values = states.read(asked.model, sample)["h"][:, -1]
    yield "states of 300 tokens, in order", 0.15, order
    yield f"exact labels of {len(sample):,} tokens", 0.3, lambda: labels.labels(asked.tokenizer, sample)
    found = labels.distinct(labels.labels(asked.tokenizer, sample))[0]
    yield f"the units that follow one of them, {len(sample):,} tokens", 0.15, lambda: states.follow(values, found)
    yield f"knock-out and {ablation.CONTROLS} random sets, {held_out.tokens:,} tokens", 2.0, knock_out


def step(asked: Asked) -> Iterator:
    config = replace(presets.preset(10).training, precision="bfloat16" if processor.bfloat16_is_faster() else "float32")
    ids = asked.data.validation[:30].astype(np.int64)
    opened = OpenedStep(asked.model, ids, config)

    def all_stations():
        begun = OpenedStep(asked.model, ids, config)
        begun.open(config.optimizer, config.learning_rate, 5, begun.telling())

    def further():
        for _ in range(100):
            opened.take(config.optimizer, config.learning_rate)

    yield "a step opened on 30 tokens, all stations", 0.3, all_stations
    yield "100 further steps", 3.0, further


def past(asked: Asked) -> Iterator:
    validation = asked.data.validation
    ids = np.resize(validation, 300)
    yield "gradients of one loss by 300 positions", 1.0, lambda: reach.gradients(asked.model, ids[:-1], int(ids[-1]))

    def losses():
        most = position_loss.affordable(asked.model.network)
        position_loss.bins(position_loss.nats(asked.model, position_loss.contexts(validation, asked.model.begin_id, most)))

    yield "loss by position, to 200 tokens, one run", 3.0, losses

    transformer = build_model(ModelConfig(family="transformer"), asked.tokenizer.vocabulary_size)
    looking = NeuralLanguageModel(transformer, asked.data.opening, asked.model.begin_id)
    yield "attention of 64 tokens, a transformer's", 0.1, lambda: attention.of_tokens(looking, validation[:64])


VIEWS = {"step": step, "reading": reading, "layers": layers, "words": words, "past": past}


def seconds(work, repeats: int) -> float:
    """The median of processor seconds, which others on the machine change least; one more, not counted, goes before."""
    work()
    found = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return statistics.median(found)


def asked_about(sample: str, kind: str, preset_seconds: int) -> Asked:
    config = presets.preset(preset_seconds, kind)
    corpus = Corpus.from_text(SAMPLES[sample].text(), kind=SAMPLES[sample].kind)
    tokenizer = build_tokenizer(config.tokenizer, corpus.train)
    data = encode(corpus, tokenizer)
    begin_id = tokenizer.begin_id if data.kind != "stream" else None
    network = build_model(config.model, tokenizer.vocabulary_size)
    return Asked(NeuralLanguageModel(network, data.opening, begin_id), data, tokenizer)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="how often each is measured; the median is shown")
    parser.add_argument("--seconds", type=int, default=10, help="the preset of the page Train whose model is asked")
    parser.add_argument("--views", nargs="*", choices=VIEWS, default=list(VIEWS), help="of the page; all of them by default")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(
        f"medians of {options.repeats}, milliseconds of processor time, one thread\n\n| text | view | what | ms | asked for |\n|---|---|---|---|---|"
    )
    for sample, kind in CASES:
        asked = asked_about(sample, kind, options.seconds)
        for view in options.views:
            for what, limit, work in VIEWS[view](asked):
                took = 1e3 * seconds(work, options.repeats)
                print(f"| {sample} | {view} | {what} | {took:,.0f} | {1e3 * limit:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
