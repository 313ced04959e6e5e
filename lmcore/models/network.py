"""What training, checkpoints and inference use of a neural network, whatever its family. Each family has a module of its own, named in
`lmcore.config.FAMILIES`; a network as a `LanguageModel` is `neural`.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pkgutil import resolve_name
from typing import Protocol, Self, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from lmcore.config import FAMILIES, ModelConfig

State: TypeAlias = tuple[Tensor, ...]  # floating-point, lane b in [:, b] of each; what they mean, the family alone knows
Shapes: TypeAlias = dict[str, tuple[int, ...]]


class Network(Protocol):
    """An `nn.Module` from token ids to features; logits are `output(features)`. B lanes are read side by side, T tokens at once.

    A state is all that a lane remembers of the tokens before: of a recurrent network its hidden vectors, of a transformer the keys and
    values of a window. No method changes the state it is given.
    """

    training: bool
    embedding: nn.Embedding

    @property
    def output(self) -> nn.Linear:
        """Return the logits (…, V) of features (…, H)."""

    def features(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Return (features (B, T, H), state after the last token). ids: (B, T)."""

    def initial_state(self, lanes: int) -> State:
        """Return the state before the first token."""

    def reset(self, state: State, lanes: Tensor) -> State:
        """Return the state with these lanes as in `initial_state`. lanes: (B,) bool."""

    def stepper(self) -> Callable[[State, int], tuple[Tensor, State]]:
        """Return a function (state of one lane, token id) -> (features (H,), state), the fast way to read one token for inference.

        It shares the network's weights.
        """

    def internals(self, ids: Sequence[int] | np.ndarray, state: State) -> dict[str, np.ndarray]:
        """Return what the network computes at each of T tokens, by name, (T, layers, units) each: "h", the output of each layer, the
        last of them the features; and what else the family has, such as gates. T ≥ 1.
        """

    def without_units(self, units: Sequence[tuple[int, int]]) -> Self:
        """Return a copy whose units, (layer, unit) of "h", are always 0, for later tokens and for later layers."""

    @classmethod
    def from_config(cls, config: ModelConfig, vocabulary_size: int) -> Self:
        """Return a network with random weights, drawn from torch's generator."""

    @classmethod
    def weight_shapes(cls, config: ModelConfig, vocabulary_size: int) -> Shapes:
        """Return the shape of each weight by name, in the order of `named_parameters()`, a tied one once, without building anything."""

    @classmethod
    def state_shapes(cls, config: ModelConfig, lanes: int) -> tuple[tuple[int, ...], ...]:
        """Return the shape of each tensor of a state."""

    @classmethod
    def matrices(cls, name: str) -> int:
        """Return how many matrices stand one below the other in the weight of this name, for an optimizer that treats them as such;
        0 for vectors, embeddings and the output layer."""

    @classmethod
    def activations(cls, config: ModelConfig, sequence_length: int) -> int:
        """Return how many numbers a training step keeps for each position, those of the loss not counted: gates, states, their
        gradients. Measured for a maximum by `benchmarks/memory.py`."""

    # of nn.Module
    def parameters(self) -> Iterator[nn.Parameter]: ...
    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]: ...
    def train(self, mode: bool = True) -> Self: ...
    def eval(self) -> Self: ...
    def double(self) -> Self: ...
    def zero_grad(self, set_to_none: bool = True) -> None: ...


@contextmanager
def evaluating(network: Network) -> Iterator[None]:
    """Put a network into evaluation mode (no dropout) within the `with` block. Threads may share one that is in it already."""
    if not network.training:
        yield
        return
    network.eval()
    try:
        yield
    finally:
        network.train()


def family_of(config: ModelConfig) -> type[Network]:
    """Return the class of a family. Only this function decides by the family."""
    return resolve_name(FAMILIES[config.family])


def build_model(config: ModelConfig, vocabulary_size: int, seed: int = 1) -> Network:
    """Return a new network; the same seed gives the same weights. The caller's random numbers stay as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return family_of(config).from_config(config, vocabulary_size)


def parameter_count(config: ModelConfig, vocabulary_size: int) -> int:
    """Return how many numbers training adjusts, without building anything.

    >>> parameter_count(ModelConfig(family="rnn", embedding_size=4, hidden_size=8), vocabulary_size=10)
    242
    """
    return sum(math.prod(shape) for shape in family_of(config).weight_shapes(config, vocabulary_size).values())
