"""The losses over many types: equal to torch's own cross entropy, in value and gradient, or right on average."""

import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn
from torch.nn import functional

from lmcore.training import losses
from lmcore.training.batches import IGNORED


def example(types: int, size: int = 5):
    """(features (2, 3, size), linear, targets with one that does not count)."""
    generator = torch.Generator().manual_seed(1)
    linear = nn.Linear(size, types).double()
    with torch.no_grad():
        for weight in linear.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator))
    features = torch.randn(2, 3, size, generator=generator, dtype=torch.float64, requires_grad=True)
    targets = torch.randint(types, (2, 3), generator=generator)
    targets[1, 2] = IGNORED
    return features, linear, targets


def plain(features, linear, targets):
    return functional.cross_entropy(linear(features).flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


def gradients(loss, features, linear):
    return torch.autograd.grad(3 * loss, (features, linear.weight, linear.bias))


@pytest.mark.parametrize("at_once", [1, 14, 21, 10_000], ids="{} logits at once".format)
@pytest.mark.parametrize("types", [1, 7])
def test_the_exact_loss_in_parts_is_the_cross_entropy(types, at_once, monkeypatch):
    monkeypatch.setattr(losses, "LOGITS_AT_ONCE", at_once)
    features, linear, targets = example(types)
    found, expected = losses.exact(features, linear, targets), plain(features, linear, targets)
    assert_allclose(found.item(), expected.item(), atol=1e-12)
    for ours, theirs in zip(gradients(found, features, linear), gradients(expected, features, linear), strict=True):
        assert_allclose(ours, theirs, atol=1e-12)
    total = losses.total_nats(features, linear, targets)
    assert total.item() == pytest.approx(expected.item() * 5)
    assert not total.requires_grad


def test_a_batch_of_padding_alone_teaches_nothing():
    features, linear, targets = example(7)
    loss = losses.exact(features, linear, torch.full_like(targets, IGNORED))
    assert loss.item() == 0
    assert all((slope == 0).all() for slope in gradients(loss, features, linear))


def test_every_type_drawn_as_often_as_expected_gives_the_exact_loss():
    features, linear, targets = example(7)
    sampled = losses.Sampled(np.full(7, 10), negatives=7)
    assert sorted(sampled.draw().tolist()) == list(range(7))
    found, expected = sampled(features, linear, targets), plain(features, linear, targets)
    assert_allclose(found.item(), expected.item(), rtol=1e-6)
    for ours, theirs in zip(gradients(found, features, linear), gradients(expected, features, linear), strict=True):
        assert_allclose(ours, theirs, atol=1e-6)


def test_the_estimated_sum_is_right_on_average():
    """E[exp s_y + Σ_{j ≠ y} exp(s_j) / (K q_j)] = Σ_j exp s_j, whatever the draws: here over each type drawn alone."""
    features, linear, _ = example(4)
    counts = np.array([100, 20, 5, 0])
    q = np.maximum(counts, 1) ** 0.75 / (np.maximum(counts, 1) ** 0.75).sum()
    sampled, target = losses.Sampled(counts, negatives=1), torch.tensor([[2]])
    logits = linear(features[:1, :1])[0, 0]
    estimates = [
        math.exp(sampled(features[:1, :1], linear, target, torch.tensor([drawn])).item() + logits[2].item()) for drawn in range(4)
    ]
    assert_allclose(q @ estimates, logits.exp().sum().item(), rtol=1e-6)


def test_types_are_drawn_as_often_as_the_text_has_them_to_the_power_of_three_quarters():
    counts = np.array([10_000, 0, 16, 1, 81])
    drawn = np.bincount(losses.Sampled(counts, negatives=10_000).draw(), minlength=5)
    expected = np.array([1000, 1, 8, 1, 27]) * 10_000 / 1037
    assert np.abs(drawn - expected).max() <= 2  # one from each K-th of the probability: never far from the mean


def test_a_vocabulary_of_one_has_nothing_to_learn():
    features, linear, targets = example(1)
    loss = losses.Sampled(np.array([9]), negatives=3)(features, linear, targets)
    assert loss.item() == pytest.approx(0, abs=1e-12)
    assert all(torch.isfinite(slope).all() and slope.abs().max() < 1e-12 for slope in gradients(loss, features, linear))


def test_large_vocabularies_are_sampled():
    assert [losses.loss_over(types) for types in (1, 8_000, 8_001)] == ["exact", "exact", "sampled"]
