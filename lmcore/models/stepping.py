"""Recurrent cells in NumPy: one token at a time, where calling torch's layers takes ten times as long, and what a cell computes inside.

Torch's own layers read a text in one pass: `recurrent`. A test holds the two ways equal.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from lmcore.models.network import State

Parts: TypeAlias = tuple[np.ndarray, ...]


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + e^-x), without overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def rnn(x: np.ndarray, u: np.ndarray, h: np.ndarray) -> tuple[Parts, Parts]:
    """h ← tanh(x + u). Here and below x = W x_t + b and u = U h + b', (G·H,) with one block a gate; h (and c): (H,).

    Each function returns (the new state, its gates and candidate).
    """
    return (np.tanh(x + u),), ()


def gru(x: np.ndarray, u: np.ndarray, h: np.ndarray) -> tuple[Parts, Parts]:
    """r = σ(x_r + u_r), z = σ(x_z + u_z), n = tanh(x_n + r u_n), h ← (1 - z) n + z h."""
    size = len(h)
    r, z = sigmoid(x[: 2 * size] + u[: 2 * size]).reshape(2, size)
    n = np.tanh(x[2 * size :] + r * u[2 * size :])
    return (n + z * (h - n),), (r, z, n)


def lstm(x: np.ndarray, u: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[Parts, Parts]:
    """i, f, o = σ(x + u) of their blocks, g = tanh(x_g + u_g), c ← f c + i g, h ← o tanh(c)."""
    gates = (x + u).reshape(4, len(h))
    i, f, _, o = sigmoid(gates)
    g = np.tanh(gates[2])
    c = f * c + i * g
    return (o * np.tanh(c), c), (i, f, o, g)


class Cell(NamedTuple):
    """A recurrent cell: its function, and the names of what it returns."""

    compute: Callable[..., tuple[Parts, Parts]]
    names: tuple[str, ...]  # of the state's parts, then of the gates and the candidate


CELLS: dict[type, Cell] = {
    nn.RNN: Cell(rnn, ("h",)),
    nn.GRU: Cell(gru, ("h", "reset", "update", "candidate")),
    nn.LSTM: Cell(lstm, ("h", "c", "input", "forget", "output", "candidate")),
}


class Stepper:
    """The embedding and the recurrent layers of a network, sharing its weights. A state is h, or h and c, each (layers, 1, H)."""

    def __init__(self, network: Any) -> None:
        self.embedding, self.cell = _array(network.embedding.weight), CELLS[type(network.rnn)]
        self.layers = [[_array(weight) for weight in weights] for weights in network.rnn.all_weights]

    def step(self, state: State, token_id: int) -> tuple[Tensor, State]:
        """Return (features (H,), state) after one more token."""
        parts, _ = self._step([part.numpy()[:, 0] for part in state], token_id)
        return torch.from_numpy(parts[0][-1]), tuple(torch.from_numpy(part)[:, None] for part in parts)

    def internals(self, state: State, ids: Iterable[int]) -> dict[str, np.ndarray]:
        """Return what each cell computes at each of T tokens, (T, layers, H) by the names in `CELLS`: the state after the token, and
        of a GRU or LSTM the gates and the candidate. T ≥ 1.
        """
        parts, rows = tuple(part.numpy()[:, 0] for part in state), []
        for token_id in ids:
            parts, gates = self._step(parts, int(token_id))
            rows.append([*parts, *map(np.stack, zip(*gates, strict=True))])  # (layers, H) each
        return dict(zip(self.cell.names, map(np.stack, zip(*rows, strict=True)), strict=True))

    def _step(self, state: Sequence[np.ndarray], token_id: int) -> tuple[Parts, list[Parts]]:
        """Return (state, gates of each layer). state: parts of (layers, H)."""
        x, after, gates = self.embedding[token_id], tuple(np.empty_like(part) for part in state), []
        for layer, (w, u, b, b_hidden) in enumerate(self.layers):
            before = [part[layer] for part in state]
            values, seen = self.cell.compute(w @ x + b, u @ before[0] + b_hidden, *before)
            gates.append(seen)
            for part, value in zip(after, values, strict=True):
                part[layer] = value
            x = after[0][layer]
        return after, gates


def _array(weight: Tensor) -> np.ndarray:
    return weight.detach().numpy()
