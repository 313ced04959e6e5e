"""A law for how a loss falls: L = E + A / x^α, of x parameters or x tokens (Kaplan et al., 2020; Hoffmann et al., 2022).

For each α the best E and A are a linear least squares problem; α is found by going through a grid of them. What fits about as well as
the best is its uncertainty.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lmcore.errors import LawUndetermined, LossDoesNotFall, TooFewPoints

FEWEST = 5  # different sizes: three unknowns, and two points that could speak against them
EXPONENTS = np.geomspace(0.01, 3.0, 600)
FINE = 200  # exponents between two of these
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)  # 97.5 % point of t, by degrees of freedom
NORMAL = 1.96  # of many
WIDEST = 10.0  # times the smallest exponent that fits: beyond it the points say nothing
ROUNDING = 1e-12  # of the sum of squares


@dataclass(frozen=True)
class Law:
    """L = floor + factor · (x / unit)^-exponent. The intervals hold what the points allow with a confidence of about 95 %."""

    floor: float
    factor: float
    exponent: float
    unit: float  # an x in the middle of the points
    exponents: tuple[float, float]
    floors: tuple[float, float]
    allowed: np.ndarray  # (K, 3): floor, factor, exponent of what fits about as well

    def loss(self, x: float | np.ndarray) -> np.ndarray:
        """Return the loss at x by the best fit."""
        return self.floor + self.factor * (np.asarray(x, dtype=float) / self.unit) ** -self.exponent

    def interval(self, x: float) -> tuple[float, float]:
        """Return the lowest and the highest loss at x by what fits about as well."""
        floor, factor, exponent = self.allowed.T
        losses = floor + factor * (x / self.unit) ** -exponent
        return float(losses.min()), float(losses.max())


def fit(x: Sequence[float], losses: Sequence[float]) -> Law:
    """Return the law of these points. Raises TooFewPoints below five different x, LossDoesNotFall, and LawUndetermined where exponents
    of very different size fit about as well.

    >>> sizes = [1e3, 1e4, 1e5, 1e6, 1e7]
    >>> law = fit(sizes, [1.5 + 40 * size**-0.4 for size in sizes])
    >>> round(law.exponent, 3), round(law.floor, 3)
    (0.4, 1.5)
    """
    xs, ys = np.asarray(x, dtype=float), np.asarray(losses, dtype=float)
    if (count := len(np.unique(xs))) < FEWEST:
        raise TooFewPoints(count=count, needed=FEWEST)
    if ys[xs.argmax()] >= ys[xs.argmin()] or np.corrcoef(np.log(xs), ys)[0, 1] > 0:
        raise LossDoesNotFall()
    unit = float(np.exp(np.log(xs).mean()))
    coarse = _profile(xs / unit, ys, EXPONENTS)
    best = int(coarse[:, 3].argmin())
    around = np.geomspace(EXPONENTS[max(0, best - 1)], EXPONENTS[min(len(EXPONENTS) - 1, best + 1)], FINE)
    tried = np.concatenate([coarse, _profile(xs / unit, ys, around)])
    floor, factor, exponent, least = map(float, tried[tried[:, 3].argmin()])
    if factor <= 0:
        raise LossDoesNotFall()
    freedom = len(xs) - 3
    deviation = STUDENT[freedom - 1] if freedom <= len(STUDENT) else NORMAL
    allowed = tried[tried[:, 3] <= least * (1 + deviation**2 / freedom) + ROUNDING * (ys**2).sum()]
    low, high = float(allowed[:, 2].min()), float(allowed[:, 2].max())
    if high >= EXPONENTS[-1] * 0.999 or high > WIDEST * low:
        raise LawUndetermined(low=low, high=high)
    floors = float(allowed[:, 0].min()), float(allowed[:, 0].max())
    return Law(floor, factor, exponent, unit, (low, high), floors, allowed[:, :3])


def _profile(x: np.ndarray, y: np.ndarray, exponents: np.ndarray) -> np.ndarray:
    """Return a row (E, A, α, sum of squares) for each α, the best with E ≥ 0: no loss is below 0. (K, 4)"""
    powers = x ** -exponents[:, None]  # (K, N)
    centred = powers - powers.mean(axis=1, keepdims=True)
    factor = (centred @ (y - y.mean())) / np.maximum((centred**2).sum(axis=1), 1e-300)
    floor = y.mean() - factor * powers.mean(axis=1)
    factor = np.where(floor < 0, (powers @ y) / (powers**2).sum(axis=1), factor)
    floor = np.maximum(floor, 0.0)
    squares = ((floor[:, None] + factor[:, None] * powers - y) ** 2).sum(axis=1)
    return np.stack([floor, factor, exponents, squares], axis=1)
