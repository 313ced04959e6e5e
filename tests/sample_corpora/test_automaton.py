"""The automaton's probabilities and entropies, on automata small enough to work out by hand."""

import math
from itertools import islice

import pytest

from sample_corpora.automaton import END, START, Automaton

WEATHER = Automaton(
    {
        START: [(1.0, "it", "it")],
        "it": [(0.75, "rains", "verb"), (0.25, "snows", "verb")],
        "verb": [(1.0, END, END)],
    }
)
COIN = Automaton({START: [(0.5, "heads", START), (0.5, END, END)]})  # a loop: sentences of any length
QUARTER = -0.75 * math.log(0.75) - 0.25 * math.log(0.25)


def test_next_word():
    assert WEATHER.next_word([]) == {"it": 1.0}
    assert WEATHER.next_word(["it"]) == {"rains": 0.75, "snows": 0.25}
    assert WEATHER.next_word(["it", "snows"]) == {END: 1.0}


@pytest.mark.parametrize("prefix", [["rains"], ["it", "sings"], ["it", "rains", "it"], ["it", "rains", END], ["fog", "it"]])
def test_nothing_follows_what_begins_no_sentence(prefix):
    assert WEATHER.next_word(prefix) == {}


def test_log_prob_counts_the_end():
    assert WEATHER.log_prob(["it", "snows"]) == pytest.approx(math.log(0.25))
    assert COIN.log_prob([]) == pytest.approx(math.log(0.5))
    assert COIN.log_prob(["heads", "heads"]) == pytest.approx(3 * math.log(0.5))


@pytest.mark.parametrize("words", [[], ["it"], ["it", "rains", "it"], ["it", "rains", END]])
def test_what_is_no_sentence_has_no_probability(words):
    assert WEATHER.log_prob(words) == -math.inf


def test_cross_entropy_is_a_mean_over_words_and_ends():
    lines = ["it rains", "it rains", "it snows"]
    assert WEATHER.cross_entropy(lines) == pytest.approx(-(2 * math.log(0.75) + math.log(0.25)) / 9)
    assert WEATHER.cross_entropy(["it rains", "it sings"]) == math.inf


def test_entropy_by_hand():
    assert WEATHER.entropy() == pytest.approx(QUARTER / 3)  # one uncertain token of three
    assert COIN.entropy() == pytest.approx(math.log(2))


def test_sentences_of_a_seed_are_always_the_same():
    def first(seed):
        return list(islice(COIN.sentences(seed), 100))

    assert first(3) == first(3) != first(4)
    assert set(islice(WEATHER.sentences(0), 50)) == {"it rains", "it snows"}
