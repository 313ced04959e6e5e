"""Temperature, top-k, top-p and generation, with values written out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lmcore.probability import next_token
from lmcore.sampling import Sampling, adjust, draw, generate
from tests.lmcore.examples import every_model

MODELS = dict(every_model())
LOG_PROBS = np.log([0.1, 0.4, 0.2, 0.3])


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(), [0.1, 0.4, 0.2, 0.3]),
        (Sampling(temperature=0), [0, 1, 0, 0]),
        (Sampling(temperature=0.5), [1 / 30, 16 / 30, 4 / 30, 9 / 30]),
        (Sampling(top_k=2), [0, 4 / 7, 0, 3 / 7]),
        (Sampling(top_p=0.7), [0, 4 / 7, 0, 3 / 7]),
        (Sampling(top_p=0.71), [0, 4 / 9, 2 / 9, 3 / 9]),
        (Sampling(top_k=3, top_p=0.5), [0, 4 / 7, 0, 3 / 7]),
        (Sampling(top_k=1), [0, 1, 0, 0]),
        (Sampling(top_k=99), [0.1, 0.4, 0.2, 0.3]),
        (Sampling(top_p=0.0001), [0, 1, 0, 0]),
    ],
    ids=str,
)
def test_adjusted_probabilities(sampling, expected):
    assert_allclose(np.exp(adjust(LOG_PROBS, sampling)), expected, atol=1e-9)


def test_draws_follow_the_probabilities():
    drawn = [draw(LOG_PROBS, number) for number in (np.arange(1000) + 0.5) / 1000]
    assert np.bincount(drawn).tolist() == [100, 400, 200, 300]


@pytest.mark.parametrize("name", MODELS)
def test_generation_carries_its_state(name):
    """Greedy generation equals asking again with the whole prefix each time."""
    model, context = MODELS[name], np.array([2, 3])
    generated = list(generate(model, context, 12, Sampling(temperature=0)))
    for length, token_id in enumerate(generated):
        assert token_id == next_token(model, np.array([2, 3, *generated[:length]])).argmax()


def test_the_same_seed_writes_the_same():
    model = MODELS["lstm-stream"]
    first, again, other = (list(generate(model, np.array([1]), 30, seed=seed)) for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_a_banned_token_never_comes():
    assert 0 not in set(generate(MODELS["uniform"], np.array([1]), 200, never=(0,)))
