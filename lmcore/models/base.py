"""The protocol of language models: how likely each next token is, given what has been read.

Models differ in what they keep as their state between `start` and `step`. Families live in modules of their own.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np


class LanguageModel:
    """A model of P(w_t | w_1 … w_{t-1}) over a vocabulary of V types.

    A family gives `start` and `step`; one that can read many tokens in one pass gives `read` too.
    Log-probabilities are natural logarithms (nats), float64, and each row's probabilities sum to 1.
    """

    vocabulary_size: int

    def start(self) -> tuple[np.ndarray, Any]:
        """Return (log_probs (V,), state) before the first token."""
        raise NotImplementedError(f"{type(self).__name__} gives no start()")

    def step(self, state: Any, token_id: int) -> tuple[np.ndarray, Any]:
        """Return (log_probs (V,), state) after one more token. The state passed in stays as it was."""
        raise NotImplementedError(f"{type(self).__name__} gives no step()")

    def read(self, state: Any, ids: Iterable[int]) -> tuple[np.ndarray, Any]:
        """Return (log_probs (T, V), state) after each of T tokens: T steps at once."""
        rows = []
        for token_id in ids:
            log_probs, state = self.step(state, int(token_id))
            rows.append(log_probs)
        return np.array(rows).reshape(-1, self.vocabulary_size), state

    def log_probabilities(self, ids: np.ndarray) -> np.ndarray:
        """Return (T, V): row t is the distribution of token t given the tokens before it. ids: (T,), T ≥ 1."""
        first, state = self.start()
        rest, _ = self.read(state, ids[:-1])
        return np.concatenate([first[None], rest])


class UniformModel(LanguageModel):
    """A model that knows nothing: every type is equally likely, so its cross entropy is ln V.

    >>> round(float(UniformModel(4).start()[0][0]), 4)
    -1.3863
    """

    def __init__(self, vocabulary_size: int) -> None:
        self.vocabulary_size = vocabulary_size

    def start(self) -> tuple[np.ndarray, None]:
        return np.full(self.vocabulary_size, -np.log(self.vocabulary_size)), None

    def step(self, state: None, token_id: int) -> tuple[np.ndarray, None]:
        return self.start()
