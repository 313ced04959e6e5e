"""Bits from guesses: numbers that can be checked by hand, and what holds for every player."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lmcore.inference import probability
from lmcore.inference.shannon import Bounds, bounds, guess_ranks, play
from lmcore.models import UniformModel
from tests.lmcore.examples import every_model

MODELS = dict(every_model())


def test_half_right_at_once_a_quarter_each_at_the_second_and_third_guess():
    found = bounds(np.array([1, 2, 1, 3]), vocabulary_size=27)
    assert found.upper == pytest.approx(0.5 * 1 + 2 * 0.25 * 2)
    assert found.lower == pytest.approx(2 * (0.25 - 0.25) * 1 + 3 * 0.25 * math.log2(3))


def test_always_right_is_no_bits():
    assert bounds(np.ones(9, dtype=int), vocabulary_size=27) == Bounds(0.0, 0.0)


def test_ranks_spread_evenly_are_all_the_bits_there_are():
    found = bounds(np.arange(1, 9), vocabulary_size=8)
    assert (found.lower, found.upper) == pytest.approx((3.0, 3.0))


def test_a_player_who_is_always_right_at_the_second_guess_is_as_certain_as_one_at_the_first():
    assert bounds(np.full(5, 2), vocabulary_size=27) == Bounds(0.0, 0.0)


def test_misses_of_a_player_with_five_choices_cost_the_choice_among_the_rest():
    ranks = np.array([1, 1, 1, 6])  # three hits, one "other" of V - 5 = 16 types
    found = bounds(ranks, vocabulary_size=21, choices=5)
    assert found.upper == pytest.approx(0.75 * math.log2(4 / 3) + 0.25 * 2 + 0.25 * 4)
    assert found.lower == pytest.approx(17 * 0.25 / 16 * math.log2(17))


def test_a_model_playing_with_five_choices_is_charged_like_a_visitor():
    assert bounds(np.array([1, 17, 2, 9]), 21, choices=5) == bounds(np.array([1, 6, 2, 6]), 21, choices=5)


@pytest.mark.parametrize("seed", range(20))
def test_the_lower_bound_is_never_above_the_upper(seed):
    ranks = np.random.default_rng(seed).geometric(0.2, size=int(3 ** (seed % 6)))
    for choices in (None, 5):
        found = bounds(ranks, vocabulary_size=400, choices=choices)
        assert 0 <= found.lower <= found.upper + 1e-12


def test_for_an_ideal_player_the_entropy_lies_between_the_bounds():
    """Tokens drawn from one distribution, guessed from the likeliest on: the upper bound is its entropy."""
    probs = np.array([0.5, 0.25, 0.125, 0.125])
    found = bounds(np.repeat([1, 2, 3, 4], [4, 2, 1, 1]), vocabulary_size=4)
    assert found.upper == pytest.approx(-(probs * np.log2(probs)).sum())
    assert found.lower < found.upper


def test_equally_likely_types_are_guessed_in_the_order_of_their_ids():
    rows = np.log([[0.25, 0.25, 0.25, 0.25], [0.1, 0.4, 0.1, 0.4]])
    assert guess_ranks(rows, np.array([3, 2])).tolist() == [4, 4]
    assert guess_ranks(rows, np.array([0, 3])).tolist() == [1, 2]


@pytest.mark.parametrize("name", MODELS)
def test_every_type_has_a_rank_of_its_own(name):
    rows = np.tile(MODELS[name].start()[0], (7, 1))
    assert sorted(guess_ranks(rows, np.arange(7)).tolist()) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("context", [[], [2, 3, 3]])
def test_a_model_plays_a_line_after_its_context(name, context):
    line = np.array([3, 1, 4])
    played = play(MODELS[name], np.array(context, dtype=int), line)
    score = probability.score(MODELS[name], np.append(context, line).astype(int))
    assert_allclose(played.bits, score.surprise[len(context) :], atol=1e-5)
    assert (played.ranks >= score.ranks[len(context) :]).all()


def test_a_uniform_model_pays_log_v():
    assert_allclose(play(UniformModel(8), np.array([1]), np.array([0, 7])).bits, 3.0)


def test_who_misses_more_never_gets_a_better_lower_bound():
    lower = [bounds(np.repeat([1, 6], [hits, 15 - hits]), 400, choices=5).lower for hits in range(16)]
    assert lower == sorted(lower, reverse=True)
