"""Reference lines: counted another way, and on the same tokens as a network."""

import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from lmcore.inference import probability
from lmcore.inference.references import Reference, crossings, reference_losses
from lmcore.models import Counts, NgramModel, build_model
from lmcore.text.corpus import TokenData
from lmcore.text.text_index import TextIndex
from lmcore.training.evaluation import validation_nats
from tests.lmcore.examples import KINDS, random_index, small


def data_of(kind: str) -> TokenData:
    """A text in which the two tokens before say most about the next, and a held-back part like it."""
    random = np.random.default_rng(1)
    ids = [1, 2]
    for _ in range(3_000):
        ids.append(1 + (ids[-1] + 2 * ids[-2]) % 5 if random.random() < 0.8 else int(random.integers(1, 6)))
    ids = np.array(ids, dtype=np.uint8)
    if kind == "lines":
        ids[::7] = 0
        ids = np.append(ids[: 7 * (len(ids) // 7)], np.uint8(0))
    cut = 2_408  # 7 · 344: an item begins here
    train, validation = (ids[: cut + 1], ids[cut:]) if kind == "lines" else (ids[:cut], ids[cut:])
    opening = train[:1] if kind == "lines" else train[-256:]
    return TokenData(kind, train, validation, validation_bytes=len(validation), unknown_bytes=0, opening=opening)


@pytest.mark.parametrize("kind", KINDS)
def test_each_line_is_the_cross_entropy_of_its_model_row_by_row(kind):
    data = data_of(kind)
    counts = Counts(TextIndex.of(data, 6))
    predicted = data.validation[kind == "lines" :]
    scores = {order: probability.score(NgramModel(counts, order), predicted).cross_entropy for order in range(1, 6)}
    best = min(scores, key=scores.get)
    assert best >= 3
    lines = reference_losses(counts, data)
    assert [(line.name, line.order) for line in lines] == [("uniform", 0), ("unigram", 1), ("bigram", 2), ("ngram", best)]
    assert_allclose([line.loss for line in lines], [math.log(6), scores[1], scores[2], scores[best]])


@pytest.mark.parametrize("kind", KINDS)
def test_the_lines_are_measured_on_the_same_tokens_as_a_network(kind):
    """A network that knows only how frequent each token is has the loss of the unigram line."""
    data = data_of(kind)
    counts = Counts(TextIndex.of(data, 6))
    network = build_model(small(), 6)
    with torch.no_grad():
        network.output.weight.zero_()
        network.output.bias.copy_(torch.from_numpy(NgramModel(counts, 1).start()[0]))
    nats, tokens = validation_nats(network, data)
    assert nats / tokens == pytest.approx(reference_losses(counts, data)[1].loss, abs=1e-6)


def test_a_longer_line_is_left_out_where_pairs_are_as_good():
    ids = np.random.default_rng(1).integers(1, 6, 2_000)  # nothing before a token says anything of it
    data = TokenData("stream", ids[:1_500], ids[1_500:], validation_bytes=500, unknown_bytes=0, opening=ids[1_500 - 256 : 1_500])
    lines = reference_losses(Counts(TextIndex.of(data, 6)), data)
    assert [(line.name, line.order) for line in lines] == [("uniform", 0), ("unigram", 1), ("bigram", 2)]


def test_without_a_validation_split_there_are_no_lines():
    train = random_index("stream").ids
    data = TokenData("stream", train, train[:0], validation_bytes=0, unknown_bytes=0, opening=train)
    assert reference_losses(Counts(TextIndex.of(data, 7)), data) == ()


LINES = (Reference("uniform", 0, 3.0), Reference("unigram", 1, 2.5), Reference("bigram", 2, 2.0), Reference("ngram", 4, 1.0))


def test_a_line_is_crossed_at_the_first_evaluation_below_it():
    evaluations = [(1, 3.0), (10, 2.9), (20, 1.9), (30, 2.7), (40, 1.5)]
    assert crossings(evaluations, LINES) == [("uniform", 10), ("unigram", 20), ("bigram", 20)]


def test_on_the_line_is_not_below_it():
    assert crossings([(5, 1.0)], LINES) == [("uniform", 5), ("unigram", 5), ("bigram", 5)]


def test_nothing_is_crossed_without_evaluations():
    assert crossings([], LINES) == []
