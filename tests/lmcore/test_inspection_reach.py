"""How far back a prediction reaches: gradients against central differences, and the loss by position against `probability.score`."""

import copy

import numpy as np
import pytest
import torch

from lmcore.inference import probability
from lmcore.inspection import position_loss, reach
from lmcore.models import Counts, NeuralLanguageModel, NgramModel, build_model
from tests.lmcore.examples import FAMILIES, every_model, random_index, small

IDS, TARGET = np.array([3, 1, 4, 1, 5, 2]), 6
NUDGE = 1e-5


def a_model(family: str, **changes) -> NeuralLanguageModel:
    """In float64, with weights that are large enough to tell positions apart."""
    network = build_model(small(family, embedding_size=3, hidden_size=4, **changes), 7)
    return NeuralLanguageModel(network.double(), np.array([1, 2, 3]))


def loss(network, state, ids) -> float:
    with torch.no_grad():
        features, _ = network.features(torch.tensor([list(ids)]), state)
        return -float(torch.log_softmax(network.output(features[0, -1]), dim=-1)[TARGET])


def differences(tensor: torch.Tensor, value) -> float:
    """The norm of the gradient of `value()` by a tensor, which is nudged in place, number by number."""
    flat, slopes = tensor.view(-1), []
    for position in range(len(flat)):
        kept = float(flat[position])
        around = []
        for nudged in (kept + NUDGE, kept - NUDGE):
            flat[position] = nudged
            around.append(value())
        flat[position] = kept
        slopes.append((around[0] - around[1]) / (2 * NUDGE))
    return float(np.linalg.norm(slopes))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_gradient_by_each_embedding_is_its_central_difference(family):
    model = a_model(family)
    found = reach.gradients(model, IDS, TARGET)
    network, start = copy.deepcopy(model.network), tuple(part.clone() for part in model.start()[1])
    rows = network.embedding.weight.detach()[IDS].clone()
    network.embedding.weight = torch.nn.Parameter(rows, requires_grad=False)  # a row a position
    positions = range(len(IDS))
    expected = [differences(rows[position], lambda: loss(network, start, positions)) for position in positions]
    np.testing.assert_allclose(found.token, expected, rtol=1e-6, atol=1e-10)
    assert found.loss == pytest.approx(-model.read(model.start()[1], IDS)[0][-1][TARGET])


@pytest.mark.parametrize("family", FAMILIES)
def test_the_gradient_by_each_state_is_its_central_difference(family):
    model = a_model(family)
    found = reach.gradients(model, IDS, TARGET).state
    if found is None:
        assert any(part.dim() > 3 for part in model.start()[1])
        return
    network = model.network
    for position in range(len(IDS) - 1):
        state = tuple(part.clone() for part in model.read(model.start()[1], IDS[: position + 1])[1])
        rest = IDS[position + 1 :]
        squares = [differences(part, lambda state=state, rest=rest: loss(network, state, rest)) ** 2 for part in state]
        assert found[position] == pytest.approx(np.sqrt(sum(squares)), rel=1e-6)


def test_at_the_position_itself_the_gradient_is_that_of_the_output_layer():
    """∂L/∂h_t = Vᵀ (p - y)."""
    model = a_model("rnn")
    p = np.exp(model.read(model.start()[1], IDS)[0][-1])
    expected = model.network.output.weight.detach().numpy().T @ (p - np.eye(7)[TARGET])
    assert reach.gradients(model, IDS, TARGET).state[-1] == pytest.approx(np.linalg.norm(expected))


def test_a_linear_network_forgets_by_its_decay():
    """h_t = ½ h_{t-1} + ½ x_t: the gradient halves with each token further back, and is half as large by e_s as by h_s."""
    found = reach.gradients(a_model("decay"), IDS, TARGET)
    np.testing.assert_allclose(found.state[:-2] / found.state[1:-1], 0.5)
    np.testing.assert_allclose(found.token[:-1] / found.state[:-1], 0.5)
    assert reach.factor(found.token) == 0.5


def test_nothing_of_one_item_reaches_the_next():
    network = build_model(small("gru"), 7)
    found = reach.gradients(NeuralLanguageModel(network, np.array([0]), begin_id=0), np.array([1, 2, 0, 3]), TARGET)
    assert not found.token[:2].any() and found.token[2:].all()


def test_one_token_is_enough_and_the_model_stays_as_it_was():
    model = NeuralLanguageModel(build_model(small("lstm", tied=True, embedding_size=16), 7), np.array([1]))
    before = {name: weight.clone() for name, weight in model.network.state_dict().items()}
    found = reach.gradients(model, IDS[:1], TARGET)
    assert (
        found.token.shape == found.state.shape == (1,) and reach.factor(found.token) is None and reach.farthest(found.token) == 0
    )
    assert all(torch.equal(before[name], weight) for name, weight in model.network.state_dict().items())
    assert all(parameter.grad is None for parameter in model.network.parameters())


@pytest.mark.parametrize(
    ("name", "model"), [found for found in every_model() if found[0] != "uniform"], ids=lambda one: str(one)[:20]
)
def test_the_loss_of_a_context_is_that_of_the_chain_rule(name, model):
    validation = np.append(np.tile([0, 1, 2, 5, 3, 4, 2], 12), 0)
    rows = position_loss.contexts(validation, 0 if "lines" in name else None, most=5, length=9)
    found = position_loss.nats(model, rows)
    for row, losses in zip(rows, found, strict=True):
        kept = row[row != position_loss.NOTHING]
        np.testing.assert_allclose(losses[: len(kept)], -probability.score(model, kept).log_probs, atol=1e-5)
        assert np.isnan(losses[len(kept) :]).all()


def test_a_pair_model_gains_nothing_after_one_token():
    """Its loss at a position is that of the token there, whatever came more than one before."""
    rows = position_loss.contexts(np.tile([1, 2, 3, 4, 5], 40), None, length=20)
    losses = position_loss.nats(NgramModel(Counts(random_index("stream")), 2), rows)
    tokens = rows[:, 1:] * 10 + rows[:, :-1]  # each pair, wherever it stands
    for pair in np.unique(tokens):
        assert np.ptp(losses[:, 1:][tokens == pair]) < 1e-12


def test_large_networks_read_fewer_contexts():
    small_one, large = (build_model(small("rnn", hidden_size=size), 7) for size in (16, 1024))
    assert position_loss.affordable(small_one) == position_loss.MOST > position_loss.affordable(large) >= position_loss.FEWEST
