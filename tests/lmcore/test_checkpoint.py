"""Saved and loaded, a run goes on bit for bit; a damaged file is never taken for a whole one."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from lmcore.config import RunConfig, TrainingConfig, choices
from lmcore.errors import CheckpointDamaged
from lmcore.models import NeuralLanguageModel, build_model
from lmcore.training import checkpoint, loop
from lmcore.training.loop import TrainingState, fit
from tests.lmcore.examples import FAMILIES, pattern, quick, small


def losses(events):
    return [(event.step, event.loss, event.learning_rate, event.gradient_norm, event.evaluation) for event in events]


@pytest.mark.parametrize(("kind", "loss"), [("stream", "sampled"), ("lines", "exact")])
@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
@pytest.mark.parametrize("optimizer", choices(TrainingConfig, "optimizer"))
@pytest.mark.parametrize("family", FAMILIES)
def test_a_resumed_run_is_the_same_run(tmp_path, family, optimizer, precision, kind, loss):
    """Dropout, resets and negatives are drawn, so their random state is part of what is kept."""
    data = pattern(kind)
    training = quick(planned_steps=24, optimizer=optimizer, precision=precision, loss=loss, state_resets=0.3)
    config = RunConfig(model=small(family, dropout=0.3, layers=2), training=training)
    whole = losses(fit(build_model(config.model, 6), data, config.training))

    network = build_model(config.model, 6)
    state = TrainingState(network, data, config.training)
    first = []
    for event in fit(network, data, config.training, state):
        first.append(event)
        if event.step == 9:
            break
    checkpoint.save(tmp_path / "checkpoint-9.safetensors", network, state, config, data)

    saved = checkpoint.load(tmp_path / "checkpoint-9.safetensors")
    network = saved.network()
    state = TrainingState(network, data, saved.config.training)
    saved.restore(state)
    assert losses(first) + losses(fit(network, data, saved.config.training, state)) == whole


def test_a_run_in_bfloat16_goes_on_in_float32_where_there_is_no_kernel(tmp_path, monkeypatch):
    config = RunConfig(model=small("lstm"), training=quick(planned_steps=8, precision="bfloat16"))
    network, path = build_model(config.model, 6), tmp_path / "checkpoint-0.safetensors"
    state = TrainingState(network, pattern("stream"), config.training)
    state.hidden = tuple(torch.zeros(1, config.training.batch_size, 16, dtype=torch.bfloat16) for _ in "hc")
    state.step = 1
    for weight in network.parameters():
        weight.grad = torch.zeros_like(weight)
    for optimizer in state.optimizers:
        optimizer.step()
    checkpoint.save(path, network, state, config, pattern("stream"))
    monkeypatch.setattr(checkpoint, "has_bfloat16", lambda: False)
    monkeypatch.setattr(loop, "has_bfloat16", lambda: False)
    saved = checkpoint.load(path)
    network = saved.network()
    again = TrainingState(network, pattern("stream"), config.training)
    saved.restore(again)
    assert {part.dtype for part in again.hidden} == {torch.float32}
    assert len(list(fit(network, pattern("stream"), config.training, again))) == 7


def a_checkpoint(tmp_path, **model):
    config = RunConfig(model=small(**model), training=quick())
    network = build_model(config.model, 6)
    path = tmp_path / "checkpoint-7.safetensors"
    checkpoint.save(path, network, TrainingState(network, pattern("lines"), config.training), config, pattern("lines"))
    return path, network


@pytest.mark.parametrize("model", [{}, {"hidden_size": 8, "tied": True}], ids=["untied", "tied"])
def test_the_model_comes_back_as_it_was(tmp_path, model):
    path, network = a_checkpoint(tmp_path, **model)
    loaded = checkpoint.load(path).language_model()
    expected = NeuralLanguageModel(network, np.array([0]), begin_id=0)
    assert_array_equal(loaded.log_probabilities(np.array([1, 2, 0, 3])), expected.log_probabilities(np.array([1, 2, 0, 3])))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped", "text", "missing"])
def test_a_damaged_checkpoint_is_refused(tmp_path, damage):
    path, _ = a_checkpoint(tmp_path)
    content = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    else:
        content[-50] ^= 1
        path.write_bytes({"empty": b"", "truncated": content[:-20], "flipped": content, "text": b"not a checkpoint"}[damage])
    with pytest.raises(CheckpointDamaged) as error:
        checkpoint.load(path)
    assert error.value.values["step"] == 7
