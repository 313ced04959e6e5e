"""Where a transformer looks: the attention of each head at each token. What a prediction rests on is `inference.attribution`.

Attention says where a layer reads, not why the network answers as it does (Jain and Wallace, 2019).
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from lmcore.models.network import State
from lmcore.models.neural import NeuralLanguageModel


@runtime_checkable
class Attends(Protocol):
    """A network with attention."""

    def attention(self, ids: np.ndarray, state: State) -> np.ndarray:
        """Return (T, layers, heads, W + T): of each token to the W slots of the state, then to the tokens themselves; rows sum to 1."""


@dataclass(frozen=True)
class Attention:
    """Shares of attention. Of a token, layer and head, `before` and the row of `tokens` together sum to 1."""

    tokens: np.ndarray  # (T, layers, heads, T) to each token of the text, to later ones exactly 0
    before: np.ndarray  # (T, layers, heads) to what a context begins with


def of_tokens(model: NeuralLanguageModel, ids: np.ndarray) -> Attention | None:
    """Return the attention after each token of a context; a begin token resets the state. None where the network has none.

    ids: (T,), T ≥ 1.
    """
    network, ids = model.network, np.asarray(ids, dtype=np.int64)
    if not isinstance(network, Attends):
        return None
    begins = np.flatnonzero(ids == model.begin_id) if model.begin_id is not None else []
    parts = np.split(ids, begins)
    found: list[np.ndarray] = []
    for number, part in enumerate(parts):
        if len(part):
            found.append(network.attention(part, network.initial_state(1) if number else model.start()[1]))
    layers, heads = found[0].shape[1:3]
    tokens, before = np.zeros((len(ids), layers, heads, len(ids)), np.float32), np.zeros((len(ids), layers, heads), np.float32)
    first = 0
    for rows in found:
        slots, end = rows.shape[-1] - len(rows), first + len(rows)
        tokens[first:end, :, :, first:end] = rows[..., slots:]
        before[first:end] = rows[..., :slots].sum(axis=-1)
        first = end
    return Attention(tokens, before)
