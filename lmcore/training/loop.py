"""The training loop: an iterator of step events. It knows no file, screen or process; to stop training, stop iterating.

Preprocessing is `corpus` and `tokenizers`; what a run keeps on disk is `checkpoint`; sizes that fit the text are `planning`.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from lmcore.config import TrainingConfig
from lmcore.errors import LossNotFinite
from lmcore.models.network import Network, State
from lmcore.processor import has_bfloat16, threads
from lmcore.text.corpus import TokenData
from lmcore.training import losses
from lmcore.training.batches import Batch, ItemBatches, StreamBatches
from lmcore.training.evaluation import SOLVED, Evaluation, is_best, text_size, validation_nats
from lmcore.training.optimizers import build_optimizers, schedule_factor, set_rate

PATIENCE = 5  # evaluations without a new best before the rate falls
RATE_CUTS = 3  # how often it is lowered before the run ends
CUT = 0.3
EXPLODED = 20  # steps in a row, after which training does not come back from a rate too high


class StopTraining(Exception):
    """Raised by a callback to end training after this step; the steps so far count."""


@dataclass(frozen=True)
class StepEvent:
    """What `fit` yields after each step.

    >>> event = StepEvent(step=1, epoch=0.5, tokens=64, loss=2.3, learning_rate=0.02, gradient_norm=0.7, seconds=0.1, tokens_per_second=640.0)
    >>> event.step, event.loss, event.evaluation is None
    (1, 2.3, True)
    """

    step: int  # the first is 1
    epoch: float  # times the training text has been read
    tokens: int  # tokens trained on so far
    loss: float  # nats per token, of this batch before its update
    learning_rate: float
    gradient_norm: float  # before clipping
    seconds: float  # spent in training so far
    tokens_per_second: float
    evaluation: Evaluation | None = None


@dataclass(frozen=True)
class StepTrace:
    """A step before its update; the gradients stand in the network."""

    batch: Batch
    loss: float  # nats per token
    norm: float  # of all gradients as one vector, before clipping
    learning_rate: float
    hidden: State  # after the batch
    random_state: torch.Tensor  # after what was drawn


class TrainingState:
    """All that a run carries from step to step: with it, the network and the data, training goes on exactly as it would have.

    It has one owner, who may change the learning rate and save it between two steps.
    """

    def __init__(self, network: Network, data: TokenData, config: TrainingConfig) -> None:
        self.config = config
        self.optimizers = build_optimizers(config, network)
        self.batches = batches(data, config)
        self.loss = losses.exact
        if config.loss == "sampled":
            self.loss = losses.Sampled(np.bincount(data.train, minlength=network.output.out_features))
        self.hidden = network.initial_state(self.batches.lanes)
        self.step = 0
        self.tokens = 0
        self.seconds = 0.0
        self.random_state = torch.Generator().manual_seed(config.seed).get_state()
        self.learning_rates: list[tuple[int, float]] = [(0, config.learning_rate)]  # (after this step, base rate)
        self.best_loss = math.inf
        self.best_step = 0
        self.waited = 0  # evaluations since the best, or since the last cut
        self.cuts = 0
        self.exploding = 0  # steps in a row with a loss far above guessing

    def change_learning_rate(self, rate: float) -> None:
        """Set a new base rate, from which the schedule goes on at the next step."""
        self.learning_rates.append((self.step, rate))

    @property
    def finished(self) -> bool:
        """Whether all planned steps are done, or the rate of a plateau run has been lowered for the last time."""
        return self.step >= self.config.planned_steps or self.cuts > RATE_CUTS


def batches(data: TokenData, config: TrainingConfig) -> StreamBatches | ItemBatches:
    """Return the endless sequence of batches that fits the kind of the text.

    Raises ValueError where the data was encoded for another `loss_on` than the configuration's.
    """
    if (config.loss_on == "answer") != (data.train_counted is not None):
        raise ValueError("configuration and data must agree on which tokens count: see `corpus.encode`")
    if data.kind == "stream":
        return StreamBatches(data.train, config.batch_size, config.sequence_length)
    return ItemBatches(
        data.train, int(data.opening[0]), config.batch_size, config.sequence_length, config.seed, data.train_counted
    )


def fit(network: Network, data: TokenData, config: TrainingConfig, state: TrainingState | None = None) -> Iterator[StepEvent]:
    """Yield a `StepEvent` after each step: forward, loss, backward, clip, update. The network is trained in place.

    Truncated back-propagation through time: the hidden state is carried from one batch to the next, its gradient is not.
    config is resolved (`planning.resolve`). The last event's evaluation is that of the final network. Raises LossNotFinite.

    >>> from lmcore.config import ModelConfig
    >>> from lmcore.models import build_model
    >>> ids = np.tile(np.array([0, 1, 2, 3], dtype=np.uint8), 100)
    >>> data = TokenData("stream", train=ids, validation=ids[:0], validation_bytes=0, unknown_bytes=0, opening=ids[-4:])
    >>> config = TrainingConfig(stop="steps", stop_after=5.0, planned_steps=5, evaluation_interval=5, batch_size=2, sequence_length=8)
    >>> events = list(fit(build_model(ModelConfig(hidden_size=16), vocabulary_size=4), data, config))
    >>> [event.step for event in events], events[-1].loss < events[0].loss
    ([1, 2, 3, 4, 5], True)
    """
    state = state or TrainingState(network, data, config)
    network.train()
    while not state.finished:
        with threads(config.threads):
            began = time.perf_counter()
            trace = take_step(network, state)
            trained = time.perf_counter()
            evaluation = evaluate(network, data, state) if is_evaluation_step(config, state.step) else None
            state.seconds += time.perf_counter() - began
        yield StepEvent(
            step=state.step,
            epoch=state.tokens / state.batches.tokens_per_epoch,
            tokens=state.tokens,
            loss=trace.loss,
            learning_rate=trace.learning_rate,
            gradient_norm=trace.norm,
            seconds=state.seconds,
            tokens_per_second=trace.batch.tokens / (trained - began),
            evaluation=evaluation,
        )


def take_step(network: Network, state: TrainingState) -> StepTrace:
    """Train on the next batch. Raises LossNotFinite, as `update`."""
    trace = forward_backward(network, state)
    update(network, state, trace)
    return trace


def forward_backward(network: Network, state: TrainingState) -> StepTrace:
    """Compute the loss of the next batch and its gradients, which stand in the network afterwards. Weights and `state` are not changed.

    What is drawn (dropout, resets, negatives) comes from the run's own random numbers.
    """
    batch, config = state.batches.at(state.step), state.config
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(state.random_state)
        lanes = torch.from_numpy(batch.reset)
        if config.state_resets:
            lanes = lanes | (torch.rand(len(lanes)) < config.state_resets)
        with precision(config):
            features, hidden = network.features(torch.from_numpy(batch.inputs), network.reset(state.hidden, lanes))
        loss = state.loss(features, network.output, torch.from_numpy(batch.targets))
        random_state = torch.get_rng_state()
    network.zero_grad(set_to_none=True)
    loss.backward()
    return StepTrace(
        batch=batch,
        loss=loss.item(),
        norm=nn.utils.get_total_norm(weight.grad for weight in network.parameters()).item(),
        learning_rate=state.learning_rates[-1][1] * schedule_factor(config, state.step + 1),
        hidden=tuple(part.detach() for part in hidden),
        random_state=random_state,
    )


def update(network: Network, state: TrainingState, trace: StepTrace) -> None:
    """Change the weights by the gradients that stand in the network, and move `state` one step on.

    Raises LossNotFinite before any weight is changed, with the learning rate that was set: where loss or gradient is not finite, or
    where the loss has stayed far above ln V, that of guessing, for EXPLODED steps.
    """
    config = state.config
    state.exploding = state.exploding + 1 if trace.loss > 2 * math.log(network.output.out_features) + 5 else 0
    if not (math.isfinite(trace.loss) and math.isfinite(trace.norm)) or state.exploding >= EXPLODED:
        rate = state.learning_rates[-1][1]
        raise LossNotFinite(loss=trace.loss, step=state.step + 1, learning_rate=rate, gradient_norm=trace.norm)
    if config.clipping:
        nn.utils.clip_grads_with_norm_(network.parameters(), config.clipping, torch.tensor(trace.norm))
    set_rate(state.optimizers, trace.learning_rate)
    for optimizer in state.optimizers:
        optimizer.step()
    state.hidden, state.random_state = trace.hidden, trace.random_state
    state.step += 1
    state.tokens += trace.batch.tokens


def precision(config: TrainingConfig) -> torch.autocast:
    """Compute products of matrices in bfloat16, sums and weights in float32 (Kalamkar et al., 2019), where the run is so configured and
    this processor can; else all in float32."""
    return torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bfloat16" and has_bfloat16())


def evaluate(network: Network, data: TokenData, state: TrainingState) -> Evaluation:
    """Return the validation loss now; update the best one, and lower the rate of a plateau run that has stopped improving."""
    found = look(network, data, state.config)
    if found.loss is None:
        return found
    improved = is_best(found.loss, state.best_loss)
    state.waited = 0 if improved and state.best_loss >= SOLVED else state.waited + 1
    if improved:
        state.best_loss, state.best_step = found.loss, state.step
    if state.config.stop == "plateau" and state.waited >= PATIENCE:
        state.waited, state.cuts = 0, state.cuts + 1
        state.change_learning_rate(state.learning_rates[-1][1] * CUT)
    return replace(found, improved=improved)


def look(network: Network, data: TokenData, config: TrainingConfig) -> Evaluation:
    """Return the validation loss now; training goes on as if it had not been computed."""
    if not data.has_validation:
        return Evaluation(loss=None, bits_per_byte=None, improved=False)
    with precision(config):
        nats, tokens = validation_nats(network, data)
    of_bytes = None if data.validation_counted is not None else text_size(data).bits_per_byte(nats)  # prompts are not predicted
    return Evaluation(nats / tokens, of_bytes, improved=False)


def is_evaluation_step(config: TrainingConfig, step: int) -> bool:
    """Return whether to evaluate after a step: the second, an eighth, a quarter and half of the first interval, then at each interval, and at the end.

    Not at the first, which a page waits for. Where evaluations take long, the first interval is the whole run, and there is none at
    its eighth; where they take longer still, the interval is longer than the run, and only the second step and the end are left.
    """
    interval, planned = config.evaluation_interval, config.planned_steps
    parts = (2, 4, 8) if interval < planned else (2, 4) if interval == planned else ()
    return step in (2, planned) or step % interval == 0 or step in [interval // part for part in parts]
