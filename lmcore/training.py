"""The training loop: an iterator of step events. It knows no file, no screen and no process; stopping is ceasing to iterate.

Preprocessing is `corpus` and `tokenizers`; what a run keeps on disk is `checkpoint`; sizes that fit the text are `planning`.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from lmcore.batches import IGNORED, ItemBatches, StreamBatches
from lmcore.config import TrainingConfig
from lmcore.corpus import TokenData
from lmcore.errors import LossNotFinite
from lmcore.evaluation import Evaluation, bits_per_byte, reset, validation_nats
from lmcore.optimizers import build_optimizer, schedule_factor

PATIENCE = 5  # evaluations without a new best before the rate falls
RATE_CUTS = 3  # so often it falls before the run ends
CUT = 0.3


class StopTraining(Exception):
    """Raised by a callback to end the run politely."""


@dataclass(frozen=True)
class StepEvent:
    step: int  # the first is 1
    epoch: float  # times the training text has been read
    tokens: int  # tokens trained on so far
    loss: float  # nats per token, of this batch before its update
    learning_rate: float
    gradient_norm: float  # before clipping
    seconds: float  # spent in training so far
    tokens_per_second: float
    evaluation: Evaluation | None = None


class TrainingState:
    """All that a run carries from step to step: with it, the network and the data, training goes on exactly as it would have.

    It has one owner, who may change the learning rate and save it between two steps.
    """

    def __init__(self, network: nn.Module, data: TokenData, config: TrainingConfig):
        self.config = config
        self.optimizer = build_optimizer(config, network.parameters())
        self.batches = batches(data, config)
        self.hidden = None
        self.step = 0
        self.tokens = 0
        self.seconds = 0.0
        self.random_state = torch.Generator().manual_seed(config.seed).get_state()
        self.learning_rates: list[tuple[int, float]] = [(0, config.learning_rate)]  # (after this step, base rate)
        self.best_loss = math.inf
        self.best_step = 0
        self.waited = 0  # evaluations since the best, or since the last cut
        self.cuts = 0

    def change_learning_rate(self, rate: float):
        """The schedule goes on, from a new base rate, at the next step."""
        self.learning_rates.append((self.step, rate))

    @property
    def finished(self) -> bool:
        return self.step >= self.config.planned_steps or self.cuts > RATE_CUTS


def batches(data: TokenData, config: TrainingConfig):
    if data.kind == "stream":
        return StreamBatches(data.train, config.batch_size, config.sequence_length)
    return ItemBatches(data.train, int(data.opening[0]), config.batch_size, config.sequence_length, config.seed)


def fit(network: nn.Module, data: TokenData, config: TrainingConfig, state: TrainingState | None = None) -> Iterator[StepEvent]:
    """Train step by step: forward, loss, backward, clip, update. Truncated back-propagation through time: the hidden state
    is carried from one stretch to the next, its gradient is not.

    config is resolved (`planning.resolve`). The last event's evaluation is that of the final network.
    """
    state = state or TrainingState(network, data, config)
    network.train()
    while not state.finished:
        began = time.perf_counter()
        loss, rate, norm, tokens = take_step(network, state)
        trained = time.perf_counter()
        evaluation = evaluate(network, data, state) if is_evaluation_step(config, state.step) else None
        state.seconds += time.perf_counter() - began
        yield StepEvent(
            step=state.step,
            epoch=state.tokens / state.batches.tokens_per_epoch,
            tokens=state.tokens,
            loss=loss,
            learning_rate=rate,
            gradient_norm=norm,
            seconds=state.seconds,
            tokens_per_second=tokens / (trained - began),
            evaluation=evaluation,
        )


def train(
    network: nn.Module, data: TokenData, config: TrainingConfig, callbacks: list[Callable[[StepEvent], None]] = ()
) -> StepEvent | None:
    """Run `fit` to its end, handing each event to each callback; the last event is returned."""
    event = None
    try:
        for event in fit(network, data, config):
            for callback in callbacks:
                callback(event)
    except StopTraining:
        pass
    return event


def take_step(network: nn.Module, state: TrainingState) -> tuple[float, float, float, int]:
    """One update -> (loss, learning rate, gradient norm, tokens). Raises LossNotFinite before any weight is spoilt."""
    config, optimizer = state.config, state.optimizer
    batch = state.batches.at(state.step)
    rate = state.learning_rates[-1][1] * schedule_factor(config, state.step + 1)
    for group in optimizer.param_groups:
        group["lr"] = rate
    with torch.random.fork_rng(devices=[]):  # dropout draws from the run's own random numbers
        torch.set_rng_state(state.random_state)
        logits, hidden = network(torch.from_numpy(batch.inputs), reset(state.hidden, batch))
        state.random_state = torch.get_rng_state()
    loss = functional.cross_entropy(logits.flatten(0, 1), torch.from_numpy(batch.targets).flatten(), ignore_index=IGNORED)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(network.parameters(), config.clipping or math.inf).item()
    value = loss.item()
    if not (math.isfinite(value) and math.isfinite(norm)):
        raise LossNotFinite(loss=value, step=state.step + 1, learning_rate=rate, gradient_norm=norm)
    optimizer.step()
    state.hidden = tuple(part.detach() for part in hidden) if isinstance(hidden, tuple) else hidden.detach()
    state.step += 1
    state.tokens += batch.tokens
    return value, rate, norm, batch.tokens


def evaluate(network: nn.Module, data: TokenData, state: TrainingState) -> Evaluation:
    """The validation loss now; keeps count of the best, and lowers the rate of a plateau run that has stopped improving."""
    if not data.has_validation:
        return Evaluation(loss=None, bits_per_byte=None, improved=False)
    nats, tokens = validation_nats(network, data)
    loss = nats / tokens
    if improved := loss < state.best_loss:
        state.best_loss, state.best_step, state.waited = loss, state.step, 0
    else:
        state.waited += 1
    if state.config.stop == "plateau" and state.waited >= PATIENCE:
        state.waited, state.cuts = 0, state.cuts + 1
        state.change_learning_rate(state.learning_rates[-1][1] * CUT)
    return Evaluation(loss, bits_per_byte(nats, data), improved)


def is_evaluation_step(config: TrainingConfig, step: int) -> bool:
    """At the first step, at an eighth, a quarter and half of the interval, then at each interval, and at the end."""
    interval = config.evaluation_interval
    return (
        step == 1 or step % interval == 0 or step == config.planned_steps or step in (interval // 8, interval // 4, interval // 2)
    )
