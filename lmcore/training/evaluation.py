"""The validation loss: how well a network predicts text it was not trained on, from the state training would give it."""

from dataclasses import dataclass

import numpy as np
import torch

from lmcore.inference.probability import TextSize
from lmcore.models.network import Network, State, evaluating
from lmcore.text.corpus import TokenData
from lmcore.training import losses
from lmcore.training.batches import IGNORED, ItemBatches

TOKENS_A_LANE = 512  # a stream is scored in lanes of at least this length, each primed with what stands before it
LENGTH = 64  # tokens a lane is read on at once
SOLVED = 1e-3  # nats per token: below it a network predicts all of the validation text, and differences say nothing


@dataclass(frozen=True)
class Evaluation:
    """The validation loss at one step."""

    loss: float | None  # nats per token; None where there is no validation text
    bits_per_byte: float | None  # None too where answers alone count: it would look better than that of a model of the whole text
    improved: bool  # the best so far


def is_best(loss: float, best: float) -> bool:
    """Return whether a validation loss is the best so far. best: that of the best step before. Of steps below SOLVED the last is the best:
    it has trained the longest, which helps with what the validation text does not ask.

    >>> is_best(1.2, 1.3), is_best(1.3, 1.3), is_best(0.0004, 0.0001)
    (True, False, True)
    """
    return loss < max(best, SOLVED)


def text_size(data: TokenData) -> TextSize:
    """Return what a loss on the validation text is charged by, in bits per byte."""
    return TextSize(data.validation_bytes, data.unknown_bytes, data.spacing_bits)


@torch.inference_mode()
def validation_nats(network: Network, data: TokenData) -> tuple[float, int]:
    """Return (total nats, tokens predicted) of the whole validation split."""
    with evaluating(network):
        return _stream_nats(network, data) if data.kind == "stream" else _item_nats(network, data)


def _stream_nats(network: Network, data: TokenData) -> tuple[float, int]:
    ids = np.concatenate([data.opening, data.validation]).astype(np.int64)
    opening, tokens = len(data.opening), len(data.validation)
    lanes = max(1, min(32, tokens // TOKENS_A_LANE))
    per_lane = -(-tokens // lanes)
    starts = opening + np.arange(lanes) * per_lane  # the first token each lane predicts
    total, state = 0.0, network.initial_state(lanes)
    first = starts - opening  # primed with as many tokens as any context begins with
    for offset in range(0, opening + per_lane - 1, LENGTH):
        width = min(LENGTH, opening + per_lane - 1 - offset)
        positions = first[:, None] + offset + np.arange(width)
        targets = ids.take(positions + 1, mode="clip")
        ends = np.minimum(starts + per_lane, len(ids))
        counted = (positions + 1 >= starts[:, None]) & (positions + 1 < ends[:, None])
        nats, state = _nats(network, ids.take(positions, mode="clip"), np.where(counted, targets, IGNORED), state)
        total += nats
    return total, tokens


def _item_nats(network: Network, data: TokenData) -> tuple[float, int]:
    items = ItemBatches(data.validation, int(data.opening[0]), 64, LENGTH, seed=None, counted=data.validation_counted)
    total, state = 0.0, network.initial_state(items.lanes)
    items.at(0)
    for step in range(items.rows):
        batch = items.at(step)
        nats, state = _nats(network, batch.inputs, batch.targets, network.reset(state, torch.from_numpy(batch.reset)))
        total += nats
    return total, items.tokens_per_epoch


def _nats(network: Network, inputs: np.ndarray, targets: np.ndarray, state: State) -> tuple[float, State]:
    features, state = network.features(torch.from_numpy(inputs), state)
    return losses.total_nats(features, network.output, torch.from_numpy(targets)).item(), state
