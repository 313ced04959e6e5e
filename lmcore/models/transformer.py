"""A small transformer that reads a text as a stream: it carries the keys and values of a window from one sequence to the next.

How a network is trained is `training`; what recurrent networks do instead is `recurrent`.
"""

import copy
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from lmcore.config import ModelConfig
from lmcore.models.network import Shapes, State
from lmcore.models.operations import norm, squared_relu

WIDENING = 4  # of the inner layer
BASE = 10_000.0  # of the rotary angles
PERIOD = 2**20  # positions after which they repeat, so that a stream can begin to count again
SMALL = 0.2  # output weights begin near the uniform
STRETCH = 128  # tokens read at once: with more, most of what they compare would lie outside the window


@functools.lru_cache(maxsize=64)
@torch.inference_mode(mode=False)  # what is made while inferring could not be trained with later
def band(length: int, window: int, dtype: torch.dtype) -> Tensor:
    """(T, W + T), added to the scores: 0 where token t sees a key, itself and the W before it; -∞ elsewhere.

    >>> band(2, 1, torch.float32).tolist()
    [[0.0, 0.0, -inf], [-inf, 0.0, 0.0]]
    """
    query, key = torch.arange(length)[:, None], torch.arange(window + length)
    return torch.where((key >= query) & (key <= query + window), 0.0, -math.inf).to(dtype)


def turns(positions: Tensor, dimensions: int) -> Tensor:
    """(…, d/2) complex numbers of length 1: what each position turns pair k by, an angle near position / 10,000^(2k/d)."""
    pairs = torch.arange(dimensions // 2, dtype=torch.float64)
    cycles = (PERIOD / (2 * math.pi) * BASE ** (-2 * pairs / dimensions)).round().long()
    angles = (positions.long()[..., None] * cycles % PERIOD).to(positions.dtype) * (2 * math.pi / PERIOD)
    return torch.polar(torch.ones_like(angles), angles)


def rotate(x: Tensor, turn: Tensor) -> Tensor:
    """Turn each pair of numbers by its position (Su et al., 2021): a product then depends on the distance alone. x: (…, d)."""
    even = x[..., : 2 * turn.shape[-1]].contiguous()  # of an odd number of dimensions the last is left as it is
    turned = torch.view_as_real(torch.view_as_complex(even.unflatten(-1, (-1, 2))) * turn).flatten(-2)
    return turned if even.shape == x.shape else torch.cat([turned, x[..., -1:]], dim=-1)


class Layer(nn.Module):
    """x ← x + attention(norm(x)), x ← x + W max(0, V norm(x))². Without `residual` the sums have no x."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        size, self.heads, self.residual = config.hidden_size, config.heads, config.residual
        self.qkv = nn.Linear(size, 3 * size, bias=False)
        self.mix = nn.Linear(size, size, bias=False)
        self.widen = nn.Linear(size, WIDENING * size, bias=False)
        self.narrow = nn.Linear(WIDENING * size, size, bias=False)
        self.dropout = nn.Dropout(config.dropout)
        for last in (self.mix, self.narrow) if self.residual else ():  # each layer begins as doing nothing
            nn.init.zeros_(last.weight)

    def forward(self, x: Tensor, keys: Tensor, values: Tensor, mask: Tensor, turn: Tensor) -> tuple[Tensor, ...]:
        """x: (B, T, H); keys, values: (B, heads, W, d) of the tokens before. Return (x, attention, keys and values of the last W)."""
        window = keys.shape[2]
        qk, value = self.qkv(norm(x)).unflatten(-1, (3 * self.heads, -1)).split([2 * self.heads, self.heads], dim=2)
        qk = rotate(norm(qk.to(turn.real.dtype), qk.shape[-1] ** 0.25), turn[:, :, None]).to(value.dtype)
        query, key, value = (part.transpose(1, 2) for part in (*qk.chunk(2, dim=2), value))  # (B, heads, T, d)
        keys, values = torch.cat([keys, key], dim=2), torch.cat([values, value], dim=2)  # (B, heads, W + T, d)
        weights = torch.softmax(query @ keys.mT + mask, dim=-1)  # (B, heads, T, W + T)
        mixed = (weights @ values).transpose(1, 2).flatten(2)  # (B, T, H)
        x = (x if self.residual else 0.0) + self.dropout(self.mix(mixed))
        x = (x if self.residual else 0.0) + self.dropout(self.narrow(squared_relu(self.widen(norm(x)))))
        return x, weights, keys[:, :, -window:], values[:, :, -window:]


class TransformerModel(nn.Module):
    """A causal decoder (Vaswani et al., 2017) over a sliding window (Dai et al., 2019). A `Network`.

    Every token sees itself and the W tokens before it, however the text is cut. A state is turned keys and values of the last W,
    (layers, B, heads, W, d) each, and the position of the next token, (1, B). Slots that a lane has not filled yet are masked.
    """

    def __init__(self, vocabulary_size: int, config: ModelConfig) -> None:
        super().__init__()
        size, self.config = config.hidden_size, config
        self.embedding = nn.Embedding(vocabulary_size, config.embedding_size)
        self.lift = nn.Linear(config.embedding_size, size, bias=False) if config.embedding_size != size else nn.Identity()
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.output = nn.Linear(size, vocabulary_size)
        self.dropout = nn.Dropout(config.dropout)
        self.kept: Tensor | None = None  # (layers, H), 0 for the units that are switched off
        nn.init.normal_(self.output.weight, std=SMALL / math.sqrt(size))
        nn.init.zeros_(self.output.bias)
        if config.tied:  # Press and Wolf, 2017; what is read is normed, so its size does not matter
            self.embedding.weight = self.output.weight

    def _read(self, ids: Tensor, state: State) -> Iterator[tuple[list[Tensor], list[Tensor], State]]:
        """Yield, part by part, the output of each layer (B, T, H), its attention (B, heads, T, W + T), and the state."""
        window, narrow = self.config.window, torch.is_autocast_enabled("cpu")
        dtype = torch.get_autocast_dtype("cpu") if narrow else self.output.weight.dtype
        for part in ids.split(STRETCH, dim=1):
            (keys, values, position), length = state, part.shape[1]
            x = self.dropout(norm(self.lift(self.embedding(part)).to(dtype)))
            keys, values, mask = keys.to(dtype), values.to(dtype), band(length, window, dtype)
            if (position < window).any():  # lanes that begin
                empty = torch.arange(window + length) < window - position[0, :, None]
                mask = mask.masked_fill(empty[:, None, None], -math.inf)  # (B, 1, T, W + T)
            positions = (position[0, :, None] + torch.arange(length)) * self.config.positions
            turn = turns(positions, self.config.hidden_size // self.config.heads)  # (B, T, d/2)
            found: list[list[Tensor]] = []
            for index, layer in enumerate(self.layers):
                x, *more = layer(x, keys[index], values[index], mask, turn)
                x = x if self.kept is None else x * self.kept[index]
                found.append([x, *more])
            outputs, attention, new_keys, new_values = map(list, zip(*found, strict=True))
            position = position + length
            state = torch.stack(new_keys), torch.stack(new_values), position - PERIOD * (position >= 2 * PERIOD)
            yield outputs, attention, state

    def features(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        read = list(self._read(ids, state))
        return self.dropout(norm(torch.cat([outputs[-1] for outputs, *_ in read], dim=1))), read[-1][-1]

    def initial_state(self, lanes: int) -> State:
        return tuple(self.output.weight.new_zeros(shape) for shape in self.state_shapes(self.config, lanes))

    def reset(self, state: State, lanes: Tensor) -> State:
        if not lanes.any():
            return state
        return tuple(part.masked_fill(lanes.view(1, -1, *[1] * (part.dim() - 2)), 0.0) for part in state)

    def stepper(self) -> Callable[[State, int], tuple[Tensor, State]]:
        def step(state: State, token_id: int) -> tuple[Tensor, State]:
            features, after = self.features(torch.tensor([[token_id]]), state)
            return features[0, 0], after

        return step

    @torch.no_grad()
    def internals(self, ids: Sequence[int] | np.ndarray, state: State) -> dict[str, np.ndarray]:
        read = self._read(torch.from_numpy(np.array(ids, dtype=np.int64))[None], state)
        return {
            "h": norm(torch.cat([torch.stack(outputs, dim=2)[0] for outputs, *_ in read])).numpy()
        }  # as the next layer reads it

    @torch.no_grad()
    def attention(self, ids: Sequence[int] | np.ndarray, state: State) -> np.ndarray:
        """Return how much each of T tokens takes from each key, (T, layers, heads, W + T): first the slots of the state, then the tokens
        themselves. A row sums to 1; later tokens, slots that are empty and what lies outside the window have 0."""
        found = np.zeros((len(ids), self.config.layers, self.config.heads, self.config.window + len(ids)), dtype=np.float32)
        read = self._read(torch.from_numpy(np.array(ids, dtype=np.int64))[None], state)
        for first, (_, attention, _) in zip(range(0, len(ids), STRETCH), read, strict=True):
            rows = torch.cat(attention).permute(2, 0, 1, 3).numpy()
            found[first : first + len(rows), :, :, first : first + rows.shape[-1]] = rows
        return found

    def without_units(self, units: Sequence[tuple[int, int]]) -> Self:
        copied = copy.deepcopy(self)
        if copied.kept is None:
            copied.kept = self.output.weight.new_ones(self.config.layers, self.config.hidden_size)
        for layer, unit in units:
            copied.kept[layer, unit] = 0.0
        return copied

    @classmethod
    def from_config(cls, config: ModelConfig, vocabulary_size: int) -> Self:
        return cls(vocabulary_size, config)

    @classmethod
    def weight_shapes(cls, config: ModelConfig, vocabulary_size: int) -> Shapes:
        size, embedding, inner = config.hidden_size, config.embedding_size, WIDENING * config.hidden_size
        lift = {"lift.weight": (size, embedding)} if embedding != size else {}
        shapes: Shapes = {"embedding.weight": (vocabulary_size, embedding), **lift}
        one_layer = {"qkv": (3 * size, size), "mix": (size, size), "widen": (inner, size), "narrow": (size, inner)}
        shapes |= {f"layers.{layer}.{name}.weight": one for layer in range(config.layers) for name, one in one_layer.items()}
        shapes |= {} if config.tied else {"output.weight": (vocabulary_size, size)}
        return {**shapes, "output.bias": (vocabulary_size,)}

    @classmethod
    def state_shapes(cls, config: ModelConfig, lanes: int) -> tuple[tuple[int, ...], ...]:
        window = (config.layers, lanes, config.heads, config.window, config.hidden_size // config.heads)
        return window, window, (1, lanes)

    @classmethod
    def matrices(cls, name: str) -> int:
        return 3 if "qkv" in name else int(name.startswith(("layers", "lift")))

    @classmethod
    def activations(cls, config: ModelConfig, sequence_length: int) -> int:
        keys = 1 + config.window / sequence_length  # that stand for each token
        per_layer = config.hidden_size * (26 + 9 * keys) + config.heads * (config.window + sequence_length) * 4
        return round(3 * config.embedding_size + config.layers * per_layer)
