"""Knocking out units: how much worse a network predicts held-out text without them, beside random sets of the same size.

Without such a control any knock-out looks meaningful (Lakretz et al., 2019). What a unit holds is `states`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from lmcore.models.network import Network
from lmcore.text.corpus import TokenData
from lmcore.training import losses
from lmcore.training.batches import IGNORED

CONTROLS = 20  # random sets
MOST_UNITS = 5
MOST, FEWEST = 5_000, 300  # held-out tokens that are predicted
MULTIPLICATIONS = 5_000_000_000  # to read them once: some 100 ms
LANES, PRIMED = 20, 50  # of running text: lanes side by side, and the tokens each reads before it is measured
CUTS = 12  # how often lanes that have ended are left out

Unit = tuple[int, int]  # (layer, unit)


@dataclass(frozen=True)
class Lanes:
    """Held-out text side by side: each lane begins from the initial state, the longest first. inputs, targets: (N, T), IGNORED where nothing counts."""

    inputs: np.ndarray
    targets: np.ndarray
    lengths: np.ndarray  # (N,) tokens read

    @property
    def tokens(self) -> int:
        """How many are predicted."""
        return int((self.targets != IGNORED).sum())


@dataclass(frozen=True)
class Effect:
    """Losses in nats per token: of the whole network, without the chosen units, without each random set."""

    before: float
    after: float
    controls: np.ndarray  # (CONTROLS,), or none where there are no other units to draw from
    sets: list[list[Unit]]  # the random ones
    tokens: int

    @property
    def outside(self) -> bool:
        """Whether the chosen units do more harm, or more good, than every random set: by chance alone, 2 times in 21."""
        return bool(len(self.controls)) and not self.controls.min() <= self.after <= self.controls.max()


def affordable(network: Network) -> int:
    """Return how many held-out tokens are measured: fewer where a network is large."""
    weights = sum(parameter.numel() for parameter in network.parameters())
    if network.output.weight is not network.embedding.weight:
        weights -= network.embedding.weight.numel()
    return int(np.clip(MULTIPLICATIONS // weights, FEWEST, MOST))


def lanes(data: TokenData, most: int) -> Lanes:
    """Return held-out text, at most about `most` tokens of it, as lanes. data: with a validation split.

    Items are a lane each. Running text is cut into LANES lanes, and each reads the PRIMED tokens before it first.
    """
    rows: list[tuple[np.ndarray, int]] = []  # (ids, how many of the first targets do not count)
    ids = data.validation.astype(np.int64)
    if data.kind == "stream":
        primed = np.concatenate([data.opening[-PRIMED:].astype(np.int64), ids[:most]])
        before = len(primed) - len(ids[:most])
        for begin, end in pairwise(np.linspace(before, len(primed), LANES + 1).astype(int)):
            first = max(0, begin - PRIMED)
            rows.append((primed[first:end], max(0, begin - first - 1)))
    else:
        for begin, end in pairwise(np.flatnonzero(ids == data.opening[0])):
            if begin + 1 > most and rows:
                break
            rows.append((ids[begin : min(end + 1, begin + most + 1)], 0))
    rows = sorted((row for row in rows if len(row[0]) > row[1] + 1), key=lambda row: -len(row[0]))
    lengths = np.array([len(row) - 1 for row, _ in rows])
    inputs = np.zeros((len(rows), lengths.max()), dtype=np.int64)
    targets = np.full_like(inputs, IGNORED)
    for lane, (row, uncounted) in enumerate(rows):
        inputs[lane, : len(row) - 1] = row[:-1]
        targets[lane, uncounted : len(row) - 1] = row[1 + uncounted :]
    return Lanes(inputs, targets, lengths)


@torch.inference_mode()
def loss(network: Network, held_out: Lanes) -> float:
    """Return the mean loss of held-out text, nats per token."""
    total, state = 0.0, network.initial_state(len(held_out.inputs))
    cuts = np.unique(np.quantile(held_out.lengths, np.linspace(0, 1, CUTS), method="nearest"))
    for begin, end in pairwise([0, *cuts.tolist()]):
        reading = int((held_out.lengths > begin).sum())  # lanes that have not ended
        state = tuple(part[:, :reading].contiguous() for part in state)
        inputs, targets = (torch.from_numpy(part[:reading, begin:end]) for part in (held_out.inputs, held_out.targets))
        features, state = network.features(inputs, state)
        counted = targets != IGNORED
        if counted.any():
            total += float(losses.total_nats(features[counted][None], network.output, targets[counted][None]))
    return total / held_out.tokens


def random_sets(chosen: Sequence[Unit], units: int, seed: int = 1) -> list[list[Unit]]:
    """Return CONTROLS sets with as many units of each layer as the chosen set has, none of them chosen; none where a layer has too few.

    units: of a layer.

    >>> random_sets([(0, 1), (1, 0)], units=2)[0]
    [(0, 0), (1, 1)]
    """
    numbers = np.random.default_rng(seed)
    others = {layer: [unit for unit in range(units) if (layer, unit) not in chosen] for layer, _ in chosen}
    wanted = {layer: sum(layer == other for other, _ in chosen) for layer in others}
    if any(wanted[layer] > len(others[layer]) for layer in others):
        return []
    return [
        [(layer, int(unit)) for layer in others for unit in numbers.choice(others[layer], wanted[layer], replace=False)]
        for _ in range(CONTROLS)
    ]


def knock_out(
    network: Network,
    chosen: Sequence[Unit],
    units: int,
    held_out: Lanes,
    on_progress: Callable[[float], None] = lambda share: None,
    seed: int = 1,
) -> Effect:
    """Return the losses of held-out text with and without units, and without random ones. on_progress: called with the share done.

    chosen: one unit at least; units: of a layer.
    """
    sets = random_sets(chosen, units, seed)
    found = [loss(network, held_out)]
    for number, one in enumerate([list(chosen), *sets]):
        found.append(loss(network.without_units(one), held_out))
        on_progress((number + 1) / (len(sets) + 1))
    return Effect(found[0], found[1], np.array(found[2:]), sets, held_out.tokens)
