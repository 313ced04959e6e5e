"""What was asked for becomes what can be done: sizes that fit the text, steps for epochs and seconds."""

import numpy as np
import pytest

from lmcore.config import ModelConfig, RunConfig, TrainingConfig
from lmcore.corpus import TokenData
from lmcore.models import build_model
from lmcore.planning import fit_to_text, planned_steps, resolve
from lmcore.training import fit
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
    training = TrainingConfig(stop="seconds", stop_after=22)
    assert planned_steps(training, stream(5000), step_seconds=0.01) == 2000
    assert planned_steps(training, stream(5000), step_seconds=0.01, evaluation_seconds=0.55) == 1800


def test_a_resolved_configuration_stays_as_it_is():
    asked = RunConfig(model=ModelConfig(embedding_size=8, hidden_size=16), training=TrainingConfig(stop="seconds", stop_after=1))
    resolved, _ = resolve(asked, pattern("stream", 600), 6)
    assert resolved.training.planned_steps >= 10
    assert 1 <= resolved.training.evaluation_interval <= resolved.training.planned_steps


def test_without_validation_there_is_no_plateau_to_wait_for():
    config, notes = resolve(RunConfig(model=small(), training=TrainingConfig(stop="plateau", stop_after=9999)), stream(5000), 50)
    assert (config.training.stop, config.training.planned_steps) == ("steps", 500)
    assert notes == [{"code": "plan.no_validation_no_plateau", "values": {"steps": 500}}]
