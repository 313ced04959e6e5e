"""Operations with a gradient of their own: their values, and their gradients against central differences."""

import math

import pytest
import torch
from torch.nn import functional

from lmcore.models.operations import norm, squared_relu

NUMBERS = torch.tensor([[[3.0, -4.0, 0.5], [1e-3, 2e-3, -2e-3]], [[-1.0, 1.0, 7.0], [0.2, -0.1, 0.3]]])


@pytest.mark.parametrize("operation", [norm, lambda x: norm(x, 1.3), squared_relu], ids=["norm", "norm to a length", "squared"])
def test_gradients_agree_with_central_differences(operation):
    assert torch.autograd.gradcheck(operation, NUMBERS.double().requires_grad_())


def test_values_are_those_of_torch():
    torch.testing.assert_close(norm(NUMBERS), functional.rms_norm(NUMBERS, (3,), eps=0.0))
    torch.testing.assert_close(norm(NUMBERS, 2.0).norm(dim=-1), torch.full((2, 2), 2.0))
    torch.testing.assert_close(squared_relu(NUMBERS), functional.relu(NUMBERS).square())


def test_a_vector_of_zeros_stays_one_and_its_gradient_is_finite():
    zeros = torch.zeros(2, 3, requires_grad=True)
    norm(zeros).sum().backward()
    assert not norm(zeros).any() and torch.isfinite(zeros.grad).all()


def test_bfloat16_stays_narrow():
    narrow = NUMBERS.bfloat16().requires_grad_()
    norm(narrow).sum().backward()
    assert norm(narrow).dtype == squared_relu(narrow).dtype == narrow.grad.dtype == torch.bfloat16
    assert math.isclose(norm(narrow)[0, 0].float().square().mean().item(), 1.0, rel_tol=0.02)
