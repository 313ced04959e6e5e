"""The curve of a run as arrays: where evaluations lie, smoothing, thinning."""

import subprocess
import sys

import numpy as np
from numpy.testing import assert_allclose

from lmcore.training.curve_history import CurveHistory, smoothed


def a_history() -> CurveHistory:
    steps = np.arange(1, 5)
    return CurveHistory(
        step=steps,
        tokens=32.0 * steps,
        seconds=0.5 * steps,
        loss=np.array([4.0, 2.0, 2.0, 1.0]),
        evaluated=np.array([0.0, 2.0, 4.0]),
        validation_loss=np.array([np.nan, 2.5, 1.5]),
        bits_per_byte=np.array([np.nan, 3.0, 2.0]),
    )


def test_evaluations_lie_where_their_steps_lie():
    for axis, positions in {"step": [2, 4], "tokens": [64, 128], "seconds": [1, 2]}.items():
        x, y = a_history().validation(axis, "bits_per_byte")
        assert (x.tolist(), y.tolist()) == (positions, [3.0, 2.0])


def test_smoothing_is_an_exponential_mean():
    x, y = a_history().training("tokens", 0.5)
    assert x.tolist() == [32, 64, 96, 128]
    assert_allclose(y, [4, (2 + 0.5 * 4) / 1.5, (2 + 0.5 * 2 + 0.25 * 4) / 1.75, (1 + 0.5 * 2 + 0.25 * 2 + 0.125 * 4) / 1.875])
    assert a_history().training("step", 0.0)[1].tolist() == [4, 2, 2, 1]


def test_a_long_history_is_thinned():
    steps = np.arange(1, 50_001)
    history = CurveHistory(steps, steps, steps, 1 / steps, np.array([]), np.array([]), np.array([]))
    x, y = history.training("step", 0.0)
    assert len(x) <= 2_000 and (x[0], x[-1]) == (1, 50_000)
    assert_allclose(y, 1 / x)


def test_a_run_without_steps_has_an_empty_curve():
    nothing = np.array([])
    history = CurveHistory(*[nothing] * 7)
    assert [len(part) for part in (*history.training("seconds", 0.9), *history.validation("tokens", "validation_loss"))] == [
        0
    ] * 4


def test_it_needs_no_torch():
    code = "import sys, lmcore.training.curve_history\nprint('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_a_missing_loss_leaves_the_mean_as_it_was():
    smooth = smoothed(np.array([np.nan, 4.0, np.nan, 2.0]), 0.5)
    assert_allclose(smooth, [np.nan, 4.0, 4.0, (2 + 0.25 * 4) / 1.25])
