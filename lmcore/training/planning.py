"""Resolve a requested configuration for one text on one machine: sizes that fit, seconds into steps.

The result is written into the run; from then on nothing depends on a clock.
"""

import math
import statistics
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from lmcore import processor
from lmcore.config import RunConfig, TrainingConfig, bounds
from lmcore.errors import ItemsTooLong
from lmcore.inference.sampling import generate
from lmcore.models import NeuralLanguageModel, build_model
from lmcore.processor import CLOCK, threads
from lmcore.text.corpus import TokenData
from lmcore.training.loop import TrainingState, batches, evaluate, take_step
from lmcore.training.losses import loss_over

LONGEST_ITEM = bounds(TrainingConfig, "sequence_length")[1]  # tokens, where answers alone count
FEWEST_LANES = 16  # that long items leave
PROBE_SECONDS = 0.03
FEWEST_STEPS, PROBE_STEPS = 3, 200  # measured, at least and at most
PROBE_TOKENS = (1_024, 8_192)  # of validation, at most: one cost lies in the beginning, another in each token
SAMPLE_TOKENS = {"character": 120, "word": 40, "subword": 50}  # written at each evaluation
KEEPING_SHARE = 0.03  # of the time, about: checkpoints, frames of the film, the store
EVALUATION_SHARE = 0.1  # of the time, at most
EVALUATIONS = 30  # in a run, about
EARLY_EVALUATIONS = 4  # before the first interval is over
FEW_EVALUATIONS = 4  # of a long validation text: a curve of two points would be a straight line
FEW_EVALUATIONS_SHARE = 0.3  # of the time, at most
OFTEN = (
    (30, 0.4, 0.1),
    (12, 0.3, 0.1),
    (6, 0.2, 0.1),
    (4, 0.1, 0.0),
)  # (a text read at least this often, needs this dropout, this share of state resets)

Cost: TypeAlias = tuple[float, float]  # seconds of a step, of an evaluation


def measure(config: RunConfig, data: TokenData, vocabulary_size: int) -> Cost:
    """Return the seconds of a step and of an evaluation with these settings, measured on this machine."""
    probe = Probe(config, data, vocabulary_size)
    return probe.step_seconds(), probe.evaluation_seconds()


def resolve(
    config: RunConfig, data: TokenData, vocabulary_size: int, cost: Callable[[RunConfig, TokenData, int], Cost] = measure
) -> tuple[RunConfig, list[dict]]:
    """Return (resolved configuration, notes), with a note {code, values} for each setting that differs from the request.

    cost: `measure`, or `lmcore.runs.queue.speeds.remembered`, with which runs of equal settings are planned alike.
    """
    training, notes = fit_to_text(config.training, data)
    if training.stop == "plateau" and not data.has_validation:
        notes.append({"code": "plan.no_validation_no_plateau", "values": {"steps": 500}})
        training = replace(training, stop="steps", stop_after=500.0)
    elif not data.has_validation:
        notes.append({"code": "plan.no_validation", "values": {}})
    training, limits = fit_to_machine(training)
    if training.loss == "auto":
        training = replace(training, loss=loss_over(vocabulary_size))
    config = replace(config, training=training)
    step, evaluation = cost(config, data, vocabulary_size)
    config, read_often = regularise(config, data, planned_steps(training, data, step, evaluation))
    if read_often:  # dropout takes its time too
        step, _ = cost(config, data, vocabulary_size)
    training = replace(config.training, planned_steps=planned_steps(training, data, step, evaluation))
    interval = training.evaluation_interval or evaluation_interval(training, step, evaluation)
    return replace(config, training=replace(training, evaluation_interval=interval)), notes + limits + read_often


def fit_to_text(training: TrainingConfig, data: TokenData) -> tuple[TrainingConfig, list[dict]]:
    """Return a batch size and a sequence length that the text can fill: a single page must train.

    A stream gives each lane at least two sequences where it can; items are read whole where they fit. Raises ItemsTooLong where the
    loss is on answers alone, and one of them would come too late for its prompt to be read in the same step.
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
        longest = int(np.diff(begins).max())
        if training.loss_on == "answer":  # read whole: the error of an answer reaches all of its prompt
            if longest > LONGEST_ITEM:
                raise ItemsTooLong(longest=longest, limit=LONGEST_ITEM)
            batch_size = min(batch_size, max(FEWEST_LANES, batch_size * length // longest))
            return replace(training, batch_size=batch_size, sequence_length=longest), []
        length = min(length, longest)
    if (batch_size, length) == (training.batch_size, training.sequence_length):
        return training, []
    changed = replace(training, batch_size=batch_size, sequence_length=length)
    if data.kind != "stream" and batch_size == training.batch_size:
        return changed, []  # items are simply shorter: nothing was lost
    values = {"tokens": len(data.train), "batch_size": batch_size, "sequence_length": length}
    return changed, [{"code": "plan.shrunk_to_text", "values": values}]


def fit_to_machine(training: TrainingConfig) -> tuple[TrainingConfig, list[dict]]:
    """Return the precision and the number of threads that this processor has."""
    notes = []
    narrow = training.precision != "float32" and processor.bfloat16_is_faster()
    if training.precision == "bfloat16" and not narrow:
        notes.append({"code": "plan.no_bfloat16", "values": {}})
    if training.threads > processor.cores():
        notes.append({"code": "plan.fewer_threads", "values": {"asked": training.threads, "threads": processor.cores()}})
    precision, at_once = "bfloat16" if narrow else "float32", min(training.threads, processor.cores())
    return replace(training, precision=precision, threads=at_once), notes


def without_kernel(training: TrainingConfig) -> list[dict]:
    """Return a note where a run was planned in bfloat16 on another machine and goes on in float32, as this processor has no bfloat16."""
    missing = training.precision == "bfloat16" and not processor.has_bfloat16()
    return [{"code": "plan.bfloat16_missing", "values": {}}] if missing else []


def planned_steps(training: TrainingConfig, data: TokenData, step_seconds: float, evaluation_seconds: float = 0.0) -> int:
    """Return how many steps a run trains. step_seconds, evaluation_seconds: what each takes on this machine."""
    if training.stop == "epochs":
        return max(1, round(training.stop_after * batches(data, training).steps_per_epoch))
    if training.stop == "seconds":
        evaluations = evaluation_seconds * affordable(training.stop_after, evaluation_seconds)
        return max(10, round((training.stop_after * (1 - KEEPING_SHARE) - evaluations) / step_seconds))
    return max(1, round(training.stop_after))  # steps; for plateau the most steps


def affordable(seconds: float, evaluation_seconds: float) -> int:
    """Return how many evaluations a run of `seconds` has, the early ones and the last included.

    >>> affordable(20, 0.01), affordable(20, 0.1), affordable(20, 1), affordable(20, 5)
    (34, 20, 4, 2)
    """
    most = EVALUATIONS + EARLY_EVALUATIONS
    many = int(EVALUATION_SHARE * seconds / evaluation_seconds) if evaluation_seconds else most
    if many > EARLY_EVALUATIONS + 1:
        return min(most, many)
    return FEW_EVALUATIONS if evaluation_seconds * FEW_EVALUATIONS <= FEW_EVALUATIONS_SHARE * seconds else 2


def evaluation_interval(training: TrainingConfig, step_seconds: float, evaluation_seconds: float) -> int:
    """Return the steps between evaluations, so that they take at most a tenth of the time; where that allows for too few, all planned steps,
    or twice as many, which means fewer still (`training.is_evaluation_step`)."""
    if training.stop == "plateau":
        return max(10, round(evaluation_seconds / (step_seconds * EVALUATION_SHARE)))
    seconds = training.stop_after if training.stop == "seconds" else training.planned_steps * step_seconds
    evaluations = affordable(seconds, evaluation_seconds)
    if evaluations <= FEW_EVALUATIONS:
        return min(1_000_000, training.planned_steps * (1 if evaluations == FEW_EVALUATIONS else 2))
    return max(1, math.ceil(training.planned_steps / (evaluations - EARLY_EVALUATIONS)))


def regularise(config: RunConfig, data: TokenData, steps: int) -> tuple[RunConfig, list[dict]]:
    """Return settings with more dropout and with state resets, where a small text is read so often that it would be memorised."""
    training = replace(config.training, regularisation="as_set")
    epochs = steps / batches(data, training).steps_per_epoch
    dropout, resets = next((needed for times, *needed in OFTEN if epochs >= times), (0.0, 0.0))
    if config.training.regularisation == "as_set" or dropout <= config.model.dropout:
        return replace(config, training=training), []
    if data.kind == "stream":
        training = replace(training, state_resets=max(training.state_resets, resets))
    note = {"code": "plan.small_text", "values": {"epochs": round(epochs), "dropout": dropout}}
    return RunConfig(config.tokenizer, replace(config.model, dropout=dropout), training), [note]


class Probe:
    """A network like that of the run, discarded afterwards, to measure how long its work takes on this machine.

    It measures processor time of this thread, which depends little on how busy the machine is.
    """

    def __init__(self, config: RunConfig, data: TokenData, vocabulary_size: int) -> None:
        self.network, self.data = build_model(config.model, vocabulary_size, config.training.seed), data
        self.sample = SAMPLE_TOKENS[config.tokenizer.level]
        self.state = TrainingState(self.network, data, replace(config.training, planned_steps=PROBE_STEPS, learning_rate=1e-6))

    def step_seconds(self) -> float:
        """Return the seconds of the fastest of a few steps, and of more until they have taken PROBE_SECONDS.

        What else the machine does can only make a step slower: it shares the memory and the caches.
        """
        with threads(self.state.config.threads):
            while self.state.step < 2:  # memory is still being found
                take_step(self.network, self.state)
            took = []
            while len(took) < FEWEST_STEPS or (sum(took) < PROBE_SECONDS and len(took) < PROBE_STEPS):
                took.append(_seconds(lambda: take_step(self.network, self.state)))
        return min(took) if self.data.train_counted is None else statistics.median(took)  # steps as long as their longest item

    def evaluation_seconds(self) -> float:
        """Return the seconds of the validation loss and of a sample, estimated from a part of each."""
        model = NeuralLanguageModel(self.network, self.data.opening)
        with threads(self.state.config.threads):
            opened = _seconds(lambda: self._write(model, 1))
            written = _seconds(lambda: self._write(model, self.sample // 10)) * 10
            validated = self._validation_seconds()
        return validated + opened + written

    def _write(self, model: NeuralLanguageModel, tokens: int) -> list[int]:
        return list(generate(model, np.empty(0, dtype=np.int64), tokens))

    def _validation_seconds(self) -> float:
        if not self.data.has_validation:
            return 0.0
        few, many = (_part_of_validation(self.data, tokens) for tokens in PROBE_TOKENS)
        begun, took = (_seconds(lambda part=part: evaluate(self.network, part, self.state)) for part in (few, many))
        more, beyond = len(many.validation) - len(few.validation), len(self.data.validation) - len(many.validation)
        return took + max(0.0, took - begun) / max(1, more) * beyond


def _seconds(work: Callable) -> float:
    began = CLOCK()
    work()
    return CLOCK() - began


def _part_of_validation(data: TokenData, tokens: int) -> TokenData:
    part = data.validation[:tokens]
    has_items = data.kind == "stream" or np.count_nonzero(part == data.opening[0]) > 1
    counted = None if data.validation_counted is None else data.validation_counted[:tokens]
    return replace(data, validation=part, validation_counted=counted) if has_items else data
