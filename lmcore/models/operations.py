"""Two operations of a transformer whose gradients are written out: torch's own make them of more passes over the numbers, and such
passes, not products of matrices, are most of a small network's training step on a CPU.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

SHORTEST = 1e-6  # a vector that is divided by its length


class Norm(torch.autograd.Function):
    """Vectors (…, d) scaled to a length: y = x c / |x|, ∂L/∂x = c / |x| (g - y (g · y) / c²) for g = ∂L/∂y."""

    @staticmethod
    def forward(context: Any, x: Tensor, length: float) -> Tensor:
        scale = length / torch.linalg.vector_norm(x, dim=-1, keepdim=True).clamp(min=SHORTEST)
        context.save_for_backward(y := x * scale, scale)
        context.length = length
        return y

    @staticmethod
    def backward(context: Any, slope: Tensor) -> tuple[Tensor, None]:
        y, scale = context.saved_tensors
        along = (slope * y).sum(dim=-1, keepdim=True)
        return torch.addcmul(slope, y, along, value=-1 / context.length**2).mul_(scale), None


class SquaredReLU(torch.autograd.Function):
    """y = max(0, x)², ∂L/∂x = 2 max(0, x) ∂L/∂y."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        context.save_for_backward(positive := functional.relu(x))
        return positive.square()

    @staticmethod
    def backward(context: Any, slope: Tensor) -> Tensor:
        return (slope * context.saved_tensors[0]).mul_(2.0)


def norm(x: Tensor, length: float | None = None) -> Tensor:
    """Return the vectors (…, d) with a length, by default √d: x / √(mean of x²) (RMSNorm; Zhang and Sennrich, 2019), without weights."""
    return Norm.apply(x, length or math.sqrt(x.shape[-1]))


def squared_relu(x: Tensor) -> Tensor:
    """Return max(0, x)² (So et al., 2021)."""
    return SquaredReLU.apply(x)
