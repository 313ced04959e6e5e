"""What the two losses say about a run, given its settings and what was changed while it ran: it learns, memorises, has diverged …

A pure function of the history; the sentences are the pages' business. Runs made to show each fault are `breaking`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lmcore.config import RunConfig
from lmcore.presets import USUAL_RATES

AVERAGED = 20  # steps
FEWEST = 3  # evaluations, before which a curve says nothing
CHANGED = 0.05  # nats per token: less is noise
FLAT = 0.02  # nats per token over the last third: it hardly learns any more
FAR = 0.5  # nats per token above guessing
APART = 0.2  # nats per token between training and validation: more than noise and dropout make
BY_HEART = 0.05  # nats per token: 95 % for each token, which nothing but memory reaches
RARELY_SO_LOW = 20  # times lower than usual: a learning rate at which nothing moves
SPIKE = 5.0  # times the usual gradient norm
FEW_UNITS = 8
MANY_UNKNOWN = 0.3  # of the bytes of the validation text


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
    settings: RunConfig | None = None  # None: nothing is said that the curve alone does not show
    lines: Mapping[str, float] = field(default_factory=dict)  # {name of a `Reference`: nats per token}
    unknown: float = 0.0  # share of the bytes of the validation text that are unknown words
    norms: Sequence[tuple[int, float]] = ()  # (step, gradient norm before clipping)
    broke_off: tuple[int, float] | None = None  # (step, loss) at which training was given up, because the loss exploded

    @classmethod
    def of_events(cls, events: Iterable[Any], settings: RunConfig, vocabulary_size: int, **more: Any) -> "History":
        """Return the history of a run that was trained with `fit`, which may have broken off. more: other fields."""
        points, losses, norms = [], [], []
        for event in events:
            losses.append(event.loss)
            norms.append((event.step, event.gradient_norm))
            if event.evaluation:
                points.append(Point.of(event.step, np.array(losses[-AVERAGED:]), event.evaluation.loss))
        of_settings: dict[str, Any] = {"dropout": settings.model.dropout > 0, "sampled": settings.training.loss == "sampled"}
        rates = ((0, settings.training.learning_rate),)
        values: dict[str, Any] = {"rates": rates, "ended": True, "settings": settings, "norms": norms} | of_settings | more
        return cls(points, math.log(vocabulary_size), **values)


@dataclass(frozen=True)
class Finding:
    """One thing a curve shows. values: the numbers of its sentence."""

    code: str  # of CODES
    values: dict = field(default_factory=dict)
    span: tuple[int, int] | None = None  # the steps (first, last) where it is seen


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
    "rate_too_low",
    "exploded",
    "by_heart",
    "mostly_unknown",
    "no_order",
    "prompt_ignored",
    "too_small",
    "context_of_one",
)
HEALTHY = ("too_short", "rate_changed", "plateau", "learning", "unfinished", "validation_lower")  # the others are faults


def diagnose(history: History) -> list[Finding]:
    """Return what the curve shows, the most important first, then what needs to be explained about it.

    >>> points = [Point(10, 3.0, 3.1), Point(20, 2.0, 2.2), Point(30, 1.0, 2.5)]
    >>> [finding.code for finding in diagnose(History(points, guessing=4.0))]
    ['overfitting']
    """
    points = [point for point in history.points if math.isfinite(point.training)]
    if (found := _after_a_change(history, points)) is None:
        found = _of_the_losses(history, points)
        if history.settings is not None and found.code not in ("too_short", "rate_changed"):
            found = _of_the_settings(history, points, history.settings, found)
    if found.code not in HEALTHY and found.span is None and points:
        found = replace(found, span=(found.values.get("step", points[0].step), points[-1].step))
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


def _of_the_settings(history: History, points: list[Point], settings: RunConfig, found: Finding) -> Finding:
    """Return a cause that the settings or the text name for what the curve shows; `found` where they name none."""
    if (spike := _spike(history, points, settings)) is not None:
        return spike
    if not history.ended or not points:
        return found
    training, last, rate = settings.training, points[-1], history.rates[-1][1] if history.rates else 0.0
    usual = USUAL_RATES[training.optimizer]
    if found.code == "nothing_learned":
        return Finding("rate_too_low", found.values | {"rate": rate, "usual": usual}) if rate * RARELY_SO_LOW < usual else found
    if last.validation is None:
        return Finding("by_heart", {"loss": last.training}) if last.training < BY_HEART and not history.sampled else found
    if history.unknown > MANY_UNKNOWN and _level(last, history) < history.guessing:
        return Finding("mostly_unknown", {"share": history.unknown})
    if found.code in ("diverged", "overfitting", "both_rising") or not {"unigram", "bigram"} <= history.lines.keys():
        return found
    span, loss = (points[-1 - max(1, len(points) // 3)].step, last.step), last.on_new_text
    tokens, pairs = history.lines["unigram"], history.lines["bigram"]
    values = {"loss": loss, "tokens": tokens, "pairs": pairs}
    if training.loss_on == "answer":
        return Finding("prompt_ignored", values, span) if loss > pairs - CHANGED / 2 else found
    if pairs > tokens - CHANGED and abs(loss - tokens) < FAR:
        return Finding("no_order", values, span)
    if loss < pairs - CHANGED:
        return found
    if settings.model.hidden_size < FEW_UNITS:
        return Finding("too_small", values | {"units": settings.model.hidden_size}, span)
    sees_one = training.sequence_length == 1 or (settings.model.family == "transformer" and settings.model.window == 1)
    return Finding("context_of_one", values, span) if sees_one else found


def _spike(history: History, points: list[Point], settings: RunConfig) -> Finding | None:
    """Return the step at which unclipped gradients exploded: their norm is many times the usual one, and the loss leaps above guessing.

    Optimizers that set the length of a step themselves do not step farther along a longer gradient.
    """
    training = settings.training
    if training.clipping or training.optimizer not in ("sgd", "momentum"):
        return None
    if not history.broke_off and max((_level(point, history) for point in points), default=0.0) <= history.guessing + FAR:
        return None
    norms = np.array([norm for _, norm in history.norms])
    for position in range(2, len(norms)):
        usual = float(np.median(norms[:position]))
        if norms[position] > SPIKE * usual:
            step, last = history.norms[position][0], history.norms[-1][0]
            return Finding("exploded", {"step": step, "norm": float(norms[position]), "usual_norm": usual}, (step, last))
    return None


def _of_the_losses(history: History, points: list[Point]) -> Finding:
    if history.broke_off:
        step, loss = history.broke_off
        above = next((point.step for point in points if not _level(point, history) <= history.guessing + FAR), step)
        return Finding("diverged", {"loss": loss, "guessing": history.guessing}, (min(above, step), step))
    if not points:
        return Finding("too_short")
    last, rate = points[-1], {"rate": history.rates[-1][1]} if history.rates else {}
    if _level(last, history) > history.guessing + FAR:
        above = next(point.step for point in points if _level(point, history) > history.guessing + FAR)
        return Finding("diverged", {"loss": _level(last, history), "guessing": history.guessing}, (above, last.step))
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
