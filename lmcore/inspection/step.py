"""One training step opened, on one sentence: forward, loss, backward, update, with every number between them.

All in float64 and without dropout, so that each number can be checked by hand; only the direction of a Muon step has the precision of
the run. The loss is the mean over the sentence, be the run's on answers alone or not; a run's step on a batch is `training.loop`.
"""

import copy
import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from lmcore.config import RunConfig, TrainingConfig
from lmcore.errors import LossNotFinite
from lmcore.models import Network, NeuralLanguageModel, build_model
from lmcore.processor import has_bfloat16
from lmcore.training.optimizers import build_optimizers, set_rate

BYTES_PER_WEIGHT = 32  # float64: the weight, its gradient, and two numbers that an optimizer remembers
ROUNDING = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class WeightEntry:
    """One weight of a network."""

    name: str  # of the tensor
    index: tuple[int, ...]  # in it


@dataclass(frozen=True)
class Nudged:
    """The loss with one weight a little larger and a little smaller."""

    epsilon: float
    higher: float  # L(w + ε), nats per token
    lower: float  # L(w - ε)

    @property
    def slope(self) -> float:
        """(L(w + ε) - L(w - ε)) / 2ε, which is the gradient for a small ε: the error is of the order of ε²."""
        return (self.higher - self.lower) / (2 * self.epsilon)

    @property
    def rounding(self) -> float:
        """How far off `slope` may be because the losses, and the logits they come from, are rounded to 16 digits."""
        return ROUNDING * max(1.0, abs(self.higher)) / self.epsilon


@dataclass(frozen=True)
class Followed:
    """What a step does to one weight."""

    entry: WeightEntry
    value: float
    gradient: float
    nudged: Nudged
    memory: dict[str, float]  # what the optimizer remembers of it after the step, by the optimizer's own names
    after: float


@dataclass(frozen=True)
class Opened:
    """A step with its numbers. At one position of the sentence: vectors; of the whole sentence: a loss for each of T tokens."""

    embedded: np.ndarray  # (E,) row of the token that is read
    features: np.ndarray  # (H,) hidden state of the last layer after it
    logits: np.ndarray  # (V,)
    to_logits: np.ndarray  # (V,) ∂L/∂logits = (p - y) / T
    logits_after: np.ndarray  # (V,) with the updated weights
    target: int  # the token that comes next
    losses: np.ndarray  # (T,) -log p of each token, nats
    losses_after: np.ndarray  # (T,)
    norms: dict[str, float]  # of the gradient of each weight matrix and vector
    norm: float  # of all gradients as one vector
    clipped: float  # factor by which all of them were multiplied, 1 where the run does not clip
    followed: tuple[Followed, ...]

    @property
    def loss(self) -> float:
        """The mean loss of the sentence before the step, nats per token."""
        return float(self.losses.mean())

    @property
    def loss_after(self) -> float:
        """The mean loss after the step."""
        return float(self.losses_after.mean())

    @property
    def probabilities(self) -> np.ndarray:
        """(V,) probabilities of the token after `position` before the step."""
        return softmax(self.logits)

    @property
    def probabilities_after(self) -> np.ndarray:
        """(V,) the same after the step."""
        return softmax(self.logits_after)


class OpenedStep:
    """A private copy of a network between two training steps on one sentence; the model it comes from stays as it is.

    The first token is predicted too, from what the model has read before it (its opening). The state after the opening is a constant.
    """

    def __init__(self, model: NeuralLanguageModel, ids: np.ndarray, config: TrainingConfig) -> None:
        """ids: (T,), T ≥ 1. config: of the run; its optimizers begin without a memory."""
        self.config = config if has_bfloat16() else replace(config, precision="float32")
        self.begin_id = model.begin_id
        self.network: Network = copy.deepcopy(model.network).double().eval()  # type: ignore[attr-defined]
        self.targets = torch.from_numpy(np.array(ids, dtype=np.int64))
        opening = torch.from_numpy(model.opening)
        self.inputs = torch.cat([opening[-1:], self.targets[:-1]])  # (T,) each read before its target
        self.state = self.network.initial_state(1)
        if len(opening) > 1:
            with torch.no_grad():
                self.state = self.network.features(opening[None, :-1], self.state)[1]
        self.optimizer, self.optimizers = "", list[torch.optim.Optimizer]()
        self.losses: list[float] = []  # nats per token, before each step that was taken

    def take(self, optimizer: str, rate: float) -> None:
        """Take a step. The optimizer begins anew where it is another than the last step's. Raises LossNotFinite."""
        loss, _ = self._backward()
        self._update(optimizer, rate, loss)
        self.losses.append(loss)

    def open(
        self, optimizer: str, rate: float, position: int, entries: tuple[WeightEntry, ...] = (), epsilon: float = 1e-4
    ) -> Opened:
        """Return the next step with all its numbers, without taking it. Raises LossNotFinite.

        position: in the sentence, 0 ≤ position < T. entries: weights to follow; each is moved by ε to check its gradient.
        """
        loss, (embedded, features, logits) = self._backward()
        weights = dict(self.network.named_parameters())
        values = [float(weights[entry.name][entry.index].detach()) for entry in entries]
        gradients = [float(_slope(weights[entry.name])[entry.index]) for entry in entries]
        nudged = [self._nudge(weights[entry.name], entry, epsilon) for entry in entries]
        updated = self._copy()
        clipped = updated._update(optimizer, rate, loss)
        with torch.no_grad():
            after = updated._logits()[2][0]
        assert logits.grad is not None
        return Opened(
            embedded=embedded[0, position].detach().numpy(),
            features=features[0, position].detach().numpy(),
            logits=logits[0, position].detach().numpy().copy(),
            to_logits=logits.grad[0, position].numpy().copy(),
            logits_after=after[position].numpy().copy(),
            target=int(self.targets[position]),
            losses=self._losses(logits[0].detach()),
            losses_after=self._losses(after),
            norms={name: _norm(weight) for name, weight in weights.items()},
            norm=math.hypot(*(_norm(weight) for weight in weights.values())),
            clipped=clipped,
            followed=tuple(
                Followed(entry, value, gradient, difference, *updated._entry(entry))
                for entry, value, gradient, difference in zip(entries, values, gradients, nudged, strict=True)
            ),
        )

    def telling(self) -> tuple[WeightEntry, ...]:
        """Return three weights whose gradients are large in this sentence: of the embedding, of a matrix between, of the output.

        Where the output shares the embedding's matrix, the third is another entry of it; a family without a matrix between has two.
        """
        self._backward()
        weights = dict(self.network.named_parameters())
        embedding, between, output = roles(self.network)
        read = torch.zeros_like(weights[embedding])
        read[self.inputs.unique()] = 1
        found = [_largest(embedding, _slope(weights[embedding]) * read)]
        if between:  # the last that has a gradient: a recurrent matrix has none where one token is read from the state 0
            moved = [name for name in between if _norm(weights[name]) > 0] or between
            found.append(_largest(moved[-1], _slope(weights[moved[-1]])))
        rest = _slope(weights[output]).clone()
        if output == embedding:
            rest[found[0].index] = 0
        return (*found, _largest(output, rest))

    @property
    def nbytes(self) -> int:
        """What it holds in memory."""
        kept = [value for optimizer in self.optimizers for values in optimizer.state.values() for value in values.values()]
        tensors = [*self.network.parameters(), *(value for value in kept if torch.is_tensor(value))]
        return sum(tensor.nbytes for tensor in tensors)

    def _logits(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return (embedded rows (1, T, E), features (1, T, H), logits (1, T, V)). Each item of a text begins in the initial state."""
        begins = [] if self.begin_id is None else (self.inputs == self.begin_id).nonzero().flatten().tolist()
        state, features = self.state, []
        for part in torch.tensor_split(self.inputs, begins):
            if len(part):
                begun = int(part[0]) == self.begin_id
                read, state = self.network.features(part[None], self.network.initial_state(1) if begun else state)
                features.append(read)
        together = torch.cat(features, 1)
        return self.network.embedding.weight.detach()[self.inputs][None], together, self.network.output(together)

    def _backward(self) -> tuple[float, tuple[Tensor, Tensor, Tensor]]:
        """Return the mean loss and what led to it; the gradients stand in the network."""
        found = self._logits()
        found[2].retain_grad()
        self.network.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(found[2][0], self.targets).backward()
        return float(self._losses(found[2][0].detach()).mean()), found

    def _update(self, optimizer: str, rate: float, loss: float) -> float:
        """Change the weights by the gradients that stand in the network; return the factor by which they were clipped."""
        norm = math.hypot(*(_norm(weight) for weight in self.network.parameters()))
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise LossNotFinite(loss=loss, step=len(self.losses) + 1, learning_rate=rate, gradient_norm=norm)
        if optimizer != self.optimizer:
            self._remember_nothing(optimizer)
        limit = self.config.clipping if optimizer == self.config.optimizer else 0.0
        if limit:
            nn.utils.clip_grads_with_norm_(self.network.parameters(), limit, torch.tensor(norm))
        set_rate(self.optimizers, rate)
        for one in self.optimizers:
            one.step()
        return min(1.0, limit / (norm + 1e-6)) if limit else 1.0

    def _remember_nothing(self, optimizer: str) -> None:
        self.optimizer = optimizer
        self.optimizers = build_optimizers(replace(self.config, optimizer=optimizer), self.network)

    def _copy(self) -> "OpenedStep":
        """Return an independent copy with the gradients that stand in the network."""
        copied = copy.copy(self)
        copied.network, copied.losses = copy.deepcopy(self.network), list(self.losses)
        for own, weight in zip(self.network.parameters(), copied.network.parameters(), strict=True):
            weight.grad = None if own.grad is None else own.grad.clone()
        if self.optimizer:
            copied._remember_nothing(self.optimizer)
            for own_optimizer, optimizer in zip(self.optimizers, copied.optimizers, strict=True):
                optimizer.load_state_dict(copy.deepcopy(own_optimizer.state_dict()))
        return copied

    @torch.no_grad()
    def _nudge(self, weight: nn.Parameter, entry: WeightEntry, epsilon: float) -> Nudged:
        value, losses = weight[entry.index].clone(), []
        for moved in (value + epsilon, value - epsilon):
            weight[entry.index] = moved
            losses.append(nn.functional.cross_entropy(self._logits()[2][0], self.targets).item())
        weight[entry.index] = value
        return Nudged(epsilon, *losses)

    def _entry(self, entry: WeightEntry) -> tuple[dict[str, float], float]:
        """(what the optimizer remembers of a weight, its value)."""
        weight = dict(self.network.named_parameters())[entry.name]
        kept = next((one.state[weight] for one in self.optimizers if weight in one.state), {})
        tensors = {name: value for name, value in kept.items() if torch.is_tensor(value)}
        memory = {name: float(value[entry.index] if value.ndim else value) for name, value in tensors.items()}
        return memory, float(weight[entry.index].detach())

    def _losses(self, logits: Tensor) -> np.ndarray:
        return nn.functional.cross_entropy(logits, self.targets, reduction="none").numpy()


def random_model(config: RunConfig, model: NeuralLanguageModel) -> NeuralLanguageModel:
    """Return the model as the run began: the weights that its configuration and its seed give."""
    network = build_model(config.model, model.vocabulary_size, config.training.seed)
    return NeuralLanguageModel(network, model.opening, model.begin_id)


def roles(network: Network) -> tuple[str, list[str], str]:
    """Return the names of (the embedding, all matrices between, the output); the first is the last where they share their weights."""
    named = list(network.named_parameters())
    embedding = next(name for name, weight in named if weight is network.embedding.weight)
    output = next(name for name, weight in named if weight is network.output.weight)
    return embedding, [name for name, weight in named if weight.ndim == 2 and name not in (embedding, output)], output


def matrices(network: Network) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight matrix by its name."""
    return {name: tuple(weight.shape) for name, weight in network.named_parameters() if weight.ndim == 2}


def softmax(logits: np.ndarray) -> np.ndarray:
    """
    >>> softmax(np.log([1.0, 3.0])).round(2).tolist()
    [0.25, 0.75]
    """
    exponents = np.exp(logits - logits.max())
    return exponents / exponents.sum()


def _slope(weight: Tensor) -> Tensor:
    return torch.zeros_like(weight) if weight.grad is None else weight.grad


def _norm(weight: Tensor) -> float:
    return _slope(weight).norm().item()


def _largest(name: str, slopes: Tensor) -> WeightEntry:
    index = np.unravel_index(int(slopes.abs().argmax()), tuple(slopes.shape))
    return WeightEntry(name, tuple(int(number) for number in index))
