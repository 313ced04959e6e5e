"""Laws of the loss: a known one is found, noise gives its interval, what says nothing is refused. Sweeps: runs that differ in one thing."""

import numpy as np
import pytest

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.errors import LawUndetermined, LossDoesNotFall, TooFewPoints
from lmcore.scale import law, sweep
from lmcore.scale.parts import operations_per_token

SIZES = np.array([5e3, 12e3, 33e3, 99e3, 330e3])


@pytest.mark.parametrize(
    ("floor", "factor", "exponent"), [(1.2, 40.0, 0.35), (0.0, 8.0, 0.08), (2.0, 1e4, 1.2), (1.8172, 482.01, 0.3478)]
)
def test_a_known_law_is_found(floor, factor, exponent):
    found = law.fit(SIZES, floor + factor * SIZES**-exponent)
    assert found.exponent == pytest.approx(exponent, rel=1e-3) and found.floor == pytest.approx(floor, abs=5e-3)
    assert float(found.loss(1e6)) == pytest.approx(floor + factor * 1e6**-exponent, rel=1e-3)
    assert found.exponents[0] <= found.exponent <= found.exponents[1]


def test_noise_widens_the_interval_which_mostly_holds_the_truth():
    random, held, widths = np.random.default_rng(1), 0, []
    for noise in (0.002, 0.01):
        width = []
        for _ in range(40):
            found = law.fit(SIZES, 1.2 + 40 * SIZES**-0.35 + noise * random.standard_normal(5))
            held += found.exponents[0] <= 0.35 <= found.exponents[1]
            width.append(np.subtract(*found.exponents[::-1]))
        widths.append(np.median(width))
    assert held >= 70 and widths[1] > 2 * widths[0]


def test_the_interval_of_a_loss_holds_that_of_the_best_fit():
    found = law.fit(SIZES, 1.2 + 40 * SIZES**-0.35 + np.array([0.01, -0.01, 0.01, -0.01, 0.01]))
    low, high = found.interval(3e6)
    assert low < float(found.loss(3e6)) < high and high - low > np.subtract(*found.interval(1e5)[::-1])


@pytest.mark.parametrize("count", range(5))
def test_below_five_sizes_nothing_is_fitted(count):
    with pytest.raises(TooFewPoints) as raised:
        law.fit(SIZES[:count], 1 + 1 / SIZES[:count])
    assert raised.value.values == {"count": count, "needed": 5}


def test_the_same_size_five_times_is_one_size():
    with pytest.raises(TooFewPoints):
        law.fit([1e4] * 5, [2.0, 1.9, 1.8, 1.7, 1.6])


@pytest.mark.parametrize("losses", [[1, 2, 3, 4, 5], [2, 2, 2, 2, 2], [2.0, 1.5, 1.4, 1.9, 2.1]])
def test_a_loss_that_does_not_fall_has_no_law(losses):
    with pytest.raises(LossDoesNotFall):
        law.fit(SIZES, losses)


@pytest.mark.parametrize("losses", [[2.0, 1.2, 1.9, 1.3, 1.8], [3.0, 1.0, 1.001, 0.999, 1.0]])
def test_points_that_say_nothing_are_refused(losses):
    """The first scatter; the second jump down once, which any large exponent describes."""
    with pytest.raises(LawUndetermined) as raised:
        law.fit(SIZES, losses)
    assert raised.value.values["low"] < raised.value.values["high"]


BASES = {
    "seconds": RunConfig(),
    "resolved": RunConfig().with_training(planned_steps=321, evaluation_interval=9, precision="float32", loss="exact", batch_size=8),
    "tied words": RunConfig(TokenizerConfig("word"), ModelConfig(embedding_size=192, hidden_size=192, tied=True)),
    "transformer": RunConfig(model=ModelConfig(family="transformer", hidden_size=96, heads=6)),
}  # fmt: skip


@pytest.mark.parametrize("way", sweep.WAYS)
@pytest.mark.parametrize("config", BASES.values(), ids=BASES)
def test_a_sweep_is_five_runs_that_differ_in_one_thing(config, way):
    runs = sweep.runs(config, way, 2_000)
    assert len(set(runs)) == 5 and all(sweep.belongs(config, one, way) for one in runs)
    assert {one.training.regularisation for one in runs} == {"as_set"} and {one.training.stop for one in runs} == {"steps"}
    varied = [(one.model.hidden_size, one.training.stop_after) for one in runs]
    assert varied == sorted(varied) and len({one[way == "size"] for one in varied}) == 1
    other = RunConfig(config.tokenizer, config.model, config.training).with_training(learning_rate=0.123)
    assert not any(sweep.belongs(other, one, way) for one in runs)
    assert not sweep.belongs(config, config, way)  # asked for in seconds


@pytest.mark.parametrize("config", [BASES["seconds"], BASES["resolved"], BASES["tied words"]], ids=["seconds", "resolved", "tied words"])  # fmt: skip
def test_each_run_of_a_sweep_finds_the_others(config):
    """Also as it is resolved: with its steps planned and its evaluations spaced."""
    for one in sweep.runs(config, "size", 500):
        resolved = one.with_training(planned_steps=500, evaluation_interval=17)
        assert all(sweep.belongs(resolved, other, "size") for other in sweep.runs(config, "size", 700))


def test_the_steps_of_a_sweep_fit_into_its_time():
    tried = sweep.runs(RunConfig(), "amount", 1_000_000)
    steps = sweep.longest_steps(tried, 120.0, [0.02] * 5)
    assert steps == 2_800  # (120 - 10) / (0.02 · 31/16), rounded down
    assert sweep.longest_steps(tried, 1.0, [10.0] * 5) == sweep.FEWEST_STEPS


def test_the_seconds_of_a_step_are_those_that_were_measured_and_grow_with_the_products():
    training = TrainingConfig(loss="exact", precision="float32")
    measured = RunConfig(model=ModelConfig(hidden_size=128), training=training)
    seconds = [
        sweep.step_seconds(sweep.of_size(measured, hidden), 100, measured, seconds=0.05, peak=1e12) for hidden in sweep.SIZES
    ]
    assert seconds == sorted(seconds) and seconds[3] == pytest.approx(0.05)
    more = operations_per_token(sweep.of_size(measured, 256).model, training, 100) - operations_per_token(measured.model, training, 100)  # fmt: skip
    assert seconds[4] - seconds[3] == pytest.approx(more * 64 * 32 / (sweep.EASY_SHARE * 1e12))
    assert sweep.step_seconds(measured, 100, measured, seconds=1e-9, peak=1.0) == pytest.approx(1e-9)  # faster than its peak
