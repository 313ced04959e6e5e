"""The contract of every language model, and the article's network by its parts."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

from lmcore.models import NeuralLanguageModel, RNNModel, build_model, family_of, parameter_count
from tests.lmcore.examples import FAMILIES, every_model, small

MODELS = dict(every_model())


def logits(network, ids: list[int]) -> torch.Tensor:
    """(T, V) from the initial state."""
    features, _ = network.features(torch.tensor([ids]), network.initial_state(1))
    return network.output(features)[0]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("ids", [[3], [3, 1, 4, 1, 5], [0, 0, 0], list(range(7)) * 60], ids=len)
def test_step_by_step_and_all_at_once_agree(name, ids):
    model = MODELS[name]
    log_probs, state = model.start()
    rows = [log_probs]
    for token_id in ids[:-1]:
        log_probs, state = model.step(state, token_id)
        rows.append(log_probs)
    assert_allclose(np.array(rows), model.log_probabilities(np.array(ids)), atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_every_row_sums_to_one(name):
    rows = MODELS[name].log_probabilities(np.array([3, 1, 4, 1, 5, 6, 0]))
    assert_allclose(np.exp(rows).sum(axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_a_state_can_be_used_twice(name):
    model = MODELS[name]
    _, state = model.start()
    first, _ = model.step(state, 3)
    model.step(state, 5)
    again, _ = model.step(state, 3)
    assert_allclose(first, again, atol=0)


@pytest.mark.parametrize("name", MODELS)
def test_reading_nothing_changes_nothing(name):
    model = MODELS[name]
    _, state = model.start()
    rows, after = model.read(state, [])
    assert rows.shape == (0, 7)
    assert_allclose(model.step(after, 2)[0], model.step(state, 2)[0], atol=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_item_begins_from_zero_wherever_it_stands(family):
    model = MODELS[f"{family}-lines"]
    assert_allclose(model.log_probabilities(np.array([3, 1, 0, 2]))[3], model.start()[0], atol=1e-12)
    assert_allclose(
        model.log_probabilities(np.array([3, 1, 0, 2, 5]))[4], model.log_probabilities(np.array([2, 5]))[1], atol=1e-6
    )


def test_the_article_s_model_has_the_article_s_parts():
    model = RNNModel(50, 8, 16)
    assert [type(part) for part in (model.embedding, model.rnn, model.linear)] == [nn.Embedding, nn.RNN, nn.Linear]
    output, hidden = model(torch.zeros(2, 5, dtype=torch.long), None)
    assert output.shape == (2, 5, 50)
    assert hidden.shape == (1, 2, 16)


def test_one_step_of_the_rnn_is_the_formula():
    model = RNNModel(5, 3, 4)
    x = model.embedding.weight[2]
    cell = dict(model.rnn.named_parameters())
    hidden = torch.tanh(cell["weight_ih_l0"] @ x + cell["bias_ih_l0"] + cell["bias_hh_l0"])
    output, _ = model(torch.tensor([[2]]))
    assert_allclose(output[0, 0].detach(), (model.linear.weight @ hidden + model.linear.bias).detach(), atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "changes", [{}, {"layers": 3}, {"hidden_size": 8, "tied": True}], ids=["one layer", "three layers", "tied"]
)
def test_a_network_is_what_its_class_says_before_it_is_built(family, changes):
    """Checkpoints are compared with these shapes before anything is built."""
    config = small(family, **changes)
    network, kind = build_model(config, 11), family_of(config)
    weights = {name: tuple(weight.shape) for name, weight in network.named_parameters()}
    assert list(kind.weight_shapes(config, 11).items()) == list(weights.items())
    assert parameter_count(config, 11) == sum(parameter.numel() for parameter in network.parameters())
    assert all(weights[name][0] % kind.matrices(name) == 0 for name in weights if kind.matrices(name))
    _, after = network.features(torch.zeros(3, 5, dtype=torch.long), network.initial_state(3))
    for state in (network.initial_state(3), after):
        assert tuple(tuple(part.shape) for part in state) == kind.state_shapes(config, 3)


@pytest.mark.parametrize("family", FAMILIES)
def test_lanes_are_reset_one_by_one(family):
    network = build_model(small(family), 11)
    _, state = network.features(torch.tensor([[1, 2], [3, 4], [5, 6]]), network.initial_state(3))
    before = [part.clone() for part in state]
    reset = network.reset(state, torch.tensor([False, True, False]))
    for part, old, left, initial in zip(reset, before, state, network.initial_state(3), strict=True):
        assert torch.equal(left, old)
        assert torch.equal(part[:, 1], initial[:, 1]) and not torch.equal(old[:, 1], initial[:, 1])
        assert torch.equal(part[:, [0, 2]], old[:, [0, 2]])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_text_read_in_two_parts_is_read_as_one(family):
    network, ids = build_model(small(family), 11).eval(), torch.tensor([[1, 2, 3, 4, 5]])
    whole, _ = network.features(ids, network.initial_state(1))
    first, state = network.features(ids[:, :1], network.initial_state(1))
    second, _ = network.features(ids[:, 1:], state)
    assert_allclose(torch.cat([first, second], dim=1).detach(), whole.detach(), atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_model_is_nearly_uniform(family):
    network = build_model(small(family, hidden_size=64), 20)
    assert torch.softmax(logits(network, [1, 2, 3]), -1).max() < 0.15


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("rnn", ["h"]),
        ("gru", ["h", "reset", "update", "candidate"]),
        ("lstm", ["h", "c", "input", "forget", "output", "candidate"]),
    ],
)
def test_the_activations_are_those_of_torch(family, names):
    """Hidden states of the last layer at every token, the state of every layer at the last; gates by their equations from them."""
    network, ids = build_model(small(family, layers=2), 11).eval(), np.array([3, 1, 4, 1, 5, 9, 2, 6])
    _, state = network.features(torch.tensor([[7, 8]]), network.initial_state(1))  # not from zero
    state = tuple(part.detach() for part in state)
    found = network.internals(ids, state)
    features, last = network.features(torch.from_numpy(ids)[None], state)
    assert list(found) == names and {values.shape for values in found.values()} == {(8, 2, 16)}
    assert_allclose(found["h"][:, -1], features[0].detach(), atol=1e-6)
    for name, part in zip(names, last, strict=False):
        assert_allclose(found[name][-1], part[:, 0].detach(), atol=1e-6)
    before = {
        name: np.concatenate([part.numpy()[None, :, 0], found[name][:-1]]) for name, part in zip(names, state, strict=False)
    }
    if family == "gru":
        kept = found["update"]
        assert_allclose(found["h"], (1 - kept) * found["candidate"] + kept * before["h"], atol=1e-6)
    if family == "lstm":
        assert_allclose(found["c"], found["forget"] * before["c"] + found["input"] * found["candidate"], atol=1e-6)
        assert_allclose(found["h"], found["output"] * np.tanh(found["c"]), atol=1e-6)


def test_the_same_seed_gives_the_same_weights_and_leaves_the_caller_s_random_numbers_alone():
    before = torch.get_rng_state()
    first, second, other = (build_model(small(), 9, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.output.weight, second.output.weight)
    assert not torch.equal(first.output.weight, other.output.weight)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("training", [False, True])
def test_a_language_model_reads_without_dropout_and_leaves_the_network_in_its_mode(family, training):
    network, ids = build_model(small(family, dropout=0.5), 6).train(training), np.array([3, 1, 4, 1, 5])
    model = NeuralLanguageModel(network, np.array([0]))
    at_once, (stepped, _) = model.log_probabilities(ids), model.step(model.read(model.start()[1], ids[:3])[1], ids[3])
    assert {part.training for part in network.modules()} == {training}
    expected = NeuralLanguageModel(network.eval(), np.array([0])).log_probabilities(ids)
    assert_allclose(at_once, expected, atol=1e-6)
    assert_allclose(stepped, expected[-1], atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_gradient_agrees_with_finite_differences(family):
    network = build_model(small(family), 6).double()

    def loss():
        return nn.functional.cross_entropy(logits(network, [1, 2, 3]), torch.tensor([2, 3, 4]))

    loss().backward()
    weight = next(weight for name, weight in reversed(list(network.named_parameters())) if network.matrices(name))
    for index in [(0, 0), (3, 5), (15, 7)]:
        with torch.no_grad():
            weight[index] += 1e-5
            above = loss()
            weight[index] -= 2e-5
            below = loss()
            weight[index] += 1e-5
        assert_allclose(weight.grad[index], ((above - below) / 2e-5).item(), atol=1e-8)
