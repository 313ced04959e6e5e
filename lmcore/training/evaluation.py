"""The validation loss: how well a network predicts text it was not trained on, from the state training would give it."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from lmcore.models.network import Network, State
from lmcore.text.corpus import TokenData
from lmcore.training import losses
from lmcore.training.batches import IGNORED, ItemBatches

TOKENS_A_LANE = 512  # a stream is scored in lanes of at least so many tokens, each primed with what stands before it
LENGTH = 64  # tokens a lane is read on at once


@dataclass(frozen=True)
class Evaluation:
    loss: float | None  # nats per token; None where there is no validation text
    bits_per_byte: float | None
    improved: bool  # the best so far


def bits_per_byte(total_nats: float, data: TokenData) -> float:
    """Total bits over UTF-8 bytes of the same text: of its tokens, of what they do not say (`beside_tokens`).

    The one measure that stays comparable when tokenizers differ: all that is needed to write the text down exactly is charged.
    """
    return total_nats / math.log(2) / data.validation_bytes + sum(beside_tokens(data))


def beside_tokens(data: TokenData) -> tuple[float, float]:
    """(spelling of unknown words, spacing), bits per byte of the validation text: the same for every model of this tokenizer.

    Unknown words are charged 8 bits a byte and nothing for their end: without control characters, the words of n bytes of UTF-8
    are so few that Σ 2^-8n over all words is below 1 (Kraft, 1949). Spaces cost what the table of `spacing` gives them.
    """
    return 8 * data.unknown_bytes / data.validation_bytes, data.spacing_bits / data.validation_bytes


@torch.inference_mode()
def validation_nats(network: Network, data: TokenData) -> tuple[float, int]:
    """(total nats, tokens predicted) of the whole validation split."""
    was_training = network.training
    network.eval()
    try:
        if data.kind == "stream":
            return _stream_nats(network, data)
        return _item_nats(network, data)
    finally:
        network.train(was_training)


def _stream_nats(network: Network, data: TokenData) -> tuple[float, int]:
    ids = np.concatenate([data.opening, data.validation]).astype(np.int64)
    opening, tokens = len(data.opening), len(data.validation)
    lanes = max(1, min(32, tokens // TOKENS_A_LANE))
    per_lane = -(-tokens // lanes)
    starts = opening + np.arange(lanes) * per_lane  # the first token each lane predicts
    total, state = 0.0, network.initial_state(lanes)
    first = starts - opening  # primed with as many tokens as a fresh context has
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
    items = ItemBatches(data.validation, int(data.opening[0]), batch_size=64, sequence_length=LENGTH, seed=None)
    total, state = 0.0, network.initial_state(items.lanes)
    items.at(0)
    for step in range(items.rows):
        batch = items.at(step)
        nats, state = _nats(network, batch.inputs, batch.targets, network.reset(state, torch.from_numpy(batch.fresh)))
        total += nats
    return total, items.tokens_per_epoch


def _nats(network: Network, inputs: np.ndarray, targets: np.ndarray, state: State) -> tuple[float, State]:
    features, state = network.features(torch.from_numpy(inputs), state)
    return losses.total_nats(features, network.output, torch.from_numpy(targets)).item(), state
