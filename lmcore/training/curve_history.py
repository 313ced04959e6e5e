"""The curve of a run as arrays, smoothed and thinned to what a chart can show. Needs NumPy alone.

What the curve means is `diagnosis`; the steps and evaluations of a run are kept by `runs.store`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

POINTS = 2_000  # of a thinned curve


@dataclass(frozen=True)
class CurveHistory:
    """One run's curve: each array of its steps (N,), and of its evaluations (M,); NaN where there is no value."""

    step: np.ndarray
    tokens: np.ndarray
    seconds: np.ndarray
    loss: np.ndarray  # nats per token
    evaluated: np.ndarray  # steps
    validation_loss: np.ndarray  # nats per token
    bits_per_byte: np.ndarray

    @classmethod
    def of(cls, steps: Any, evaluations: list) -> "CurveHistory":
        """Return the history of a run. steps: an object with the arrays step, tokens, seconds and loss; evaluations: objects with step, loss and bits_per_byte."""
        columns = ([getattr(row, name) for row in evaluations] for name in ("step", "loss", "bits_per_byte"))
        return cls(steps.step, steps.tokens, steps.seconds, steps.loss, *(np.array(column, dtype=float) for column in columns))

    def training(self, axis: str, smoothing: float) -> tuple[np.ndarray, np.ndarray]:
        """Return (x, y) of the smoothed training loss, thinned. axis: step, tokens or seconds."""
        smooth = smoothed(self.loss, smoothing)
        kept = thin(smooth)
        return getattr(self, axis)[kept], smooth[kept]

    def validation(self, axis: str, unit: str) -> tuple[np.ndarray, np.ndarray]:
        """Return (x, y) of the evaluations that have a value. unit: validation_loss or bits_per_byte."""
        values = getattr(self, unit)
        known = np.isfinite(values)
        return self.position(axis)[known], values[known]

    def position(self, axis: str) -> np.ndarray:
        """Return where the evaluations lie on an axis, (M,): in steps, tokens or seconds."""
        if axis == "step" or not len(self.step):
            return self.evaluated
        return np.interp(self.evaluated, self.step, getattr(self, axis), left=0)


def smoothed(values: np.ndarray, share: float) -> np.ndarray:
    """Return the exponential mean of a curve: Σ share^i x_{t-i} / Σ share^i, i from 0 to t; at a NaN the mean before it. (N,) -> (N,)

    >>> smoothed(np.array([4.0, 2.0]), 0.5).round(3).tolist()
    [4.0, 2.667]
    """
    found, mean, weight = [], np.nan, 0.0
    for value in values.tolist():
        weight *= share
        if value == value:  # NaN is not
            mean = (weight * mean + value) / (weight + 1) if weight else value
            weight += 1
        found.append(mean)
    return np.array(found)


def thin(values: np.ndarray, limit: int = POINTS) -> np.ndarray:
    """Return the indices (K,), K ≤ limit, of points that draw the same curve.

    They are the first, the last, and the lowest and highest of equal intervals between, in order. NaNs are left out.

    >>> thin(np.array([5.0, 1.0, 9.0, 4.0, 7.0, 2.0, 8.0, 3.0]), limit=6).tolist()
    [0, 1, 2, 5, 6, 7]
    """
    if len(values) <= limit:
        return np.arange(len(values))
    kept = {0, len(values) - 1}
    for interval in np.array_split(np.arange(1, len(values) - 1), max(1, (limit - 2) // 2)):
        if np.isfinite(values[interval]).any():
            kept |= {int(interval[np.nanargmin(values[interval])]), int(interval[np.nanargmax(values[interval])])}
    return np.array(sorted(kept))
