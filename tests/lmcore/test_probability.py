"""Identities every score obeys, on a model whose numbers can be checked by hand."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lmcore.inference import probability
from lmcore.models import LanguageModel, UniformModel
from lmcore.tokenizers import WordTokenizer
from tests.lmcore.examples import every_model

MODELS = dict(every_model())


class Bigram(LanguageModel):
    """P(0) = 3/4 at first; after 0 comes 1 with 3/4; after 1 comes 0 with 1/2."""

    vocabulary_size = 2
    rows = (np.log([0.25, 0.75]), np.log([0.5, 0.5]))

    def start(self):
        return np.log([0.75, 0.25]), None

    def step(self, state, token_id):
        return self.rows[token_id], None


class Never(Bigram):
    """1 never comes."""

    rows = (np.array([0.0, -np.inf]), np.array([0.0, -np.inf]))


def test_the_chain_by_hand():
    score = probability.score(Bigram(), np.array([0, 1, 0]))
    assert_allclose(np.exp(score.log_probs), [0.75, 0.75, 0.5])
    assert_allclose(np.exp(score.running_log_probs), [0.75, 0.5625, 0.28125])
    assert score.cross_entropy == pytest.approx(-math.log(0.28125) / 3)
    assert_allclose(score.surprise, [0.4150375, 0.4150375, 1.0])
    assert score.ranks.tolist() == [1, 1, 1]
    assert probability.TextSize(bytes=3).bits_per_byte(-score.total) == pytest.approx(-math.log2(0.28125) / 3)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("length", [1, 2, 256, 257, 700])
def test_scoring_in_passes_equals_scoring_at_once(name, length):
    ids = np.random.default_rng(0).integers(0, 7, length)
    rows = MODELS[name].log_probabilities(ids)
    score = probability.score(MODELS[name], ids)
    assert_allclose(score.log_probs, rows[np.arange(length), ids], atol=1e-5)
    assert_allclose(score.entropies, probability.entropy(rows), atol=1e-5)
    assert score.perplexity == pytest.approx(math.exp(score.cross_entropy))


@pytest.mark.parametrize("name", MODELS)
def test_next_token_is_the_row_after_the_context(name):
    ids = np.array([3, 1, 4, 1, 5])
    rows = MODELS[name].log_probabilities(ids)
    assert_allclose(probability.next_token(MODELS[name], ids[:-1]), rows[-1], atol=1e-5)
    assert_allclose(probability.next_token(MODELS[name], ids[:0]), rows[0], atol=1e-5)


def test_the_one_hot_sum_is_the_negative_log_probability():
    log_probs = np.log([0.2, 0.5, 0.3])
    assert probability.one_hot_cross_entropy(log_probs, 2) == pytest.approx(-math.log(0.3))


def test_entropy_of_a_certain_and_of_an_even_choice():
    with np.errstate(divide="ignore"):
        assert probability.entropy(np.log([1.0, 0.0])) == 0
    assert probability.entropy(UniformModel(8).start()[0]) == pytest.approx(math.log(8))


def test_divergence_from_the_truth():
    true = np.log([0.5, 0.25, 0.25])
    assert probability.divergence(true, true) == 0
    assert probability.divergence(true, np.log([0.25, 0.25, 0.5])) == pytest.approx(0.25 * math.log(2))
    with np.errstate(divide="ignore"):
        assert probability.divergence(true, np.log([0.5, 0.5, 0.0])) == math.inf
        assert probability.divergence(np.log([1.0, 0.0]), np.log([0.5, 0.5])) == pytest.approx(math.log(2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_impossible_adds_nothing_to_the_entropy(dtype):
    rows = np.array([[0.0, -np.inf, -np.inf], [np.log(0.5), np.log(0.5), -np.inf]], dtype=dtype)
    assert_allclose(probability.entropy(rows), [0.0, np.log(2)], rtol=1e-6)
    assert probability.entropy(rows[:0]).shape == (0,)


def test_bits_per_byte_charge_unknown_words_and_spaces():
    tokenizer = WordTokenizer.train("the cat sat")
    spacing = tokenizer.spacing_bits("the dog")
    assert 0.1 < spacing < 1
    size = probability.TextSize.of("the dog", tokenizer)
    assert size.bits_per_byte(7 * np.log(2)) == pytest.approx((7 + 8 * 3 + spacing) / 7)
    assert size.beside_tokens == pytest.approx((24 / 7, spacing / 7))


def test_one_impossible_token_makes_the_whole_impossible():
    score = probability.score(Never(), np.array([0, 1, 0]))
    assert (score.total, score.cross_entropy, score.perplexity) == (-np.inf, np.inf, np.inf)
