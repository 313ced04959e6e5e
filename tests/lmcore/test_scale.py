"""Parameters and operations of a network by hand, what large runs took, and what a run measured."""

import pytest

from lmcore import processor
from lmcore.config import ModelConfig, RunConfig, TrainingConfig
from lmcore.models import parameter_count
from lmcore.scale import reference
from lmcore.scale.measured import Measured
from lmcore.scale.parts import operations_per_token, parts
from lmcore.scale.reference import Machine, constant, constants, h100s, share_of_peak, size
from lmcore.training.losses import EXACT_UP_TO, NEGATIVES
from lmcore.training.memory import memory_parts, training_memory
from tests.lmcore.examples import FAMILIES, IN_TESTS

YEAR = 365.25 * 86_400
EXACT = TrainingConfig(loss="exact")


def test_an_lstm_by_hand():
    """E 3, H 5, V 7: four gates of 5 rows read 3 inputs and 5 states, with two biases; the output has 7 rows and 7 biases."""
    model = ModelConfig(family="lstm", embedding_size=3, hidden_size=5)
    found = {part.name: (part.parameters, part.operations) for part in parts(model, EXACT, 7)}
    assert found == {
        "embedding": (21, 0),
        "input": (60, 360),
        "state": (100, 600),
        "bias": (40, 0),
        "output": (42, 210),
    }
    assert operations_per_token(model, EXACT, 7) == 6 * 4 * 5 * (3 + 5) + 6 * 5 * 7


def test_a_transformer_by_hand():
    """H 8, window 4, sequences of 6: 12 · 64 weights in a layer, and for queries · keys and weights · values 10 keys of 8 numbers each."""
    model = ModelConfig(family="transformer", embedding_size=8, hidden_size=8, heads=2, window=4, layers=2)
    found = {(part.name, part.layer): (part.parameters, part.operations) for part in parts(model, TrainingConfig(loss="exact", sequence_length=6), 10)}  # fmt: skip
    assert found["attention", 1] == (4 * 64, 6 * (4 * 64 + 2 * 10 * 8)) and found["feed_forward", 0] == (8 * 64, 6 * 8 * 64)
    assert found["output", None] == (90, 480)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("family", FAMILIES)
def test_parts_are_all_parameters_and_a_tied_output_is_multiplied_too(family, layers, tied):
    model = ModelConfig(family=family, embedding_size=16, hidden_size=16, layers=layers, tied=tied)
    found = parts(model, EXACT, 50)
    assert sum(part.parameters for part in found) == parameter_count(model, 50)
    assert next(part for part in found if part.name == "output").operations == 6 * 16 * 50
    assert family in IN_TESTS or {part.layer for part in found} == {None, *range(layers)}


def test_a_sampled_loss_multiplies_only_its_sample():
    model, large = ModelConfig(hidden_size=8), EXACT_UP_TO + 1
    exact, sampled = (operations_per_token(model, TrainingConfig(loss=loss), large) for loss in ("exact", "auto"))
    assert exact - sampled == 6 * 8 * (large - NEGATIVES - 1)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adamw", "muon"])
def test_memory_by_part(optimizer):
    model, training = ModelConfig(hidden_size=32), TrainingConfig(optimizer=optimizer)
    found = memory_parts(model, training, 100)
    count = parameter_count(model, 100)
    assert found["weights"] == found["gradients"] == 4 * count
    assert found["optimizer"] == {"sgd": 0, "momentum": 4}.get(optimizer, 8) * count
    assert sum(found.values()) == training_memory(model, training, 100)


def test_every_constant_has_a_source_and_a_date():
    for row in constants():
        assert row.value > 0 and row.source and row.address.startswith("https://") and len(row.date) == 10
    assert len({(row.of, row.quantity) for row in constants()}) == len(constants())


def test_the_table_of_large_runs_agrees_with_itself():
    """6 N D, and what the sources say in other units."""
    for model, low, high in (
        ("nanochat", 0.85, 0.95),
        ("gpt3", 0.98, 1.02),
        ("llama", 0.94, 0.98),
    ):  # nanochat's counts attention
        found = size(model)
        assert low < 6 * found.parameters * found.tokens / found.operations < high
        assert found.memory == 16 * found.parameters
    assert constant("nanochat", "tokens") == 16_704 * 524_288 == 12 * constant("nanochat", "parameters")
    assert constant("llama", "device seconds") == pytest.approx(30.84e6 * 3600)
    assert round(share_of_peak("nanochat"), 2) == 0.5 and round(share_of_peak("llama"), 2) == 0.35
    assert list(reference.MODELS) == sorted(reference.MODELS, key=lambda model: size(model).operations)


def test_times_and_memory_of_large_runs():
    assert h100s(8).seconds(size("nanochat")) / 3600 == pytest.approx(3.0415, abs=1e-3)
    assert h100s(1).seconds(size("nanochat")) / 3600 == pytest.approx(24.33, abs=0.01)
    assert h100s(16_000).seconds(size("llama")) / 86_400 == pytest.approx(80.31, abs=0.01)  # 30.84 million hours / 16,000
    assert h100s(1).times_too_small(size("gpt3")) == pytest.approx(35.0)
    assert h100s(16_000).times_too_small(size("llama")) < 1
    laptop = Machine(speed=0.3e12, memory=16e9)  # a core of today in bfloat16
    assert laptop.seconds(size("nanochat")) / YEAR == pytest.approx(4.574, abs=1e-3)
    assert laptop.seconds(size("gpt3")) / YEAR == pytest.approx(33_167, abs=1)
    assert laptop.seconds(size("llama")) / YEAR == pytest.approx(4.0139e6, rel=1e-3)
    assert laptop.times_too_small(size("nanochat")) < 1 < laptop.times_too_small(size("gpt3")) == pytest.approx(175.0)


def test_a_run_in_numbers():
    settings = RunConfig(model=ModelConfig(embedding_size=3, hidden_size=5)).with_training(threads=2, precision="float32")
    found = Measured.of(settings, 7, tokens=1_000, seconds=4.0)
    assert (found.parameters, found.operations_per_token, found.operations) == (263, 1_170, 1_170_000)
    assert found.speed == 292_500 and found.share_of_peak(1_000_000) == pytest.approx(0.14625)
    assert found.watt_hours(900) == 1.0
    assert found.machine(cores=8, memory=1e9) == Machine(4 * 292_500, 1e9)
    assert found.size.operations == 1_170_000 and found.size.memory == training_memory(settings.model, settings.training, 7)


def test_before_its_first_step_a_run_has_no_speed():
    found = Measured.of(RunConfig(), 7, tokens=0, seconds=0.0)
    assert found.speed is found.share_of_peak(1.0) is found.machine(8, 1e9) is None and found.watt_hours(100) == 0


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_peak_is_that_of_the_largest_product_that_is_quick_enough(precision, monkeypatch):
    """A processor that does 1e9 operations a second multiplies small matrices, one that does 1e15 the largest."""
    for speed, largest in ((1e9, 128), (1e12, 1024), (1e15, 1024)):
        multiplied = []

        def seconds(size, dtype, speed=speed, multiplied=multiplied):
            multiplied.append(size)
            return 2 * size**3 / speed

        monkeypatch.setattr(processor, "_product_seconds", seconds)
        assert processor.measure_peak(precision) == pytest.approx(speed)
        assert multiplied[-1] == largest and sum(2 * size**3 / speed for size in multiplied) < 2 * processor.PEAK_SECONDS
