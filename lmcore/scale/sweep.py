"""Ordinary runs that differ in one thing, so that a law can be fitted: in five sizes of the network, or in five amounts that it reads."""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from lmcore.config import RunConfig, has_setting
from lmcore.scale.parts import operations_per_token

SIZES = (16, 32, 64, 128, 256)  # hidden units
AMOUNTS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)  # of the longest run
WAYS = ("size", "amount")
FEWEST_STEPS = 160  # of the longest run: the shortest amount is then ten
EASY_SHARE = 0.2  # of the peak that a large recurrent layer reaches, about
BESIDE = 2.0  # seconds of a run for all but its steps: reading the text, evaluations, files


def base(config: RunConfig) -> RunConfig:
    """Return the settings of a run as those of a sweep: what was decided for its text is kept as set, and its stop is a number of steps.

    All runs of a sweep have the same base, but for what is swept.
    """
    steps = config.training.planned_steps or config.training.stop_after
    return config.with_training(
        stop="steps", stop_after=float(steps), planned_steps=0, evaluation_interval=0, regularisation="as_set"
    )


def of_size(config: RunConfig, hidden: int) -> RunConfig:
    """Return a configuration with another number of hidden units; tied weights follow, and heads are as many as divide it."""
    model = config.model
    changes: dict[str, Any] = {"hidden_size": hidden}
    if model.tied:
        changes["embedding_size"] = hidden
    if has_setting(model.family, "heads"):
        changes["heads"] = math.gcd(hidden, model.heads)
    return replace(config, model=replace(model, **changes))


def runs(config: RunConfig, way: str, steps: int) -> list[RunConfig]:
    """Return the five configurations of a sweep, the smallest first. config: of a run; steps: of the longest.

    >>> [one.model.hidden_size for one in runs(RunConfig(), "size", 1_000)]
    [16, 32, 64, 128, 256]
    >>> [one.training.stop_after for one in runs(RunConfig(), "amount", 1_000)]
    [62.0, 125.0, 250.0, 500.0, 1000.0]
    """
    longest = base(config).with_training(stop_after=float(steps))
    if way == "size":
        return [of_size(longest, hidden) for hidden in SIZES]
    return [longest.with_training(stop_after=float(max(1, round(steps * share)))) for share in AMOUNTS]


def belongs(config: RunConfig, other: RunConfig, way: str) -> bool:
    """Return whether another run's settings are those of a point in a sweep of this run. other: as they were requested."""
    if way == "size":
        like = of_size(base(config), other.model.hidden_size)
        return other == like.with_training(stop_after=other.training.stop_after)
    return other == base(config).with_training(stop_after=other.training.stop_after)


def step_seconds(config: RunConfig, vocabulary_size: int, measured: RunConfig, seconds: float, peak: float) -> float:
    """Estimate the seconds of a step from those of another run on this machine. seconds: of its steps; peak: operations a second.

    What its products do not explain at the pace of a large layer is the same for all sizes.
    """
    training = measured.training
    tokens = training.batch_size * training.sequence_length
    own, others = (operations_per_token(one.model, one.training, vocabulary_size) * tokens for one in (measured, config))
    pace = max(EASY_SHARE * peak, own / seconds)
    return max(0.0, seconds - own / pace) + others / pace


def longest_steps(configs: Iterable[RunConfig], total: float, seconds_of_a_step: Iterable[float]) -> int:
    """Return how many steps the longest run of a sweep may have, so that all take `total` seconds together; rounded down to two digits.
    configs: the sweep with any number of steps."""
    planned = [config.training.stop_after for config in configs]
    a_step = sum(steps / max(planned) * seconds for steps, seconds in zip(planned, seconds_of_a_step, strict=True))
    steps = max(FEWEST_STEPS, int((total - BESIDE * len(planned)) / a_step))
    unit = 10 ** max(0, len(str(steps)) - 2)
    return steps // unit * unit
