"""Turns what was asked for into what can be done with this text on this machine: sizes that fit, seconds into steps.

The result is written into the run; from then on nothing depends on a clock.
"""

import math
import time
from dataclasses import replace

import numpy as np

from lmcore import processor
from lmcore.config import RunConfig, TrainingConfig
from lmcore.corpus import TokenData
from lmcore.losses import loss_over
from lmcore.models import NeuralLanguageModel, build_model
from lmcore.processor import threads
from lmcore.sampling import generate
from lmcore.training import TrainingState, batches, evaluate, take_step

PROBE_SECONDS = 0.06
PROBE_STEPS = 200  # at most
PROBE_TOKENS = 8_192  # of validation, at most
SAMPLE_TOKENS = 120  # written at each evaluation, where somebody watches
EVALUATION_SHARE = 0.1  # of the time, at most
EVALUATIONS = 30  # in a run, about
EARLY_EVALUATIONS = 4  # before the first interval is over
OFTEN = (
    (30, 0.4, 0.1),
    (12, 0.3, 0.1),
    (6, 0.2, 0.1),
    (4, 0.1, 0.0),
)  # a text read so many times needs so much dropout, so many resets


def resolve(config: RunConfig, data: TokenData, vocabulary_size: int) -> tuple[RunConfig, list[dict]]:
    """(resolved configuration, notes): a note {code, values} for each thing that is not as it was asked for."""
    training, notes = fit_to_text(config.training, data)
    if training.stop == "plateau" and not data.has_validation:
        notes.append({"code": "plan.no_validation_no_plateau", "values": {"steps": 500}})
        training = replace(training, stop="steps", stop_after=500.0)
    training, limits = fit_to_machine(training)
    if training.loss == "auto":
        training = replace(training, loss=loss_over(vocabulary_size))
    config = replace(config, training=training)
    step, evaluation = step_seconds(config, data, vocabulary_size), evaluation_seconds(config, data, vocabulary_size)
    config, read_often = regularise(config, data, planned_steps(training, data, step, evaluation))
    if read_often:  # dropout takes its time too
        step = step_seconds(config, data, vocabulary_size)
    training = replace(config.training, planned_steps=planned_steps(training, data, step, evaluation))
    interval = training.evaluation_interval or evaluation_interval(training, step, evaluation)
    return replace(config, training=replace(training, evaluation_interval=interval)), notes + limits + read_often


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


def fit_to_machine(training: TrainingConfig) -> tuple[TrainingConfig, list[dict]]:
    """Precision and threads that this processor has."""
    notes = []
    narrow = training.precision != "float32" and processor.bfloat16_is_faster()
    if training.precision == "bfloat16" and not narrow:
        notes.append({"code": "plan.no_bfloat16", "values": {}})
    if training.threads > processor.cores():
        notes.append({"code": "plan.fewer_threads", "values": {"asked": training.threads, "threads": processor.cores()}})
    precision, at_once = "bfloat16" if narrow else "float32", min(training.threads, processor.cores())
    return replace(training, precision=precision, threads=at_once), notes


def planned_steps(training: TrainingConfig, data: TokenData, step_seconds: float, evaluation_seconds: float = 0.0) -> int:
    if training.stop == "epochs":
        tokens_a_step = batches(data, training).at(0).tokens
        return max(1, round(training.stop_after * len(data.train) / tokens_a_step))
    if training.stop == "seconds":
        left = training.stop_after - evaluation_seconds * affordable(training.stop_after, evaluation_seconds)
        return max(10, round(left / step_seconds))
    return max(1, round(training.stop_after))  # steps; for plateau the most steps


def affordable(seconds: float, evaluation_seconds: float) -> int:
    """How many evaluations a run of so many seconds has, the early ones and the last included.

    >>> affordable(20, 0.01), affordable(20, 0.1), affordable(20, 5)
    (34, 20, 2)
    """
    most = EVALUATIONS + EARLY_EVALUATIONS
    return min(most, max(2, int(EVALUATION_SHARE * seconds / evaluation_seconds))) if evaluation_seconds else most


def evaluation_interval(training: TrainingConfig, step_seconds: float, evaluation_seconds: float) -> int:
    """Steps between evaluations, so that they take at most a tenth of the time."""
    if training.stop == "plateau":
        return max(10, round(evaluation_seconds / (step_seconds * EVALUATION_SHARE)))
    seconds = training.stop_after if training.stop == "seconds" else training.planned_steps * step_seconds
    regular = affordable(seconds, evaluation_seconds) - EARLY_EVALUATIONS
    return max(1, math.ceil(training.planned_steps / max(1, regular)))


def regularise(config: RunConfig, data: TokenData, steps: int) -> tuple[RunConfig, list[dict]]:
    """A small text read many times is learned by heart. Dropout and now and then a forgotten state hold against it."""
    training = replace(config.training, regularisation="as_set")
    epochs = steps * batches(data, training).at(0).tokens / len(data.train)
    dropout, resets = next((needed for times, *needed in OFTEN if epochs >= times), (0.0, 0.0))
    if config.training.regularisation == "as_set" or dropout <= config.model.dropout:
        return replace(config, training=training), []
    if data.kind == "stream":
        training = replace(training, state_resets=max(training.state_resets, resets))
    note = {"code": "plan.small_text", "values": {"epochs": round(epochs), "dropout": dropout}}
    return RunConfig(config.tokenizer, replace(config.model, dropout=dropout), training), [note]


def step_seconds(config: RunConfig, data: TokenData, vocabulary_size: int) -> float:
    """Of this run on this machine, measured on a network thrown away afterwards."""
    network = build_model(config.model, vocabulary_size, config.training.seed)
    state, took = TrainingState(network, data, replace(config.training, planned_steps=PROBE_STEPS, learning_rate=1e-6)), []
    with threads(config.training.threads):
        while len(took) < PROBE_STEPS and (len(took) < 5 or sum(took) < PROBE_SECONDS):
            took.append(_seconds(lambda: take_step(network, state)))
    return float(np.median(took[2:]))  # memory is still being found in the first


def evaluation_seconds(config: RunConfig, data: TokenData, vocabulary_size: int) -> float:
    """Of the validation loss and of a sample beside it, measured on a part of either."""
    network = build_model(config.model, vocabulary_size, config.training.seed)
    state, part = TrainingState(network, data, config.training), _part_of_validation(data)
    model = NeuralLanguageModel(network, data.opening)
    with threads(config.training.threads):
        validated = _seconds(lambda: evaluate(network, part, state)) * len(data.validation) / max(1, len(part.validation))
        opened = _seconds(model.start)
        written = _seconds(lambda: list(generate(model, np.empty(0, dtype=np.int64), SAMPLE_TOKENS // 10))) * 10
    return validated + opened + written


def _seconds(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _part_of_validation(data: TokenData) -> TokenData:
    part = data.validation[:PROBE_TOKENS]
    has_items = data.kind == "stream" or np.count_nonzero(part == data.opening[0]) > 1
    return replace(data, validation=part) if has_items else data
