"""Temperature, top-k, top-p and generation, with values written out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lmcore.errors import SettingNotAChoice, SettingOutOfRange
from lmcore.inference.probability import next_token
from lmcore.inference.sampling import (
    Sampling,
    adjust,
    draw,
    draw_next,
    draws,
    ending_ids,
    generate,
    interval,
    intervals,
    most_likely_first,
    random_numbers,
)
from lmcore.models import UniformModel
from lmcore.tokenizers import CharacterTokenizer, WordTokenizer
from lmcore.tokenizers.base import ITEM_BREAK
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


def test_the_most_likely_token_has_the_first_interval():
    ids, ends = intervals(np.log([0.1, 0.4, 0.1, 0.4]))
    assert ids.tolist() == [1, 3, 0, 2]  # equally likely ones in the order of their ids
    assert_allclose(ends, [0.4, 0.8, 0.9, 1.0])


@pytest.mark.parametrize("digits", [1, 3, 17])
def test_equally_likely_tokens_come_in_the_order_of_their_ids(digits):
    log_probs = np.round(np.random.default_rng(1).normal(size=3_000), digits)
    log_probs[::100] = -np.inf
    assert most_likely_first(log_probs).tolist() == sorted(range(3_000), key=lambda token_id: (-log_probs[token_id], token_id))


def test_what_is_cut_off_has_no_interval():
    adjusted = adjust(LOG_PROBS, Sampling(top_k=2))
    assert intervals(adjusted)[0].tolist() == [1, 3]
    assert interval(adjusted, 0) == (1.0, 1.0)


def test_a_record_says_where_the_number_fell():
    drawn = draw_next(LOG_PROBS, 0.65, Sampling(top_k=3))
    assert drawn.id == 3
    assert_allclose(np.exp(drawn.adjusted), [0, 4 / 9, 2 / 9, 3 / 9], atol=1e-12)
    assert_allclose(interval(drawn.adjusted, drawn.id), [4 / 9, 7 / 9])
    assert drawn.log_probs is LOG_PROBS


def test_greedy_needs_no_number():
    assert [draw_next(LOG_PROBS, number, Sampling(temperature=0)).id for number in (0.0, 0.5, 0.999)] == [1, 1, 1]


@pytest.mark.parametrize("name", MODELS)
def test_every_number_falls_on_the_interval_of_its_token(name):
    for drawn in draws(MODELS[name], np.array([2]), 20, Sampling(temperature=1.3, top_p=0.9), seed=3):
        low, high = interval(drawn.adjusted, drawn.id)
        assert low <= drawn.random_number < high
        assert_allclose(high - low, np.exp(drawn.adjusted[drawn.id]), atol=1e-12)


def test_a_banned_token_leaves_its_share_to_the_others():
    drawn = draw_next(LOG_PROBS, 0.0, Sampling(), never=(1,))
    assert drawn.id == 3
    assert_allclose(np.exp(drawn.adjusted), [1 / 6, 0, 2 / 6, 3 / 6])
    assert_allclose(np.exp(drawn.log_probs), [0.1, 0.4, 0.2, 0.3])  # what the model says stays as it was


HOSTILE = {  # log-probabilities whose only possible tokens may be forbidden
    "only a forbidden one": ([-np.inf, 0.0, -np.inf], (1,)),
    "all are forbidden": ([-1.0, -2.0, -0.6], (0, 1, 2)),
    "two forbidden ones": ([np.log(0.5), np.log(0.5), -np.inf], (0, 1)),
}
SETTINGS = [Sampling(temperature, *cut) for temperature in (0.0, 1e-320, 0.5, 1.0, 2.0, 1e300) for cut in ((), (1,), (0, 0.5))]


@pytest.mark.parametrize("sampling", SETTINGS, ids=str)
@pytest.mark.parametrize(("log_probs", "never"), HOSTILE.values(), ids=HOSTILE)
def test_where_only_forbidden_tokens_are_possible_nothing_is_drawn(log_probs, never, sampling):
    log_probs = np.array(log_probs)
    assert [draw_next(log_probs, number, sampling, never) for number in (0.0, 0.5, 0.999)] == [None] * 3
    assert draw_next(log_probs, 0.5, sampling) is not None


class OnlyUnknown(UniformModel):
    """After two tokens, 0 is certain."""

    def start(self):
        return super().start()[0], 0

    def step(self, state, token_id):
        return np.log(np.eye(self.vocabulary_size)[0] + (state == 0)), state + 1


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_text_ends_where_nothing_else_is_possible():
    drawn = list(generate(OnlyUnknown(4), np.array([], dtype=int), 50, never=(0,)))
    assert len(drawn) == 2 and 0 not in drawn
    assert len(list(generate(OnlyUnknown(4), np.array([], dtype=int), 50))) == 50


@pytest.mark.parametrize("temperature", [5e-324, 1e-320, 1e-300, 1e-5])
def test_near_zero_the_most_likely_token_is_certain(temperature):
    assert np.exp(adjust(LOG_PROBS, Sampling(temperature))).tolist() == [0, 1, 0, 0]
    equal = np.exp(adjust(np.log([0.4, 0.2, 0.4]), Sampling(temperature)))
    assert equal.tolist() == [0.5, 0, 0.5]


@pytest.mark.parametrize("temperature", [1e9, 1e308])
def test_far_above_one_every_possible_token_is_equally_likely(temperature):
    assert_allclose(np.exp(adjust(np.array([-np.inf, -0.1, -40.0]), Sampling(temperature))), [0, 0.5, 0.5], atol=1e-6)


@pytest.mark.parametrize(
    "settings", [{"temperature": np.nan}, {"temperature": -0.1}, {"temperature": np.inf}, {"top_k": -1}, {"top_p": 1.1}, {"top_p": np.nan}]
)  # fmt: skip
def test_settings_that_mean_nothing_are_refused(settings):
    with pytest.raises(SettingOutOfRange):
        Sampling(**settings)


def test_writing_on_uses_the_numbers_that_come_next():
    model = MODELS["lstm-stream"]
    whole = list(draws(model, np.array([1]), 9, seed=4))
    assert (
        [drawn.random_number for drawn in whole] == random_numbers(4, 9).tolist() == np.random.default_rng(4).random(9).tolist()
    )
    start = [drawn.id for drawn in whole[:5]]
    log_probs = next_token(model, np.array([1, *start]))
    assert draw_next(log_probs, random_numbers(4, 1, first=5)[0], Sampling()).id == whole[5].id


def test_generation_ends_after_a_stop():
    model = MODELS["lstm-stream"]
    whole = list(generate(model, np.array([1]), 60))
    ended = list(generate(model, np.array([1]), 60, stop=frozenset([5])))
    assert ended == whole[: whole.index(5) + 1]
    assert len(list(generate(model, np.array([1]), 60, stop=frozenset([99])))) == 60


WORDS = WordTokenizer.train(f"{ITEM_BREAK}Yes . 3.5 ! “ ” \n 好 。{ITEM_BREAK}")
LETTERS = CharacterTokenizer.train("so? no.\n")


@pytest.mark.parametrize(
    ("tokenizer", "stop", "expected"),
    [
        (WORDS, "sentence", {"⟨begin⟩", ".", "!", "。"}),
        (WORDS, "line", {"⟨begin⟩", "\n"}),
        (WORDS, "item", {"⟨begin⟩"}),
        (LETTERS, "sentence", {"?", "."}),
        (LETTERS, "line", {"\n"}),
        (LETTERS, "item", set()),
    ],
)
def test_what_ends_a_written_text(tokenizer, stop, expected):
    assert {tokenizer.vocabulary[token_id] for token_id in ending_ids(tokenizer, stop)} == expected


def test_an_unknown_stop_is_refused():
    with pytest.raises(SettingNotAChoice):
        ending_ids(LETTERS, "chapter")


@pytest.mark.parametrize(("temperature", "expected"), [(1e-320, [1, 0, 0]), (1e-40, [1, 0, 0]), (1e308, [0.5, 0.5, 0])])
def test_temperatures_that_float32_cannot_hold(temperature, expected):
    rows = np.array([-0.1, -0.2, -np.inf], dtype=np.float32)
    assert np.exp(adjust(rows, Sampling(temperature=temperature))).tolist() == pytest.approx(expected)


def test_a_scalar_is_a_vocabulary_of_one():
    assert draw(np.array(0.0), 0.7) == 0
    assert draw(np.array(-np.inf), 0.7) is None
