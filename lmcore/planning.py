"""Turns what was asked for into what can be done with this text on this machine: sizes that fit, seconds into steps.

The result is written into the run; from then on nothing depends on a clock.
"""

import math
import time
from dataclasses import replace

import numpy as np

from lmcore.config import RunConfig, TrainingConfig
from lmcore.corpus import TokenData
from lmcore.evaluation import validation_nats
from lmcore.models import build_model
from lmcore.training import TrainingState, batches, take_step

PROBE_SECONDS = 0.4
PROBE_STEPS = 200  # at most
EVALUATION_SHARE = 0.1  # of the time, at most
EVALUATIONS = 30  # in a run, about
EARLY_EVALUATIONS = 4  # before the first interval is over


def resolve(config: RunConfig, data: TokenData, vocabulary_size: int) -> tuple[RunConfig, list[dict]]:
    """(resolved configuration, notes): a note {code, values} for each thing that is not as it was asked for."""
    training, notes = fit_to_text(config.training, data)
    if training.stop == "plateau" and not data.has_validation:
        notes.append({"code": "plan.no_validation_no_plateau", "values": {"steps": 500}})
        training = replace(training, stop="steps", stop_after=500.0)
    step_seconds, evaluation_seconds = probe(replace(config, training=training), data, vocabulary_size)
    steps = planned_steps(training, data, step_seconds, evaluation_seconds)
    interval = max(1, steps // EVALUATIONS, math.ceil(evaluation_seconds / (step_seconds * EVALUATION_SHARE)))
    if training.stop == "plateau":
        interval = max(10, round(evaluation_seconds / (step_seconds * EVALUATION_SHARE)))
    training = replace(training, planned_steps=steps, evaluation_interval=training.evaluation_interval or min(interval, steps))
    return replace(config, training=training), notes


def fit_to_text(training: TrainingConfig, data: TokenData) -> tuple[TrainingConfig, list[dict]]:
    """Batch and length that the text can fill: a single page must train.

    A stream gives each lane at least two stretches where it can; items are read whole where they fit.
    """
    batch_size, length = training.batch_size, training.sequence_length
    if data.kind == "stream":
        while batch_size > 1 and len(data.train) < 2 * batch_size * length and batch_size >= length // 2:
            batch_size = max(1, batch_size // 2)
        while len(data.train) < 2 * batch_size * length and (length > 8 or batch_size > 1):
            length, batch_size = (length // 2, batch_size) if length > 8 else (length, batch_size // 2)
    else:
        begins = np.flatnonzero(data.train == data.opening[0])
        batch_size = min(batch_size, max(1, (len(begins) - 1) // 4))
        length = min(length, int(np.diff(begins).max()))
    if (batch_size, length) == (training.batch_size, training.sequence_length):
        return training, []
    changed = replace(training, batch_size=batch_size, sequence_length=length)
    if data.kind != "stream" and batch_size == training.batch_size:
        return changed, []  # items are simply shorter: nothing was lost
    values = {"tokens": len(data.train), "batch_size": batch_size, "sequence_length": length}
    return changed, [{"code": "plan.shrunk_to_text", "values": values}]


def planned_steps(training: TrainingConfig, data: TokenData, step_seconds: float, evaluation_seconds: float = 0.0) -> int:
    if training.stop == "epochs":
        tokens_a_step = batches(data, training).at(0).tokens
        return max(1, round(training.stop_after * len(data.train) / tokens_a_step))
    if training.stop == "seconds":
        seconds = training.stop_after - EARLY_EVALUATIONS * evaluation_seconds
        return max(10, round(seconds / (step_seconds * (1 + EVALUATION_SHARE))))
    return max(1, round(training.stop_after))  # steps; for plateau the most steps


def probe(config: RunConfig, data: TokenData, vocabulary_size: int) -> tuple[float, float]:
    """(seconds a step, seconds an evaluation) of this run on this machine, measured on a network thrown away afterwards."""
    network = build_model(config.model, vocabulary_size, config.training.seed)
    state = TrainingState(network, data, replace(config.training, planned_steps=PROBE_STEPS, learning_rate=1e-6))
    took, began = [], time.perf_counter()
    while len(took) < PROBE_STEPS and (len(took) < 4 or time.perf_counter() - began < PROBE_SECONDS):
        at = time.perf_counter()
        take_step(network, state)
        took.append(time.perf_counter() - at)
    at = time.perf_counter()
    if data.has_validation:
        validation_nats(network, data)
    return float(np.median(took[1:])), time.perf_counter() - at
