"""A network as a `LanguageModel`: its hidden state and log-probabilities. Networks themselves are `network` and `recurrent`."""

from collections.abc import Iterable

import numpy as np
import torch

from lmcore.models.base import LanguageModel
from lmcore.models.network import Network, State, evaluating


class NeuralLanguageModel(LanguageModel):
    """A network as a `LanguageModel`. A context begins with the state that training left.

    network: stays as it is. It is read in evaluation mode; `start`, `step` and `read` switch one in training mode there and back, so
    threads may share only one that is in evaluation mode, as checkpoints give it.
    opening: ids that every context begins with (`TokenData.opening`). A network trained on a stream has not met the initial state
    since its first step; its probabilities from there would be wrong.
    begin_id: the token that begins an item, where the text is made of items: it is read from the initial state, as in training.
    """

    def __init__(self, network: Network, opening: np.ndarray, begin_id: int | None = None) -> None:
        self.network = network
        self.opening = np.asarray(opening, dtype=np.int64)
        self.begin_id = begin_id
        self.vocabulary_size = network.output.out_features
        self._step = network.stepper()
        self._start: tuple[np.ndarray, State] | None = None

    def start(self) -> tuple[np.ndarray, State]:
        if self._start is None:
            log_probs, state = self._read(self.opening, self.network.initial_state(1), last_only=True)
            self._start = log_probs[0], state
        return self._start

    @torch.inference_mode()
    def step(self, state: State, token_id: int) -> tuple[np.ndarray, State]:
        if token_id == self.begin_id:
            state = self.network.initial_state(1)
        with evaluating(self.network):
            features, state = self._step(state, token_id)
        return _log_probs(self.network.output(features)), state

    def read(self, state: State, ids: Iterable[int]) -> tuple[np.ndarray, State]:
        ids = np.asarray(ids, dtype=np.int64)
        begins = np.flatnonzero(ids == self.begin_id) if self.begin_id is not None else ()
        rows = []
        for item in np.split(ids, begins):
            if len(item):
                log_probs, state = self._read(item, self.network.initial_state(1) if item[0] == self.begin_id else state)
                rows.append(log_probs)
        if len(rows) == 1:
            return rows[0], state
        return np.concatenate([np.empty((0, self.vocabulary_size)), *rows]), state

    @torch.inference_mode()
    def _read(self, ids: np.ndarray, state: State, last_only: bool = False) -> tuple[np.ndarray, State]:
        with evaluating(self.network):
            features, state = self.network.features(torch.from_numpy(np.ascontiguousarray(ids, dtype=np.int64))[None], state)
        logits = self.network.output(features)[0]  # (T, V)
        return _log_probs(logits[-1:] if last_only else logits), state


def _log_probs(logits: torch.Tensor) -> np.ndarray:
    return torch.log_softmax(logits.double(), dim=-1).numpy()
