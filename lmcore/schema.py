"""Checks of values from outside: each takes a value and returns it, or raises WrongValue. A table of them is a schema.

The tables, and what their values mean, are in `training.checkpoint` and `runs.exchange.run_schema`.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any], Any]

LARGEST_WHOLE = 2**53  # up to here each whole number is exact as a float too; the store has 64 bits
LARGEST_REAL = 3.5e38  # no float32 is larger


class WrongValue(ValueError):
    """field: where it stands, such as `text.kind`; "" for the value as a whole."""

    def __init__(self, value: Any, field: str = "") -> None:
        self.value, self.field = value, field
        super().__init__(field)


def whole(low: int = 0, high: int = LARGEST_WHOLE) -> Check:
    """Check for a whole number in [low, high].

    >>> whole(1)(3)
    3
    """

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise WrongValue(value)
        return value

    return check


def real(low: float = -LARGEST_REAL, high: float = LARGEST_REAL) -> Check:
    """Check for a number in [low, high]; NaN is not one.

    >>> real()(1), real(0)(0.5)
    (1.0, 0.5)
    """

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:  # false for NaN too
            raise WrongValue(value)
        return float(value)

    return check


def text(longest: int, shortest: int = 0) -> Check:
    """Check for a text that can be written as UTF-8, of `shortest` to `longest` characters."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not shortest <= len(value) <= longest:
            raise WrongValue(value)
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise WrongValue(value) from error
        return value

    return check


def choice(*choices: str | int | None) -> Check:
    """Check for one of these values, of the same type."""

    def check(value: Any) -> Any:
        if not any(value is one or (type(value) is type(one) and value == one) for one in choices):
            raise WrongValue(value)
        return value

    return check


def optional(inner: Check) -> Check:
    """Check for None, or for what `inner` checks."""
    return lambda value: None if value is None else inner(value)


def each(inner: Check, most: int) -> Check:
    """Check for a list of at most `most` values that pass one check."""

    def check(value: Any) -> list:
        if not isinstance(value, list) or len(value) > most:
            raise WrongValue(value)
        return [inner(entry) for entry in value]

    return check


def row(*inner: Check) -> Check:
    """Check for a list of a fixed length, each value with a check of its own.

    >>> row(text(9), whole())(["bigram", 2])
    ['bigram', 2]
    """

    def check(value: Any) -> list:
        if not isinstance(value, list) or len(value) != len(inner):
            raise WrongValue(value)
        return [one(entry) for one, entry in zip(inner, value, strict=True)]

    return check


def record(fields: Mapping[str, Check], optional_fields: Mapping[str, Check] | None = None) -> Check:
    """Check for a dictionary with these fields and no others.

    >>> record({"step": whole(1)})({"step": 0})
    Traceback (most recent call last):
    lmcore.schema.WrongValue: step
    """
    known = {**fields, **(optional_fields or {})}

    def check(value: Any) -> dict:
        if not isinstance(value, dict):
            raise WrongValue(value)
        for name in (*fields, *value):
            if name not in known or name not in value:
                raise WrongValue(value.get(name), name)
        return {name: within(name, known[name], entry) for name, entry in value.items()}

    return check


def within(field: str, check: Check, value: Any) -> Any:
    """Return check(value). Raises its WrongValue with `field` in front of the field's name."""
    try:
        return check(value)
    except WrongValue as error:
        raise WrongValue(error.value, ".".join(filter(None, (field, error.field)))) from error


def number_in(written: str) -> float | int:
    """Return a number from a table, as an int where it is whole. Raises WrongValue.

    >>> number_in("32.0"), number_in("0.5"), number_in("1e300")
    (32, 0.5, 1e+300)
    """
    try:
        value = float(written)
    except ValueError as error:
        raise WrongValue(written) from error
    return int(value) if math.isfinite(value) and value.is_integer() and abs(value) <= LARGEST_WHOLE else value
