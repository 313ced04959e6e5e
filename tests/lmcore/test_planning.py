"""What was asked for becomes what can be done: sizes that fit the text, steps for epochs and seconds."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lmcore import processor
from lmcore.config import ModelConfig, RunConfig, TrainingConfig
from lmcore.models import build_model
from lmcore.text.corpus import TokenData
from lmcore.training import planning
from lmcore.training.loop import fit, take_step
from lmcore.training.planning import evaluation_interval, fit_to_machine, fit_to_text, planned_steps, regularise, resolve
from tests.lmcore.examples import pattern, small


def stream(tokens: int) -> TokenData:
    ids = (np.arange(tokens) % 50).astype(np.uint8)
    return TokenData("stream", ids, ids[:0], validation_bytes=0, unknown_bytes=0, opening=ids[-256:])


@pytest.mark.parametrize("tokens", [8, 30, 100, 500, 1000])
def test_a_short_text_shrinks_batch_and_length_and_trains(tokens):
    training, notes = fit_to_text(TrainingConfig(stop="steps", stop_after=5), stream(tokens))
    assert notes[0]["code"] == "plan.shrunk_to_text"
    assert training.batch_size * training.sequence_length <= max(tokens, 8)
    config, _ = resolve(RunConfig(model=small(), training=TrainingConfig(stop="steps", stop_after=5)), stream(tokens), 50)
    events = list(fit(build_model(config.model, 50), stream(tokens), config.training))
    assert len(events) == 5
    assert events[-1].evaluation.loss is None


def test_a_long_text_is_left_alone():
    asked = TrainingConfig()
    assert fit_to_text(asked, stream(5000)) == (asked, [])


def test_items_are_read_whole_without_a_note():
    training, notes = fit_to_text(TrainingConfig(batch_size=8, sequence_length=100), pattern("lines"))
    assert (training.sequence_length, training.batch_size, notes) == (5, 8, [])


def test_two_epochs_read_the_text_twice():
    training = TrainingConfig(stop="epochs", stop_after=2, batch_size=4, sequence_length=5)
    assert planned_steps(training, stream(1000), step_seconds=0.1) == 100


def test_seconds_become_steps_by_the_measured_speed():
    """Of 100 seconds, 3 are for checkpoints and the like."""
    training = TrainingConfig(stop="seconds", stop_after=100)
    assert planned_steps(training, stream(5000), step_seconds=0.01) == 9700
    assert planned_steps(training, stream(5000), step_seconds=0.01, evaluation_seconds=2.5) == 8700  # of 4 evaluations
    assert planned_steps(training, stream(5000), step_seconds=50.0) == 10


def test_the_plan_follows_from_the_work_and_from_nothing_else(monkeypatch):
    """A step is made to cost a hundredth of a second, one with dropout two, and waiting costs nothing."""
    worked = [0.0]

    def costly_step(network, state):
        worked[0] += 0.02 if network.dropout.p else 0.01
        return take_step(network, state)

    monkeypatch.setattr(planning, "CLOCK", lambda: worked[0])
    monkeypatch.setattr(planning, "take_step", costly_step)
    asked = RunConfig(model=small(), training=TrainingConfig(stop="seconds", stop_after=100, regularisation="as_set"))
    assert resolve(asked, stream(5000), 50)[0].training.planned_steps == 9700
    config, _ = resolve(asked.with_training(regularisation="auto"), stream(5000), 50)
    assert (config.model.dropout, config.training.planned_steps) == (0.4, 4850)


def test_a_part_of_the_validation_tells_what_all_of_it_costs(monkeypatch):
    """Two seconds to begin, and a thousandth for each token."""
    worked, validation = [0.0], np.zeros(50_000, dtype=np.uint8)

    def costly_evaluation(network, data, state):
        worked[0] += 2 + len(data.validation) / 1000

    monkeypatch.setattr(planning, "CLOCK", lambda: worked[0])
    monkeypatch.setattr(planning, "evaluate", costly_evaluation)
    for length in (300, 5_000, 50_000):
        data = replace(stream(5000), validation=validation[:length])
        seconds = planning.Probe(RunConfig(model=small()), data, 50).evaluation_seconds()
        assert seconds == pytest.approx(2 + length / 1000)


def test_a_resolved_configuration_stays_as_it_is():
    asked = RunConfig(model=ModelConfig(embedding_size=8, hidden_size=16), training=TrainingConfig(stop="epochs", stop_after=70))
    resolved, notes = resolve(asked, pattern("stream", 2000), 6)
    assert [note["code"] for note in notes] == ["plan.small_text"]
    assert "auto" not in str(resolved)
    assert 1 <= resolved.training.evaluation_interval <= resolved.training.planned_steps
    assert RunConfig.from_json(json.loads(json.dumps(resolved.to_json()))) == resolved
    assert resolve(resolved, pattern("stream", 2000), 6) == (resolved, [])


def test_without_validation_there_is_no_plateau_to_wait_for():
    config, notes = resolve(RunConfig(model=small(), training=TrainingConfig(stop="plateau", stop_after=9999)), stream(5000), 50)
    assert (config.training.stop, config.training.planned_steps) == ("steps", 500)
    assert notes[0] == {"code": "plan.no_validation_no_plateau", "values": {"steps": 500}}


@pytest.mark.parametrize(
    ("epochs", "dropout", "resets"), [(3.4, 0.0, 0.0), (5, 0.1, 0.0), (9, 0.2, 0.1), (29, 0.3, 0.1), (31, 0.4, 0.1)]
)
def test_a_text_that_is_read_often_is_held_against(epochs, dropout, resets):
    asked, steps = RunConfig(model=small()), round(epochs * 5000 / 2048)
    config, notes = regularise(asked, stream(5000), steps)
    assert (config.model.dropout, config.training.state_resets) == (dropout, resets)
    assert [note["code"] for note in notes] == (["plan.small_text"] if dropout else [])
    as_set = asked.with_training(regularisation="as_set")
    assert regularise(as_set, stream(5000), steps) == (as_set, [])


def test_more_dropout_than_planned_is_left_alone_and_items_forget_anyway():
    asked = RunConfig(model=small(dropout=0.5))
    config, notes = regularise(asked, stream(5000), steps=1000)
    assert (config.model, config.training.state_resets, notes) == (asked.model, 0.0, [])
    config, _ = regularise(RunConfig(model=small()), pattern("lines"), steps=1000)
    assert (config.model.dropout, config.training.state_resets) == (0.4, 0.0)


@pytest.mark.parametrize(
    ("asked", "here", "precision", "notes"),
    [
        ("auto", True, "bfloat16", []),
        ("auto", False, "float32", []),
        ("float32", True, "float32", []),
        ("bfloat16", True, "bfloat16", []),
        ("bfloat16", False, "float32", ["plan.no_bfloat16"]),
    ],
)
def test_the_precision_is_one_this_processor_is_good_at(asked, here, precision, notes, monkeypatch):
    monkeypatch.setattr(processor, "bfloat16_is_faster", lambda: here)
    training, found = fit_to_machine(TrainingConfig(precision=asked))
    assert training.precision == precision
    assert [note["code"] for note in found] == notes


def test_there_are_no_more_threads_than_cores(monkeypatch):
    monkeypatch.setattr(processor, "cores", lambda: 2)
    training, notes = fit_to_machine(TrainingConfig(threads=8))
    assert training.threads == 2
    assert notes == [{"code": "plan.fewer_threads", "values": {"asked": 8, "threads": 2}}]


@pytest.mark.parametrize(
    ("plain", "narrow", "faster"),
    [
        ([9, 9, 9, 9, 9], [4, 4, 4, 4, 4], True),
        ([4, 4, 4, 4, 4], [9, 9, 9, 9, 9], False),
        ([9, 9, 4, 9, 9], [9, 9, 9, 3, 9], True),  # the fastest of each counts
        ([4, 9, 9, 9, 9], [9, 9, 4, 9, 9], False),
        ([11, 99, 99, 99, 99], [10, 10, 10, 10, 10], False),  # hardly: the busy moments do not decide
        ([11.1, 99, 99, 99, 99], [10, 10, 10, 10, 10], True),
    ],
)
def test_the_faster_precision_is_that_of_the_fastest_tries(monkeypatch, plain, narrow, faster):
    tries = {False: iter(plain), True: iter(narrow)}
    monkeypatch.setattr(processor, "has_bfloat16", lambda: True)
    monkeypatch.setattr(processor, "_seconds", lambda narrow: next(tries[narrow]))
    assert processor.bfloat16_is_faster.__wrapped__() is faster


def test_a_processor_without_a_kernel_for_bfloat16_keeps_to_float32(monkeypatch):
    def seconds(narrow):
        if narrow:
            raise RuntimeError("could not create a primitive")
        return 1.0

    monkeypatch.setattr(processor, "_seconds", seconds)
    monkeypatch.setattr(processor, "has_bfloat16", processor.has_bfloat16.__wrapped__)
    assert processor.bfloat16_is_faster.__wrapped__() is False


@pytest.mark.parametrize(("types", "asked", "used"), [(50, "auto", "exact"), (9000, "auto", "sampled"), (9000, "exact", "exact")])
def test_the_loss_is_chosen_by_the_size_of_the_vocabulary(types, asked, used):
    config, _ = resolve(
        RunConfig(model=small(), training=TrainingConfig(stop="steps", stop_after=1, loss=asked)), stream(500), types
    )
    assert config.training.loss == used


def test_evaluations_take_a_tenth_of_the_time():
    training = TrainingConfig(stop="steps", planned_steps=1000)
    assert evaluation_interval(training, step_seconds=0.01, evaluation_seconds=0) == 34
    assert evaluation_interval(training, step_seconds=0.01, evaluation_seconds=0.05) == 63  # 20 of them, 4 of them early
    assert evaluation_interval(training, step_seconds=0.01, evaluation_seconds=0.5) == 1000  # 4 of them
    assert evaluation_interval(training, step_seconds=0.01, evaluation_seconds=5) == 2000  # the second and the last step
    plateau = TrainingConfig(stop="plateau", planned_steps=1000)
    assert evaluation_interval(plateau, step_seconds=0.01, evaluation_seconds=0.05) == 50
