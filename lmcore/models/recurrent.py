"""Recurrent networks: embedding, recurrent layers, linear layer. How they are trained is `training`."""

import copy
import math
from collections.abc import Callable, Sequence
from typing import ClassVar, Self, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from lmcore.config import ModelConfig
from lmcore.models.network import Shapes, State
from lmcore.models.stepping import Stepper
from lmcore.processor import threads

Hidden: TypeAlias = Tensor | tuple[Tensor, Tensor]  # (layers, B, H), as torch's layers have it; an LSTM has two: h and c


class RNNModel(nn.Module):
    """The plain recurrent network (Elman, 1990): h_t = tanh(W x_t + U h_{t-1} + b), logits = V h_t + c. A `Network`.

    >>> import torch
    >>> model = RNNModel(vocab_size=10, embed_size=4, hidden_size=8)
    >>> output, hidden = model(torch.tensor([[1, 2, 3]]))
    >>> tuple(output.shape), tuple(hidden.shape)
    ((1, 3, 10), (1, 1, 8))
    """

    recurrent_layer: ClassVar[type] = nn.RNN
    gates: ClassVar[int] = 1  # blocks of recurrent weights, one below the other
    state_tensors: ClassVar[int] = 1
    numbers_per_unit: ClassVar[tuple[int, int]] = (
        7,
        7,
    )  # that a step keeps for each position: in a single layer, in each of several

    def __init__(
        self, vocab_size: int, embed_size: int, hidden_size: int, layers: int = 1, dropout: float = 0.0, tied: bool = False
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.rnn = self.recurrent_layer(embed_size, hidden_size, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(hidden_size, vocab_size)
        if tied:  # Press and Wolf, 2017
            self.linear.weight = self.embedding.weight
        self._initialise(tied)

    def _initialise(self, tied: bool) -> None:
        """Set the first weights: orthogonal recurrent blocks keep gradients alive (Saxe et al., 2014), small output weights begin near the
        uniform distribution."""
        hidden_size = self.rnn.hidden_size
        nn.init.normal_(self.embedding.weight, std=1 / math.sqrt(hidden_size) if tied else 1.0)
        nn.init.zeros_(self.linear.bias)
        for name, parameter in self.rnn.named_parameters():
            if name.startswith("weight_hh"):
                for block in parameter.data.split(hidden_size):  # one block a gate
                    with threads(1):  # the last digits depend on their number
                        nn.init.orthogonal_(block)

    def forward(self, text: Tensor, hidden: Hidden | None = None) -> tuple[Tensor, Hidden]:
        """Return (logits (B, T, V), hidden). text: (B, T) ids; hidden: the state so far, None for zeros."""
        features, hidden = self._layers(text, hidden)
        return self.linear(features), hidden

    def _layers(self, ids: Tensor, hidden: Hidden | None) -> tuple[Tensor, Hidden]:
        features = self.dropout(self.embedding(ids))  # (B, T, E)
        features, hidden = self.rnn(features, hidden)  # (B, T, H)
        return self.dropout(features), hidden

    @property
    def output(self) -> nn.Linear:
        return self.linear

    def features(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        features, hidden = self._layers(ids, state if len(state) > 1 else state[0])
        return features, hidden if isinstance(hidden, tuple) else (hidden,)

    def initial_state(self, lanes: int) -> State:
        return (self.linear.weight.new_zeros(self.rnn.num_layers, lanes, self.rnn.hidden_size),) * self.state_tensors

    def reset(self, state: State, lanes: Tensor) -> State:
        keep = ~lanes[None, :, None]  # (1, B, 1)
        return tuple(part * keep for part in state)

    def stepper(self) -> Callable[[State, int], tuple[Tensor, State]]:
        return Stepper(self).step

    def internals(self, ids: Sequence[int] | np.ndarray, state: State) -> dict[str, np.ndarray]:
        return Stepper(self).internals(state, ids)

    def without_units(self, units: Sequence[tuple[int, int]]) -> Self:
        """Return a copy in which the weights that read these units are 0. Its output layer is not tied: the embedding stays whole."""
        copied = copy.deepcopy(self)
        if copied.linear.weight is copied.embedding.weight:
            copied.linear.weight = nn.Parameter(copied.linear.weight.detach().clone())
        with torch.no_grad():
            for layer, unit in units:
                last = layer == self.rnn.num_layers - 1
                reader = copied.linear.weight if last else getattr(copied.rnn, f"weight_ih_l{layer + 1}")
                reader[:, unit] = 0
                getattr(copied.rnn, f"weight_hh_l{layer}")[:, unit] = 0
        return copied

    @classmethod
    def from_config(cls, config: ModelConfig, vocabulary_size: int) -> Self:
        return cls(vocabulary_size, config.embedding_size, config.hidden_size, config.layers, config.dropout, config.tied)

    @classmethod
    def weight_shapes(cls, config: ModelConfig, vocabulary_size: int) -> Shapes:
        """
        >>> config = ModelConfig(family="rnn", embedding_size=4, hidden_size=8, tied=False)
        >>> list(RNNModel.weight_shapes(config, vocabulary_size=10).items())[:2]
        [('embedding.weight', (10, 4)), ('rnn.weight_ih_l0', (8, 4))]
        """
        rows, size = cls.gates * config.hidden_size, config.embedding_size
        shapes: Shapes = {"embedding.weight": (vocabulary_size, size)}
        for layer in range(config.layers):
            shapes |= {f"rnn.weight_ih_l{layer}": (rows, size), f"rnn.weight_hh_l{layer}": (rows, config.hidden_size)}
            shapes |= {f"rnn.bias_ih_l{layer}": (rows,), f"rnn.bias_hh_l{layer}": (rows,)}
            size = config.hidden_size
        output = {} if config.tied else {"linear.weight": (vocabulary_size, config.hidden_size)}
        return {**shapes, **output, "linear.bias": (vocabulary_size,)}

    @classmethod
    def state_shapes(cls, config: ModelConfig, lanes: int) -> tuple[tuple[int, ...], ...]:
        return ((config.layers, lanes, config.hidden_size),) * cls.state_tensors

    @classmethod
    def matrices(cls, name: str) -> int:
        return cls.gates if name.startswith("rnn.weight") else 0

    @classmethod
    def activations(cls, config: ModelConfig, sequence_length: int) -> int:
        return 3 * config.embedding_size + config.layers * config.hidden_size * cls.numbers_per_unit[config.layers > 1]


class GRUModel(RNNModel):
    """Gated recurrent unit (Cho et al., 2014): two gates decide what is kept and what is renewed."""

    recurrent_layer, gates, numbers_per_unit = nn.GRU, 3, (12, 12)


class LSTMModel(RNNModel):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997), the forget gate open at first (Gers et al., 2000)."""

    recurrent_layer, gates, state_tensors, numbers_per_unit = nn.LSTM, 4, 2, (34, 46)

    def _initialise(self, tied: bool) -> None:
        super()._initialise(tied)
        hidden_size = self.rnn.hidden_size
        for name, parameter in self.rnn.named_parameters():
            if name.startswith("bias_ih"):  # the order of the gates is i, f, g, o
                parameter.data[hidden_size : 2 * hidden_size] = 1.0
