"""Attention as a page shows it: shares that sum to 1, nothing of the future, nothing beyond a begin token."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lmcore.inspection import attention
from lmcore.models import NeuralLanguageModel
from tests.lmcore.examples import every_model
from tests.lmcore.test_transformer import a_network

MODELS = dict(every_model())


@pytest.mark.parametrize("opening", [[1, 2, 3, 4, 5, 6, 7, 8], [0]], ids=["stream", "lines"])
def test_shares_sum_to_one_and_the_future_has_none(opening):
    model = NeuralLanguageModel(a_network(), np.array(opening), 0 if opening == [0] else None)
    found = attention.of_tokens(model, np.array([3, 1, 4, 1, 5, 9, 2, 6]))
    assert found.tokens.shape == (8, 2, 2, 8) and found.before.shape == (8, 2, 2)
    assert_allclose(found.tokens.sum(axis=-1) + found.before, 1.0, atol=1e-6)
    assert not found.tokens.transpose(1, 2, 0, 3)[..., ~np.tri(8, dtype=bool)].any()
    assert (found.before[0] > 0.01).all() and not found.before[5:].any()  # the window has 5 tokens


def test_a_begin_token_begins_anew():
    model = NeuralLanguageModel(a_network(), np.array([0]), begin_id=0)
    found = attention.of_tokens(model, np.array([3, 1, 0, 4, 1]))
    assert not found.tokens[2:, :, :, :2].any() and not found.before[2:].any()
    assert_allclose(found.tokens[2:, :, :, 2:].sum(axis=-1), 1.0, atol=1e-6)


def test_a_network_without_attention_has_none():
    assert attention.of_tokens(MODELS["lstm-stream"], np.array([1, 2])) is None
