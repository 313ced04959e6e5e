"""Every setting by its own range: what lies outside is refused with the name of the field and what it may be."""

import json
import math
from dataclasses import fields

import pytest

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig, bounds, choices
from lmcore.errors import SettingError, SettingNotAChoice, SettingOutOfRange, SettingWrongType, TiedSizesDiffer

PARTS = (TokenizerConfig, ModelConfig, TrainingConfig)
FIELDS = [(part, entry.name, entry) for part in PARTS for entry in fields(part)]
NUMBERS = [(part, name) for part, name, entry in FIELDS if "low" in entry.metadata]
CHOICES = [(part, name) for part, name, entry in FIELDS if "choices" in entry.metadata]
SWITCHES = [(part, name) for part, name, entry in FIELDS if entry.type is bool]


def test_every_field_says_what_it_may_be():
    assert (
        len(NUMBERS) + len(CHOICES) + len(SWITCHES) == len(FIELDS)
        and [(ModelConfig, name) for name in ("tied", "positions", "residual")] == SWITCHES
    )


@pytest.mark.parametrize(("part", "field"), NUMBERS)
def test_a_number_lies_in_its_range(part, field):
    low, high = bounds(part, field)
    for value in (low, high):
        assert getattr(part(**{field: value}), field) == value
    step = 1 if part.__dataclass_fields__[field].type is int else 1e-9
    for value in (low - step, high + max(step, high * 1e-9), -1e9, 1e12, math.inf, -math.inf, math.nan):
        if part.__dataclass_fields__[field].type is int and not float(value).is_integer():
            expected = SettingWrongType
        else:
            value = int(value) if part.__dataclass_fields__[field].type is int else value
            expected = SettingOutOfRange
        with pytest.raises(expected) as caught:
            part(**{field: value})
        assert caught.value.values["field"] == field and field in str(caught.value)
        if expected is SettingOutOfRange:
            assert (caught.value.values["low"], caught.value.values["high"]) == (low, high)
            assert f"between {low} and {high}" in str(caught.value)


@pytest.mark.parametrize("value", ["1", None, True, [1], {}, 1 + 2j], ids=repr)
@pytest.mark.parametrize(("part", "field"), NUMBERS)
def test_what_is_no_number_is_refused(part, field, value):
    with pytest.raises(SettingWrongType) as caught:
        part(**{field: value})
    assert caught.value.values["field"] == field and caught.value.values["expected"] in str(caught.value)


@pytest.mark.parametrize(("part", "field"), [(part, field) for part, field in NUMBERS if isinstance(bounds(part, field)[0], int)])
def test_a_whole_number_is_whole(part, field):
    with pytest.raises(SettingWrongType):
        part(**{field: bounds(part, field)[0] + 0.5})


@pytest.mark.parametrize(("part", "field"), CHOICES)
def test_a_choice_is_one_of_its_choices(part, field):
    for value in choices(part, field):
        assert getattr(part(**{field: value}), field) == value
    for value in ("nonsense", "", None, 1, choices(part, field)[0].upper(), [choices(part, field)[0]]):
        with pytest.raises(SettingNotAChoice) as caught:
            part(**{field: value})
        assert caught.value.values["field"] == field
        assert all(choice in str(caught.value) for choice in choices(part, field))


@pytest.mark.parametrize(("part", "field"), SWITCHES)
def test_a_switch_is_on_or_off(part, field):
    for value in ("yes", 1, None, math.nan):
        with pytest.raises(SettingWrongType) as caught:
            part(**{field: value})
        assert caught.value.values["field"] == field


@pytest.mark.parametrize("rate", [0, -0.1, 1e9, math.nan, math.inf, 0.0])
def test_learning_rates_that_cannot_be(rate):
    with pytest.raises(SettingOutOfRange) as caught:
        TrainingConfig(learning_rate=rate)
    assert str(caught.value) == f"The setting “learning_rate” is {rate}; it must lie between 1e-06 and 10.0."


def test_tied_weights_need_one_size():
    with pytest.raises(TiedSizesDiffer):
        ModelConfig(tied=True, embedding_size=8, hidden_size=16)
    assert ModelConfig(tied=True, embedding_size=16, hidden_size=16).tied


def test_a_configuration_survives_json_and_a_changed_one_is_checked():
    config = RunConfig(TokenizerConfig("word"), ModelConfig("gru", layers=2), TrainingConfig(seed=7))
    values = json.loads(json.dumps(config.to_json()))
    assert RunConfig.from_json(values) == config
    values["training"]["batch_size"] = 10**9
    with pytest.raises(SettingError):
        RunConfig.from_json(values)
    with pytest.raises(SettingOutOfRange):
        config.with_training(learning_rate=0.0)
