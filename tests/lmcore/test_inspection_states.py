"""What units hold and what happens without them, for every family: correlations, orders, knock-outs and their controls."""

from dataclasses import replace

import numpy as np
import pytest

from lmcore.inspection import ablation, states
from lmcore.inspection.labels import Label
from lmcore.models import NeuralLanguageModel, build_model
from lmcore.training.evaluation import validation_nats
from tests.lmcore.examples import FAMILIES, KINDS, pattern, small

NUMBERS = np.random.default_rng(1)


def model(family: str, kind: str = "stream", **changes) -> NeuralLanguageModel:
    return NeuralLanguageModel(
        build_model(small(family, **changes), 7), np.array([0] if kind == "lines" else [1, 2]), 0 if kind == "lines" else None
    )


def all_units(network) -> tuple[list[tuple[int, int]], int]:
    _, layers, units = network.internals([1], network.initial_state(1))["h"].shape
    return [(layer, unit) for layer in range(layers) for unit in range(units)], units


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_last_layer_gives_the_probabilities_that_the_model_gives(family, kind):
    asked = model(family, kind)
    ids = np.resize([3, 1, 0, 4, 5], 2 * states.PIECE // 3 if family == "decay" else states.PIECE + 20)
    features = states.read(asked, ids)["h"][:, -1]
    logits = features @ asked.network.output.weight.detach().numpy().T + asked.network.output.bias.detach().numpy()
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert np.allclose(log_probs, asked.read(asked.start()[1], ids)[0], atol=1e-5)


def test_correlations_are_those_of_numpy():
    values, labels = NUMBERS.normal(size=(30, 4)), NUMBERS.normal(size=(3, 30))
    assert np.allclose(states.correlations(values, labels), np.corrcoef(labels, values.T)[:3, 3:])


def test_what_does_not_change_correlates_with_nothing():
    values = np.stack([np.full(10, 0.3, dtype=np.float32), np.arange(10, dtype=np.float32)], axis=1)
    labels = np.stack([np.arange(10.0), np.ones(10)])
    assert np.allclose(states.correlations(values, labels), [[0, 1], [0, 0]])


def test_units_that_rise_together_stand_together():
    beat, drift = np.sin(np.arange(40.0)), np.linspace(-1, 1, 40) ** 3
    values = np.stack([beat, drift, -beat, 2 * beat + 1, np.zeros(40), -drift, 0.5 * drift], axis=1)
    found = states.order(values).tolist()
    assert sorted(found) == list(range(7)) and found[-1] == 4
    assert abs(found.index(0) - found.index(3)) == 1 and abs(found.index(1) - found.index(6)) == 1
    assert states.order(values).tolist() == found


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 1), (300, 1), (2, 1024)])
def test_every_unit_has_one_place(shape):
    assert sorted(states.order(NUMBERS.normal(size=shape))) == list(range(shape[1]))


def test_a_unit_that_follows_a_label_is_found_and_chance_is_not():
    label = Label("quotes", (np.arange(200) // 17 % 2).astype(float), binary=True)
    values = NUMBERS.normal(size=(200, 50))
    assert not states.follow(values, label).beyond_chance
    values[:, 7] += 5 * label.values
    found = states.follow(values, label)
    assert found.units[0] == 7 and found.beyond_chance and len(found.control) == states.SHIFTS
    assert np.allclose(found.correlations[0], np.corrcoef(values[:, 7], label.values)[0, 1])
    assert np.array_equal(found.control, states.follow(values, label).control)


@pytest.mark.parametrize("total", [2, 3, 11])
def test_short_texts_can_be_asked(total):
    label = Label("capital", np.arange(total, dtype=float), binary=False)
    assert len(states.follow(NUMBERS.normal(size=(total, 3)), label).units) == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_no_unit_off_changes_nothing(family, kind):
    network = model(family, kind).network
    held_out = ablation.lanes(pattern(kind), 500)
    assert ablation.loss(network.without_units([]), held_out) == ablation.loss(network, held_out)


@pytest.mark.parametrize("family", FAMILIES)
def test_with_all_units_off_the_context_says_nothing(family):
    asked = model(family, layers=1 if family == "decay" else 2)
    off = NeuralLanguageModel(asked.network.without_units(all_units(asked.network)[0]), asked.opening)
    rows = off.read(off.start()[1], np.array([3, 1, 4, 1, 5]))[0]
    assert np.array_equal(rows, np.broadcast_to(off.start()[0], rows.shape))


@pytest.mark.parametrize("family", FAMILIES)
def test_items_have_the_loss_that_validation_has(family):
    network, data = model(family, "lines").network.eval(), pattern("lines")
    lengths = np.repeat([5, 2, 9, 70], [20, 9, 3, 1])  # items of different lengths
    data = replace(data, validation=np.concatenate([[0, *NUMBERS.integers(1, 7, length)] for length in lengths] + [[0]]))
    nats, tokens = validation_nats(network, data)
    held_out = ablation.lanes(data, 10_000)
    assert held_out.tokens == tokens and ablation.loss(network, held_out) == pytest.approx(nats / tokens, rel=1e-5)


def test_running_text_is_predicted_once_each_token():
    data = pattern("stream")
    held_out = ablation.lanes(data, 10_000)
    assert held_out.tokens == len(data.validation)
    asked = model("lstm")
    assert ablation.loss(asked.network, held_out) == pytest.approx(
        -asked.read(asked.start()[1], np.tile([1, 2, 3, 4], 60))[0][np.arange(239), np.tile([1, 2, 3, 4], 60)[1:]].mean(),
        rel=0.05,
    )


@pytest.mark.parametrize("most", [1, 7, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_only_so_many_tokens_are_read(kind, most):
    assert 1 <= ablation.lanes(pattern(kind), most).tokens <= most + 5


def test_random_sets_are_seeded_and_leave_out_the_chosen_units():
    chosen = [(0, 1), (0, 5), (1, 2)]
    sets = ablation.random_sets(chosen, units=16)
    assert sets == ablation.random_sets(chosen, units=16) != ablation.random_sets(chosen, units=16, seed=2)
    assert len(sets) == ablation.CONTROLS and all(len(set(one)) == 3 and not set(one) & set(chosen) for one in sets)
    assert all([layer for layer, _ in one] == [0, 0, 1] for one in sets)
    assert ablation.random_sets([(0, 0)], units=1) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_a_knock_out_is_measured_beside_random_ones(family):
    network, shares = model(family).network, []
    _, units = all_units(network)
    held_out = ablation.lanes(pattern("stream"), 200)
    effect = ablation.knock_out(network, [(0, 3)], units, held_out, shares.append)
    assert effect.before == ablation.loss(network, held_out) and shares[-1] == 1.0
    assert effect.controls[4] == ablation.loss(network.without_units(effect.sets[4]), held_out)
    assert effect.outside == (effect.after < min(effect.controls) or effect.after > max(effect.controls))


def test_one_unit_alone_has_no_control():
    network = model("rnn", hidden_size=1).network
    effect = ablation.knock_out(network, [(0, 0)], 1, ablation.lanes(pattern("stream"), 100))
    assert not len(effect.controls) and not effect.outside
