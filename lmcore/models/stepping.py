"""One token at a time, the cells written out in NumPy: for so little to compute, torch's layers take ten times as long to call.

A text is read in one pass by torch's own layers: `recurrent`. A test holds the two ways equal.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from lmcore.models.network import State


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def rnn(x: np.ndarray, u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, ...]:
    """h ← tanh(x + u). Here and below x = W x_t + b and u = U h + b', (G·H,) with one block a gate; h (and c): (H,)."""
    return (np.tanh(x + u),)


def gru(x: np.ndarray, u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, ...]:
    """r = σ(x_r + u_r), z = σ(x_z + u_z), n = tanh(x_n + r u_n), h ← (1 - z) n + z h."""
    size = len(h)
    r, z = sigmoid(x[: 2 * size] + u[: 2 * size]).reshape(2, size)
    n = np.tanh(x[2 * size :] + r * u[2 * size :])
    return (n + z * (h - n),)


def lstm(x: np.ndarray, u: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, ...]:
    """i, f, o = σ(x + u) of their blocks, g = tanh(x_g + u_g), c ← f c + i g, h ← o tanh(c)."""
    gates = (x + u).reshape(4, len(h))
    i, f, _, o = sigmoid(gates)
    c = f * c + i * np.tanh(gates[2])
    return o * np.tanh(c), c


CELLS: dict[type, Callable] = {nn.RNN: rnn, nn.GRU: gru, nn.LSTM: lstm}


class Stepper:
    """The embedding and the recurrent layers of a network, sharing its weights."""

    def __init__(self, network: nn.Module):
        self.embedding, self.cell = _array(network.embedding.weight), CELLS[type(network.rnn)]
        self.layers = [[_array(weight) for weight in weights] for weights in network.rnn.all_weights]

    def step(self, state: State, token_id: int) -> tuple[Tensor, State]:
        """Return (features (H,), state) after one more token. state: h, or h and c, each (layers, 1, H)."""
        parts = [part.numpy()[:, 0] for part in state]
        x, after = self.embedding[token_id], tuple(np.empty_like(part) for part in parts)
        for layer, (w, u, b, b_hidden) in enumerate(self.layers):
            before = [part[layer] for part in parts]
            for part, value in zip(after, self.cell(w @ x + b, u @ before[0] + b_hidden, *before), strict=True):
                part[layer] = value
            x = after[0][layer]
        return torch.from_numpy(x), tuple(torch.from_numpy(part)[:, None] for part in after)


def _array(weight: Tensor) -> np.ndarray:
    return weight.detach().numpy()
