"""What the two losses say about a run, given what was changed while it ran: it learns, memorises, has diverged …

A pure function of the history; the sentences are the pages' business.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

AVERAGED = 20  # steps
FEWEST = 3  # evaluations, before which a curve says nothing
CHANGED = 0.05  # nats per token: less is noise
FLAT = 0.02  # nats per token over the last third: it hardly learns any more
FAR = 0.5  # nats per token above guessing
APART = 0.2  # nats per token between training and validation: more than noise and dropout make


@dataclass(frozen=True)
class Point:
    """The losses at an evaluation, nats per token."""

    step: int
    training: float  # mean of the steps before
    validation: float | None
    noise: float = 0.0  # standard error of `training`

    @classmethod
    def of(cls, step: int, losses: np.ndarray, validation: float | None) -> "Point":
        """Return the point of an evaluation. losses: (N,) of the AVERAGED steps before it; N = 0 before the first step.

        >>> Point.of(20, np.array([1.0, 3.0]), 2.5)
        Point(step=20, training=2.0, validation=2.5, noise=0.7071067811865475)
        """
        if not len(losses):
            return cls(step, math.nan, validation, math.nan)
        return cls(step, float(losses.mean()), validation, float(losses.std() / math.sqrt(len(losses))))

    @property
    def on_new_text(self) -> float:
        """Return the validation loss; NaN, for which every comparison is false, where there is none."""
        return math.nan if self.validation is None else self.validation


@dataclass(frozen=True)
class History:
    """A run's losses so far, and what was changed while it trained."""

    points: Sequence[Point]
    guessing: float  # ln V
    rates: Sequence[tuple[int, float]] = ()  # (after this step, learning rate), the first from the beginning
    ended: bool = False
    dropout: bool = False  # numbers were switched off in training, never in validation
    sampled: bool = False  # the training loss is over a sample of the vocabulary: comparable with itself alone


@dataclass(frozen=True)
class Finding:
    """One thing a curve shows. values: the numbers of its sentence."""

    code: str  # of CODES
    values: dict = field(default_factory=dict)


CODES = (
    "too_short",
    "rate_changed",
    "rate_raised",
    "diverged",
    "nothing_learned",
    "overfitting",
    "both_rising",
    "unsteady",
    "rising",
    "overfitting_begins",
    "plateau",
    "learning",
    "unfinished",
    "validation_lower",
)


def diagnose(history: History) -> list[Finding]:
    """Return what the curve shows, the most important first, then what needs to be explained about it.

    >>> points = [Point(10, 3.0, 3.1), Point(20, 2.0, 2.2), Point(30, 1.0, 2.5)]
    >>> [finding.code for finding in diagnose(History(points, guessing=4.0))]
    ['overfitting']
    """
    points = [point for point in history.points if math.isfinite(point.training)]
    if (found := _after_a_change(history, points)) is None:
        found = _of_the_losses(history, points)
    return [found, *([Finding("validation_lower")] if _validation_is_lower(history, points) else [])]


def _after_a_change(history: History, points: list[Point]) -> Finding | None:
    """Return what the last change of the learning rate did; None where there was none, or where it made nothing worse."""
    if len(history.rates) < 2:
        return None
    (_, before), (changed, rate) = history.rates[-2:]
    values = {"step": changed, "before": before, "rate": rate}
    old, new = [point for point in points if point.step <= changed], [point for point in points if point.step > changed]
    if not old:
        return None
    if not new:
        return None if history.ended else Finding("rate_changed", values)
    if rate > before and _risen(old[-1], new[-1]):
        risen = {"training_before": old[-1].training, "training": new[-1].training}
        return Finding("rate_raised", values | risen)
    return Finding("rate_changed", values) if len(new) < 2 and not history.ended else None


def _of_the_losses(history: History, points: list[Point]) -> Finding:
    if not points:
        return Finding("too_short")
    last, rate = points[-1], {"rate": history.rates[-1][1]} if history.rates else {}
    if _level(last, history) > history.guessing + FAR:
        return Finding("diverged", {"loss": _level(last, history), "guessing": history.guessing})
    if len(points) < FEWEST:
        return Finding("too_short")
    if min(_level(point, history) for point in points) > history.guessing - CHANGED:
        return Finding("nothing_learned", {"guessing": history.guessing})
    if last.validation is None:
        best = min(points, key=lambda point: point.training)
        if _fell(last, best):
            return Finding("rising", {"step": best.step, **rate})
        return _end_of(history, points, validated=False)
    validated = [point for point in points if point.validation is not None]
    best = min(validated, key=lambda point: point.on_new_text)
    if last.on_new_text < best.on_new_text + CHANGED:
        return _end_of(history, validated, validated=True)
    values = {"step": best.step, "loss": last.on_new_text, **rate}
    if _fell(last, best):
        return Finding("both_rising", values)
    low = not history.sampled and last.training < best.on_new_text - APART
    apart = history.sampled or last.training < last.on_new_text - APART
    if low or (apart and _fell(best, last)):  # losses that lie together are no overfitting, whatever the mean of 20 steps did
        return Finding("overfitting", values)
    return Finding("unsteady", values)


def _end_of(history: History, points: list[Point], validated: bool) -> Finding:
    """Return the finding for a curve on which nothing has got worse: the losses still fall, or they are flat."""
    last, before = points[-1], points[-1 - max(1, len(points) // 3)]
    fell = before.training - last.training - 2 * (before.noise + last.noise)  # at least
    if validated:
        fell_on_new_text = before.on_new_text - last.on_new_text
        if fell_on_new_text < FLAT and fell > CHANGED:
            return Finding("overfitting_begins", {"step": before.step})
        fell = max(fell, fell_on_new_text)
    if fell < FLAT:
        return Finding("plateau", {"step": before.step})
    return Finding("unfinished" if history.ended else "learning")


def _risen(old: Point, new: Point) -> bool:
    """Return whether the training loss rose from one point to another, and the validation loss where there is one."""
    if new.on_new_text < old.on_new_text + CHANGED:
        return False
    return _fell(new, old)


def _fell(high: Point, low: Point) -> bool:
    """Return whether the training loss of one point lies clearly above that of another."""
    return high.training - low.training > CHANGED + 2 * (high.noise + low.noise)


def _level(point: Point, history: History) -> float:
    """Return the loss that is compared with guessing: a memorised text makes the loss of new text worse than guessing."""
    return point.training if not history.sampled or point.validation is None else point.validation


def _validation_is_lower(history: History, points: list[Point]) -> bool:
    if not (history.dropout and points and not history.sampled):
        return False
    last = points[-1]
    return last.validation is not None and last.training - last.validation > CHANGED + 2 * last.noise
