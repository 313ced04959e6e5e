"""What each unit of a network holds while it reads a text: its values, an order in which like units stand together, what it follows.

What a text says about its tokens is `labels`; what happens without a unit is `ablation`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from lmcore.inspection.labels import Label
from lmcore.models.neural import NeuralLanguageModel

PIECE = 256  # tokens read at once
SHIFTS = 20  # of a label, as a control
MULTIPLICATIONS = 800_000_000  # to read a text: about half a second
MOST, FEWEST = 3_000, 100  # tokens of it


@dataclass(frozen=True)
class Followed:
    """How well units follow a label, the best first.

    control: of the label moved along the text, SHIFTS times by another distance, the highest |correlation| that any unit has with it:
    what the best of all units reaches where there is nothing to follow.
    """

    label: Label
    units: list[int]  # flat: layer * H + unit
    correlations: np.ndarray  # of these units
    control: np.ndarray  # (SHIFTS,)

    @property
    def beyond_chance(self) -> bool:
        """Whether the best unit follows the label more closely than any unit follows a label that was moved."""
        return bool(abs(self.correlations[0]) > self.control.max())


def pieces(model: NeuralLanguageModel, ids: np.ndarray) -> Iterator[dict[str, np.ndarray]]:
    """Yield `Network.internals` of a context, (t, layers, units) by name, T tokens in all; a begin token resets the state. ids: (T,)."""
    network, ids = model.network, np.array(ids, dtype=np.int64)
    begins = np.flatnonzero(ids == model.begin_id) if model.begin_id is not None else []
    for item in np.split(ids, begins):
        state = network.initial_state(1) if len(item) and item[0] == model.begin_id else model.start()[1]
        for begin in range(0, len(item), PIECE):
            piece = item[begin : begin + PIECE]
            yield network.internals(piece, state)
            if begin + PIECE < len(item):
                with torch.inference_mode():
                    state = network.features(torch.from_numpy(piece)[None], state)[1]


def read(model: NeuralLanguageModel, ids: np.ndarray) -> dict[str, np.ndarray]:
    """Return all of `pieces` in one, (T, layers, units) by name. T ≥ 1."""
    found = list(pieces(model, ids))
    return {name: np.concatenate([one[name] for one in found]) for name in found[0]}


def affordable(model: NeuralLanguageModel) -> int:
    """Return how many tokens are read in about half a second."""
    tables = model.network.embedding.weight.numel() + model.network.output.weight.numel()
    weights = sum(parameter.numel() for parameter in model.network.parameters()) - tables
    return int(np.clip(MULTIPLICATIONS // max(1, weights), FEWEST, MOST))


def order(values: np.ndarray) -> np.ndarray:
    """Return the units in an order in which those that rise and fall together stand together. values: (T, units).

    By their angle in the plane of the first two principal components of the standardised units (Friendly, 2002, does so with variables):
    the angle between two units is small where they rise together, near 180° where one falls as the other rises. Units that do not
    change come last.

    >>> order(np.array([[0.0, 1.0, 0.1, 0.5], [1.0, 0.0, 0.9, 0.5], [0.2, 0.8, 0.2, 0.5]])).tolist()
    [0, 2, 1, 3]
    """
    standard = _standard(values)
    changing = np.flatnonzero(standard.any(axis=0))
    if len(changing) < 3 or len(values) < 3:
        return np.concatenate([changing, np.flatnonzero(~standard.any(axis=0))])
    _, vectors = np.linalg.eigh(standard @ standard.T)  # (T, T): a text is shorter than a network is wide
    axes = vectors[:, :-3:-1] * np.where(vectors.sum(axis=0) < 0, -1, 1)[:-3:-1]
    x, y = (standard.T @ axes)[changing].T.round(9) + 0.0
    angles = np.arctan2(y, x)
    around = np.argsort(angles, kind="stable")
    gaps = np.diff(angles[around], append=angles[around[0]] + 2 * np.pi)
    around = np.roll(around, -1 - int(gaps.argmax()))  # the circle is opened where it is emptiest
    return np.concatenate([changing[around], np.flatnonzero(~standard.any(axis=0))])


def correlations(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return Pearson's r of each unit with each label, (labels, units); 0 where one of the two does not change.

    values: (T, units), labels: (labels, T).
    """
    return (_standard(labels.T).T @ _standard(values)).clip(-1, 1)


def follow(values: np.ndarray, label: Label, count: int = 10, seed: int = 1) -> Followed:
    """Return the units that follow a label best. values: (T, units), T ≥ 2; the same seed moves the label by the same distances."""
    total = len(values)
    distances = np.random.default_rng(seed).integers(total // 10 + 1, max(total - total // 10, total // 10 + 2), SHIFTS)
    moved = np.stack([np.roll(label.values, distance) for distance in distances])
    found = correlations(values, np.concatenate([label.values[None], moved]))
    best = np.argsort(-np.abs(found[0]), kind="stable")[:count]
    return Followed(label, best.tolist(), found[0, best], np.abs(found[1:]).max(axis=1))


def extremes(curve: np.ndarray, count: int, apart: int) -> tuple[list[int], list[int]]:
    """Return (the positions where a curve is highest, where it is lowest), the most extreme first, at least `apart` positions apart.

    >>> extremes(np.array([0.0, 3.0, 2.9, 0.5, 1.0]), count=2, apart=2)
    ([1, 4], [0, 3])
    """
    return _highest(curve, count, apart), _highest(-curve, count, apart)


def _highest(curve: np.ndarray, count: int, apart: int) -> list[int]:
    kept: list[int] = []
    for position in np.argsort(-curve, kind="stable").tolist():
        if len(kept) == count:
            break
        if all(abs(position - other) >= apart for other in kept):
            kept.append(position)
    return kept


def _standard(values: np.ndarray) -> np.ndarray:
    """Return columns of mean 0 and length 1; 0 where nothing changes. values: (T, columns)."""
    centred = np.asarray(values, dtype=float)
    centred = centred - centred.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=0)
    constant = np.ptp(values, axis=0) == 0
    return np.where(constant, 0.0, centred / np.where(constant, 1.0, lengths))
