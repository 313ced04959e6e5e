"""The lens: the last layer's row is the real output, for every family and each way a context begins."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from lmcore.inspection import lens
from lmcore.models import NeuralLanguageModel, build_model
from tests.lmcore.examples import FAMILIES, small

IDS = np.array([3, 1, 4, 1, 5, 0, 2, 6, 0, 5, 3])


def a_model(family: str = "lstm", begin_id: int | None = 0, **changes) -> NeuralLanguageModel:
    return NeuralLanguageModel(build_model(small(family, **changes), 7), np.array([0] if begin_id == 0 else [1, 2, 3]), begin_id)


@pytest.mark.parametrize("begin_id", [None, 0])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_last_row_is_the_real_output(family, begin_id):
    model = a_model(family, begin_id, layers=2)
    numbers, vectors = lens.rows(model, IDS)
    state, expected = model.start()[1], []
    for token_id in IDS:
        log_probs, state = model.step(state, int(token_id))
        expected.append(log_probs)
    assert_allclose(lens.read(model, vectors[:, -1]), expected, atol=1e-6)
    favourites, probabilities = lens.favourites(model, vectors)
    assert favourites.shape == probabilities.shape == (len(IDS), len(numbers))
    assert favourites[:, -1].tolist() == np.argmax(expected, axis=1).tolist()
    assert_allclose(probabilities[:, -1], np.exp(expected).max(axis=1), atol=1e-6)


@pytest.mark.parametrize(("size", "first"), [(16, lens.EMBEDDING), (8, 1)])
def test_an_embedding_is_read_where_its_size_is_that_of_the_layers(size, first):
    model = a_model(embedding_size=size, layers=2)
    numbers, vectors = lens.rows(model, IDS)
    assert numbers[0] == first and numbers[-1] == 2 and vectors.shape[1] == len(numbers)
    if first == lens.EMBEDDING:
        weight = model.network.embedding.weight.detach()
        expected = torch.log_softmax(model.network.output(weight[IDS]), dim=-1).detach()
        assert_allclose(lens.read(model, vectors[:, 0]), expected, atol=1e-5)


def test_many_logits_are_read_in_parts(monkeypatch):
    model = a_model(layers=2)
    _, vectors = lens.rows(model, IDS)
    whole = lens.favourites(model, vectors)
    monkeypatch.setattr(lens, "TOGETHER", 20)
    for one, other in zip(lens.favourites(model, vectors), whole, strict=True):
        assert_allclose(one, other)
