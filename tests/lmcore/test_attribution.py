"""Occlusion against probabilities computed context by context."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lmcore.inference.attribution import occlusion
from lmcore.inference.probability import next_token
from lmcore.models import Counts, NgramModel
from lmcore.text.text_index import TextIndex
from tests.lmcore.examples import every_model

MODELS = {name: model for name, model in every_model() if "none" not in name}
CONTEXT = np.array([3, 1, 4, 1, 5, 2])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("target", [0, 6])
def test_a_token_left_out(name, target):
    model = MODELS[name]
    whole = next_token(model, CONTEXT)[target]
    expected = [whole - next_token(model, np.delete(CONTEXT, position))[target] for position in range(6)]
    assert_allclose(occlusion(model, CONTEXT, target), expected, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_a_token_replaced(name):
    model = MODELS[name]
    whole = next_token(model, CONTEXT)[2]
    replaced = [np.where(np.arange(6) == position, 4, CONTEXT) for position in range(6)]
    effects = occlusion(model, CONTEXT, 2, replacement=4)
    assert_allclose(effects, [whole - next_token(model, context)[2] for context in replaced], atol=1e-5)
    assert abs(effects[2]) < 1e-5  # by itself


@pytest.mark.parametrize("most", [1, 3, 6, 99])
def test_of_a_long_context_the_last_tokens_are_asked_about(most):
    model = MODELS["lstm-stream"]
    assert_allclose(occlusion(model, CONTEXT, 1, most=most), occlusion(model, CONTEXT, 1)[-most:], atol=1e-5)


def test_by_hand_on_a_model_of_pairs():
    """0 1 0 1 0 2: after 0 comes 1 twice and 2 once, after 1 always 0."""
    model = NgramModel(Counts(TextIndex(np.array([0, 1, 0, 1, 0, 2]), 3)), 2, "none")
    assert_allclose(occlusion(model, np.array([1, 0]), target=1), [0, math.inf])  # without the 0: after 1, never 1
    assert_allclose(occlusion(model, np.array([0, 0]), target=2), [0, 0])
    assert_allclose(occlusion(model, np.array([1, 1]), target=1), [math.nan, math.nan])  # impossible either way


def test_a_context_of_one_token_and_of_none():
    model = MODELS["gru-lines"]
    assert_allclose(occlusion(model, np.array([3]), 2), [next_token(model, np.array([3]))[2] - model.start()[0][2]], atol=1e-6)
    assert occlusion(model, np.array([], dtype=int), 2).shape == (0,)
