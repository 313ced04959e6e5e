"""Every situation of a curve has its sentence, in every language, with its numbers."""

import pytest

from lmcore.training.diagnosis import CODES, Finding
from pages.parts.run import curve_summary

VALUES = {
    "step": 1_200,
    "before": 0.02,
    "rate": 0.00015,
    "loss": 2.3456,
    "guessing": 4.1,
    "training_before": 1.0,
    "training": 3.0,
    "usual": 0.02,
    "norm": 8.0,
    "usual_norm": 1.0,
    "share": 0.4,
    "tokens": 4.7,
    "pairs": 1.6,
    "units": 2,
}


@pytest.mark.parametrize("code", CODES)
def test_each_situation_has_its_sentence(code):
    words = curve_summary.said(Finding(code, VALUES))
    assert words.endswith((".", "(overfitting)."))
    assert "{" not in words


def test_only_overfitting_is_called_learning_by_heart():
    """The models that diverge or are disturbed have learned nothing by heart."""
    by_heart = [code for code in CODES if "this text by heart" in curve_summary.said(Finding(code, VALUES))]
    assert by_heart == ["overfitting"]
