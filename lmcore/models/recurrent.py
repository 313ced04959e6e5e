"""Recurrent networks: embedding, recurrent layers, linear layer. How they are trained is `training`."""

import math
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from lmcore.models.base import LanguageModel
from lmcore.models.stepping import Stepper
from lmcore.processor import threads

Hidden: TypeAlias = Tensor | tuple[Tensor, Tensor]  # (layers, B, H); an LSTM has two: h and c


class RNNModel(nn.Module):
    """The plain recurrent network (Elman, 1990): h_t = tanh(W x_t + U h_{t-1} + b), logits = V h_t + c.

    >>> model = RNNModel(vocab_size=10, embed_size=4, hidden_size=8)
    >>> output, hidden = model(torch.tensor([[1, 2, 3]]))
    >>> tuple(output.shape), tuple(hidden.shape)
    ((1, 3, 10), (1, 1, 8))
    """

    recurrent_layer = nn.RNN

    def __init__(
        self, vocab_size: int, embed_size: int, hidden_size: int, layers: int = 1, dropout: float = 0.0, tied: bool = False
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.rnn = self.recurrent_layer(embed_size, hidden_size, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(hidden_size, vocab_size)
        if tied:  # Press and Wolf, 2017
            self.linear.weight = self.embedding.weight
        self._initialise(tied)

    def _initialise(self, tied: bool):
        """Orthogonal recurrent blocks keep gradients alive (Saxe et al., 2014); small output weights begin near the uniform."""
        hidden_size = self.rnn.hidden_size
        nn.init.normal_(self.embedding.weight, std=1 / math.sqrt(hidden_size) if tied else 1.0)
        nn.init.zeros_(self.linear.bias)
        for name, parameter in self.rnn.named_parameters():
            if name.startswith("weight_hh"):
                for block in parameter.data.split(hidden_size):  # one block a gate
                    with threads(1):  # the last digits depend on their number
                        nn.init.orthogonal_(block)

    def forward(self, text: Tensor, hidden: Hidden | None = None) -> tuple[Tensor, Hidden]:
        """text: (B, T) ids; hidden: the state so far, None for zeros -> (output (B, T, V) logits, hidden)."""
        features, hidden = self.features(text, hidden)
        return self.linear(features), hidden

    def features(self, text: Tensor, hidden: Hidden | None = None) -> tuple[Tensor, Hidden]:
        """All but the linear layer: (B, T) ids -> ((B, T, H), hidden). A loss over many types looks at them in parts."""
        features = self.dropout(self.embedding(text))  # (B, T, E)
        features, hidden = self.rnn(features, hidden)  # (B, T, H)
        return self.dropout(features), hidden


class GRUModel(RNNModel):
    """Gated recurrent unit (Cho et al., 2014): two gates decide what is kept and what is renewed."""

    recurrent_layer = nn.GRU


class LSTMModel(RNNModel):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997), the forget gate open at first (Gers et al., 2000)."""

    recurrent_layer = nn.LSTM

    def _initialise(self, tied: bool):
        super()._initialise(tied)
        hidden_size = self.rnn.hidden_size
        for name, parameter in self.rnn.named_parameters():
            if name.startswith("bias_ih"):  # the order of the gates is i, f, g, o
                parameter.data[hidden_size : 2 * hidden_size] = 1.0


FAMILIES = {"rnn": RNNModel, "gru": GRUModel, "lstm": LSTMModel}


class NeuralLanguageModel(LanguageModel):
    """A trained network as a `LanguageModel`. Its state is the hidden state, which begins as training left it.

    opening: ids every fresh context begins with (`TokenData.opening`). A network trained on a stream has never met a zero
    state again after its first step: asked from there, its probabilities would be false.
    begin_id: the token that begins an item, where the text is made of items: reading it starts from a zero state, as in training.
    """

    def __init__(self, network: nn.Module, opening: np.ndarray, begin_id: int | None = None):
        self.network = network.eval()
        self.opening = np.asarray(opening, dtype=np.int64)
        self.begin_id = begin_id
        self.vocabulary_size = network.linear.out_features
        self.stepper = Stepper(self.network)
        self._start = None

    def start(self):
        if self._start is None:
            log_probs, state = self._forward(self.opening, None, last_only=True)
            self._start = log_probs[0], state
        return self._start

    @torch.inference_mode()
    def step(self, state, token_id):
        parts = state if isinstance(state, tuple) else (state,)  # (layers, 1, H)
        if token_id == self.begin_id:
            parts = [torch.zeros_like(part) for part in parts]
        after = self.stepper.step(tuple(part.numpy()[:, 0] for part in parts), token_id)
        parts = tuple(torch.from_numpy(part)[:, None] for part in after)
        logits = self.network.linear(parts[0][-1, 0])
        return torch.log_softmax(logits.double(), dim=-1).numpy(), parts if isinstance(state, tuple) else parts[0]

    def read(self, state, ids):
        ids = np.asarray(ids, dtype=np.int64)
        begins = np.flatnonzero(ids == self.begin_id) if self.begin_id is not None else ()
        rows = []
        for begin, stretch in zip((0, *begins), np.split(ids, begins), strict=True):
            if len(stretch):
                fresh = begin < len(ids) and ids[begin] == self.begin_id
                log_probs, state = self._forward(stretch, None if fresh else state)
                rows.append(log_probs)
        if len(rows) == 1:
            return rows[0], state
        return np.concatenate([np.empty((0, self.vocabulary_size)), *rows]), state

    @torch.inference_mode()
    def _forward(self, ids: np.ndarray, state, last_only=False):
        text = torch.from_numpy(np.ascontiguousarray(ids, dtype=np.int64))[None]
        logits, state = self.network(text, state)  # (1, T, V)
        logits = logits[0, -1:] if last_only else logits[0]
        return torch.log_softmax(logits.double(), dim=-1).numpy(), state
