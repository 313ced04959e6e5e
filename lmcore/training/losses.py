"""From the features of a network to the training loss, nats per token: over every type, or over a sample of them.

Neither ever holds the logits of a whole batch at once. What validation measures is always exact: `evaluation`.
"""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lmcore.training.batches import IGNORED

EXACT_UP_TO = 8_000  # types: from there on a sample is faster
NEGATIVES = 2_048  # types drawn in a step, shared by all its positions
LOGITS_AT_ONCE = 2_000_000  # numbers
IMPOSSIBLE = -1e30  # a logit; the gradient of -inf would not be a number


def loss_over(vocabulary_size: int) -> str:
    """Return which loss learns fastest, `exact` or `sampled`."""
    return "exact" if vocabulary_size <= EXACT_UP_TO else "sampled"


def total_nats(features: Tensor, output: nn.Linear, targets: Tensor) -> Tensor:
    """Σ -log softmax(W h + c)[target], for measuring only. features (B, T, H), targets (B, T) -> ()."""
    at_once = max(1, LOGITS_AT_ONCE // output.out_features)
    rows, targets, _ = _counted(features, targets)
    chunks = zip(rows.split(at_once), targets.split(at_once), strict=True)
    with torch.no_grad():
        return sum(
            (functional.cross_entropy(output(part).float(), wanted, reduction="sum") for part, wanted in chunks), torch.zeros(())
        )


def exact(features: Tensor, output: nn.Linear, targets: Tensor) -> Tensor:
    """Return the mean cross entropy over the targets that count. features (B, T, H), targets (B, T) -> ()."""
    return _ExactCrossEntropy.apply(features, output.weight, output.bias, targets)


def _counted(features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return (rows (N, H), their targets (N,), the indices of these rows among all): those that count. None where all do.

    Where answers alone count they are few, and the product with a large vocabulary is most of a step.
    """
    rows, wanted = features.flatten(0, 1), targets.flatten()
    counted = wanted != IGNORED
    if counted.all():
        return rows, wanted, None
    indices = counted.nonzero()[:, 0]
    return rows[indices], wanted[indices], indices


class _ExactCrossEntropy(torch.autograd.Function):
    """The gradient of a chunk is taken while its logits are there, so that they need not be kept: ∂L/∂logits = (p - y) / N."""

    @staticmethod
    def forward(context: Any, features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
        rows, wanted, indices = _counted(features, targets)
        count = max(1, len(wanted))
        narrow = weight.to(rows.dtype)  # bfloat16 where the features are
        to_rows, to_weight, to_bias = torch.empty_like(rows), torch.zeros_like(weight), torch.zeros_like(bias)
        total = torch.zeros((), dtype=weight.dtype)
        at_once = max(1, LOGITS_AT_ONCE // len(weight))
        for begin in range(0, len(rows), at_once):
            part = slice(begin, begin + at_once)
            logits = (rows[part] @ narrow.T).to(weight.dtype) + bias  # (N, V)
            target = wanted[part][:, None]
            log_probs = torch.log_softmax(logits, dim=1)
            total -= log_probs.gather(1, target).sum()
            slope = log_probs.exp_().scatter_add_(1, target, log_probs.new_full(target.shape, -1.0))
            slope.div_(count)
            to_bias += slope.sum(dim=0)
            slope = slope.to(rows.dtype)
            to_rows[part] = slope @ narrow
            to_weight += slope.T @ rows[part]
        if indices is not None:
            to_rows = to_rows.new_zeros(features.flatten(0, 1).shape).index_copy_(0, indices, to_rows)
        context.save_for_backward(to_rows.view_as(features), to_weight, to_bias)
        return total / count

    @staticmethod
    def backward(context: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        to_features, to_weight, to_bias = context.saved_tensors
        return to_features * slope.to(to_features.dtype), to_weight * slope, to_bias * slope, None


class Sampled:
    """Sampled softmax (Jean et al., 2015): the sum over all types is estimated from a few, each counted 1 / how often it is drawn.

        log Z ≈ log(exp s_y + Σ_{j ≠ y} exp(s_j - log K q_j)),    K types j drawn from q ~ unigram^0.75

    exp of it is right on average, so the loss lies close to the exact one, a little below. counts: (V,) in the training text.
    """

    def __init__(self, counts: np.ndarray, negatives: int = NEGATIVES) -> None:
        weights = np.maximum(counts, 1.0) ** 0.75
        chances = torch.from_numpy(weights / weights.sum())
        self.negatives = negatives
        self.cumulative = chances.cumsum(0)
        self.log_expected = (chances.log() + math.log(negatives)).float()  # log K q_j

    def draw(self) -> Tensor:
        """Return (K,) types, one from each K-th of the probability (stratified): less variance than K independent draws, the same mean."""
        positions = (torch.arange(self.negatives) + torch.rand(self.negatives, dtype=torch.float64)) / self.negatives
        return torch.searchsorted(self.cumulative, positions).clamp_(max=len(self.cumulative) - 1)

    def __call__(self, features: Tensor, output: nn.Linear, targets: Tensor, drawn: Tensor | None = None) -> Tensor:
        """Return the mean loss over the targets that count. features (B, T, H), targets (B, T) -> ()."""
        drawn = self.draw() if drawn is None else drawn
        rows, wanted, _ = _counted(features, targets)  # (N, H), (N,)
        weight, bias = output.weight[torch.cat([wanted, drawn])], output.bias[torch.cat([wanted, drawn])]
        weight = weight.to(rows.dtype)
        own = (rows * weight[: len(rows)]).sum(dim=1).float() + bias[: len(rows)]  # s_y
        others = (rows @ weight[len(rows) :].T).float() + (bias[len(rows) :] - self.log_expected[drawn])  # (N, K)
        others = others.masked_fill(drawn == wanted[:, None], IMPOSSIBLE)
        return (torch.logaddexp(own, others.logsumexp(dim=1)) - own).mean()
