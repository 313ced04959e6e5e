"""Muon per gate: what it does to a matrix, which matrices it gets, and how one learning rate moves everything."""

import math

import pytest
import torch
from numpy.testing import assert_allclose

from lmcore.config import TrainingConfig, choices
from lmcore.models import build_model
from lmcore.training.optimizers import ITERATIONS, MUON_RATE, GateMuon, build_optimizers, orthogonal, set_rate
from tests.lmcore.examples import FAMILIES, quick, small


def random(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("shape", [(1, 6, 6), (4, 9, 3), (3, 3, 9)])
def test_directions_stay_and_lengths_become_alike(shape):
    matrices = random(*shape)
    result = orthogonal(matrices, GateMuon.COEFFICIENTS, iterations=8)
    assert_allclose(torch.linalg.svdvals(result), 1, atol=0.35)
    left, _, right = torch.linalg.svd(matrices, full_matrices=False)
    assert (torch.linalg.diagonal(left.mT @ result @ right.mT) > 0.65).all()


SIZES = [(4, 192, 192), (4, 192, 64), (4, 256, 256), (3, 128, 64), (1, 512, 512)]  # gates of the models on offer


@pytest.mark.parametrize("iterations", [1, ITERATIONS, 5])
@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_singular_values_become_what_the_polynomial_says(shape, iterations):
    """Each by itself, and with the same singular vectors: the whole truth about a matrix of any size."""
    matrices = random(*shape).double()
    a, b, c = GateMuon.COEFFICIENTS
    left, values, right = torch.linalg.svd(matrices, full_matrices=False)
    values = values / values.norm(dim=1, keepdim=True)
    for _ in range(iterations):
        values = a * values + b * values**3 + c * values**5
    result = orthogonal(matrices, GateMuon.COEFFICIENTS, iterations)
    assert_allclose(result, left @ torch.diag_embed(values) @ right, atol=1e-6)


@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_three_iterations_do_what_the_docstring_says(shape):
    matrices = random(*shape)
    before = torch.linalg.svdvals(matrices)
    share = before / before.norm(dim=1, keepdim=True)
    after = torch.linalg.svdvals(orthogonal(matrices, GateMuon.COEFFICIENTS, ITERATIONS))
    assert after.max() < 1.21
    assert (after > 0.68).sum() >= (share > 0.018).sum() > 0.7 * share.numel()
    assert after.min() <= 41 * share.min() + 1e-4 or after.min() > 0.68


def test_nothing_has_no_direction():
    assert (orthogonal(torch.zeros(2, 3, 3), GateMuon.COEFFICIENTS, iterations=ITERATIONS) == 0).all()


def test_a_step_moves_each_gate_by_itself():
    """The first step: b = (1 - μ) g, so the update is a multiple of g, and its length says nothing."""
    gradient = random(8, 2)
    weight = torch.zeros(8, 2, requires_grad=True)
    weight.grad = gradient * torch.tensor([1.0] * 4 + [1e-3] * 4)[:, None]
    GateMuon([{"params": [weight], "gates": 2}], lr=0.5, precision=torch.float32).step()
    expected = orthogonal(gradient.view(2, 4, 2), GateMuon.COEFFICIENTS, iterations=ITERATIONS).reshape(8, 2)
    assert_allclose(weight.detach(), -0.5 * math.sqrt(4 / 2) * expected, atol=1e-5)


def test_momentum_is_what_the_docstring_says():
    weight = torch.zeros(3, 3, requires_grad=True)
    muon = GateMuon([{"params": [weight], "gates": 1}], lr=1.0, precision=torch.float32)
    first, second = random(3, 3), torch.eye(3)
    weight.grad = first
    muon.step()
    before = weight.detach().clone()
    weight.grad = second
    muon.step()
    average = 0.8 * 0.2 * first + 0.2 * second
    update = 0.2 * second + 0.8 * average
    expected = orthogonal(update[None], GateMuon.COEFFICIENTS, iterations=ITERATIONS)[0]
    assert_allclose(before - weight.detach(), expected, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_muon_gets_the_matrices_and_adamw_the_rest(family):
    network = build_model(small(family, layers=2, tied=True, hidden_size=8), 6)
    muon, adamw = build_optimizers(quick(optimizer="muon"), network)
    matrices = [id(weight) for group in muon.param_groups for weight in group["params"]]
    others = [id(weight) for group in adamw.param_groups for weight in group["params"]]
    recurrent = [f"rnn.weight_{part}_l{layer}" for layer in (0, 1) for part in ("ih", "hh")]
    blocks = [f"layers.{layer}.{part}.weight" for layer in (0, 1) for part in ("qkv", "mix", "widen", "narrow")]
    expected = {"decay": ["mix.weight"], "transformer": blocks}.get(family, recurrent)
    assert matrices == [id(network.get_parameter(name)) for name in expected]
    assert {group["gates"] for group in muon.param_groups} == {
        "gru": {3}, "lstm": {4}, "transformer": {1, 3}
    }.get(family, {1})  # fmt: skip
    assert sorted(matrices + others) == sorted(id(weight) for weight in network.parameters())


@pytest.mark.parametrize("optimizer", choices(TrainingConfig, "optimizer"))
def test_one_rate_moves_every_part(optimizer):
    optimizers = build_optimizers(quick(optimizer=optimizer), build_model(small(), 6))
    set_rate(optimizers, 0.01)
    rates = {group["lr"]: part for part in optimizers for group in part.param_groups}
    assert list(rates) == ([0.01 * MUON_RATE, 0.01] if optimizer == "muon" else [0.01])


def test_sgd_is_the_plain_rule():
    network = build_model(small(), 6)
    before = network.output.weight.detach().clone()
    optimizers = build_optimizers(quick(optimizer="sgd"), network)
    set_rate(optimizers, 0.5)
    network.output.weight.grad = torch.ones_like(before)
    optimizers[0].step()
    assert_allclose(network.output.weight.detach(), before - 0.5, atol=1e-7)
