"""Probes find what a layer holds and nothing else: labels that are there, labels by lot, and control tasks."""

import numpy as np
import pytest

from lmcore.inspection import lens, probe_labels, probes
from lmcore.inspection.probe_labels import NONE
from lmcore.inspection.probes import Reading
from lmcore.models import NeuralLanguageModel, build_model
from lmcore.tokenizers import CharacterTokenizer, WordTokenizer
from tests.lmcore.examples import FAMILIES, small

TYPES, SIZE = 40, 48


def two_texts(labels_of, states_of, count: int = 1_200) -> tuple[Reading, Reading]:
    """Random types with states and labels of their own. states_of(ids, numbers) -> (N, D); labels_of(ids, states, numbers) -> (N,)."""
    found = []
    for seed, length in ((1, count), (2, count // 2)):
        numbers = np.random.default_rng(seed)
        ids = numbers.integers(0, TYPES, length)
        states = states_of(ids, numbers)
        found.append(Reading(ids, {1: states}, {"label": labels_of(ids, states, numbers)}))
    return found[0], found[1]


def noise(ids, numbers):
    return numbers.normal(size=(len(ids), 12))


def embedded(size: int):
    table = np.random.default_rng(7).normal(size=(TYPES, size))
    return lambda ids, numbers: table[ids]


DIRECTION = np.random.default_rng(9).normal(size=12)


def test_a_linear_function_of_the_state_is_found():
    (probe,) = probes.search(*two_texts(lambda ids, states, _: (states @ DIRECTION > 0).astype(int), noise))
    assert probe.accuracy > 0.95 and probe.majority < 0.6 and probe.control < 0.6
    assert probe.found and probe.remembered and probe.selectivity == probe.accuracy - probe.control


def test_several_classes_are_found():
    def binned(ids, states, _):
        return np.digitize(states[:, 0], [-0.5, 0.5])

    (probe,) = probes.search(*two_texts(binned, lambda ids, numbers: noise(ids, numbers) * np.array([9] + [1] * 11)))
    assert probe.found and probe.accuracy > 0.9


@pytest.mark.parametrize("states", [noise, embedded(SIZE)], ids=["noise", "embeddings"])
def test_labels_by_lot_are_not_found(states):
    (probe,) = probes.search(*two_texts(lambda ids, _, numbers: numbers.integers(0, 2, len(ids)), states))
    assert not probe.found and abs(probe.accuracy - 0.5) < 0.1


def test_labels_of_types_by_lot_are_not_found():
    """A probe can learn them by heart, as well as those of the control: of 30 random labellings one or two may be the luckiest of 21."""
    found = 0
    for seed in range(30):
        of_type = np.random.default_rng(seed).integers(0, 2, TYPES)
        (probe,) = probes.search(*two_texts(lambda ids, *_, of_type=of_type: of_type[ids], embedded(SIZE), count=600))
        found += probe.found
        assert probe.alone == 1 and not probe.remembered
    assert found <= 3


def test_a_class_of_types_that_shapes_the_embedding_is_found():
    of_type = np.arange(TYPES) % 2
    table = np.random.default_rng(7).normal(size=(TYPES, SIZE))
    table[:, 5] += 8 * of_type
    (probe,) = probes.search(*two_texts(lambda ids, *_: of_type[ids], lambda ids, _: table[ids]))
    assert probe.accuracy == 1 and probe.found and probe.directions < SIZE


def test_a_probe_of_all_directions_learns_the_labels_of_types_by_heart():
    """As many directions as types: control tasks are solved without an error; with two they are not."""
    table = embedded(SIZE)
    training, held_out = two_texts(lambda ids, *_: ids % 2, table)
    x, asked = probes._projected(training.layers[1], held_out.layers[1])
    by_lot = np.random.default_rng(5).integers(0, 2, TYPES)
    whole, two = probes._accuracies(x, by_lot[training.ids][None], asked, by_lot[held_out.ids][None], 2, [SIZE, 2])
    assert whole == [1.0] and two[0] < 0.9


def test_what_a_token_says_is_not_remembered_and_what_came_before_it_is():
    """Half of the state is the token, half the one before it."""
    table = np.random.default_rng(7).normal(size=(TYPES, SIZE))

    def two_tokens(ids, _):
        return np.c_[table[ids], table[np.roll(ids, 1)]]

    for shift, remembered in ((0, False), (1, True)):
        (probe,) = probes.search(*two_texts(lambda ids, *_, shift=shift: np.roll(ids, shift) % 2, two_tokens))
        assert probe.whole > 0.95 and probe.remembered == remembered and (probe.alone > 0.9) == (not remembered)


def test_tokens_without_a_label_do_not_count():
    def some(ids, states, _):
        return np.where(states[:, 1] > 0, (states @ DIRECTION > 0).astype(int), NONE)

    (probe,) = probes.search(*two_texts(some, noise))
    assert probe.found and 200 < probe.tokens < 400


@pytest.mark.parametrize("labels", [lambda ids, *_: ids * 0, lambda ids, *_: np.where(ids == 0, ids, NONE)])
def test_a_label_with_one_class_or_hardly_any_token_is_left_out(labels):
    assert probes.search(*two_texts(labels, noise)) == []


def test_the_same_texts_give_the_same_probes():
    texts = two_texts(lambda ids, states, _: (states @ DIRECTION > 0.3).astype(int), noise)
    assert probes.search(*texts) == probes.search(*texts)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_read(family):
    model = NeuralLanguageModel(build_model(small(family, layers=2), 9), np.array([0]), 0)
    numbers, shares = np.random.default_rng(4), []
    texts = []
    for length in (400, 200):
        ids = numbers.integers(0, 9, length)
        texts.append(probes.read(model, ids, {"odd": ids % 2}, shares.append))
    assert shares[-1] == 1.0 and texts[0].layers[lens.EMBEDDING].shape == (400, 8)
    found = probes.search(*texts)
    assert [probe.layer for probe in found] == list(texts[0].layers) and all(0 <= probe.accuracy <= 1 for probe in found)
    assert probes.FEWEST <= probes.affordable(model.network) <= probes.MOST


@pytest.mark.parametrize("size", [1, 2])
def test_layers_of_one_or_two_units_are_probed(size):
    def states(ids, numbers):
        return numbers.normal(size=(len(ids), size))

    (probe,) = probes.search(*two_texts(lambda ids, x, _: (x[:, 0] > 0).astype(int), states))
    assert probe.found and probe.directions == size


def test_a_layer_of_zeros_says_the_majority():
    (probe,) = probes.search(*two_texts(lambda ids, *_: (ids < 10).astype(int), lambda ids, _: np.zeros((len(ids), 3))))
    assert not probe.found and probe.accuracy == pytest.approx(probe.majority)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("「好」。", "quotes", [1, 1, 0, 0]),
        ("f((x))y", "brackets", [0, 1, 1, 1, 1, 0, 0]),
        ("ab Cd3", "capital", [0, 0, 0, 1, 0, 0]),
        ("ab\ncdefghi", "line", [1, 1, 0, 1, 1, 1, 2, 2, 2, 2]),
        ("ab cdefg!", "word", [1, 2, 0, 1, 2, 3, 4, 4, 0]),
    ],
)
def test_labels_are_put_into_a_few_classes(text, name, expected):
    tokenizer = CharacterTokenizer.train(text)
    assert probe_labels.of_tokens(tokenizer, tokenizer.encode(text))[name].tolist() == expected


def test_a_word_has_no_position_in_itself_and_a_line_of_one_sentence_none_beside_the_lines():
    tokenizer = WordTokenizer.train("the cat sat")
    assert not {"word", "sentence"} & set(probe_labels.of_tokens(tokenizer, tokenizer.encode("the cat sat")))
