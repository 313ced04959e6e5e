"""What an exported run may hold: its members with the most bytes of each, and a check for every field of them.

`transfer` writes it, `importing` reads it. What a checkpoint may hold is said by `lmcore.training.checkpoint`.
"""

import json
import re
from typing import Any

from lmcore.config import RunConfig
from lmcore.errors import SettingError
from lmcore.inference.references import ORDERS
from lmcore.runs.exchange import safe_zip
from lmcore.runs.store import marks
from lmcore.runs.store.records import STATUSES
from lmcore.schema import Check, WrongValue, choice, each, number_in, optional, real, record, row, text, whole
from lmcore.text.decoding import LIMIT, normalise
from lmcore.text.kinds import KINDS
from lmcore.training.checkpoint import LARGEST_RATE

VERSION = 1
MODEL, CONFIG, TOKENIZER, STEPS = "model.safetensors", "config.json", "tokenizer.json", "steps.csv"
EVALUATIONS, CARD, TEXT = "evaluations.csv", "README.md", "text.txt"
NEEDED = (MODEL, CONFIG, TOKENIZER, STEPS, EVALUATIONS)
MEMBERS = {  # the most bytes of each
    MODEL: 500_000_000,
    CONFIG: 200_000,
    TOKENIZER: 16_000_000,
    STEPS: 200_000_000,
    EVALUATIONS: 16_000_000,
    CARD: 200_000,
    TEXT: LIMIT,
}
MOST_STEPS = 1_000_000
MOST_EVALUATIONS = 2_000
LONGEST_LINE = 2_000  # characters of a line of numbers
LONGEST_CELL = 1_000_000  # characters of a cell of evaluations
LONGEST_TOKEN = 10_000  # characters
LONGEST_SECONDS = 1e9  # of training


def clean(longest: int, one_line: bool = False) -> Check:
    """Check for a text to be shown; return it cut at `longest` characters, without characters that no text file can hold."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise WrongValue(value)
        return (safe_zip.shown(value)[:longest] or "…") if one_line else normalise(value[:longest])[0]

    return check


def settings(value: Any) -> RunConfig:
    """Return the settings in JSON values. Raises WrongValue."""
    try:
        return RunConfig.from_json(value)
    except SettingError as error:
        raise WrongValue(error.values.get("value"), error.values.get("field", "")) from error
    except (TypeError, LookupError, ValueError) as error:
        raise WrongValue(value) from error


def resolved(value: Any) -> RunConfig:
    """Check for resolved settings."""
    config = settings(value)
    for name in ("planned_steps", "evaluation_interval"):
        if getattr(config.training, name) < 1:
            raise WrongValue(getattr(config.training, name), f"training.{name}")
    return config


def reference_line(value: Any) -> list:
    """Check for the name, order and loss of a `references.Reference`."""
    name, order, loss = row(choice(*ORDERS), whole(), real(0))(value)
    if order not in ORDERS[name]:
        raise WrongValue(order)
    return [name, order, loss]


def reference_lines(value: Any) -> list[list]:
    """Check for reference lines, at most one of each name."""
    lines = each(reference_line, most=len(ORDERS))(value)
    if len({name for name, *_ in lines}) < len(lines):
        raise WrongValue(value)
    return lines


def sha256(value: Any) -> str:
    """Return a SHA-256 in hexadecimal. Raises WrongValue."""
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
        raise WrongValue(value)
    return value


OF_CONFIG = record(
    {
        "next_word": whole(1, VERSION),
        "name": clean(120, one_line=True),
        "requested": settings,
        "resolved": resolved,
        "status": choice(*STATUSES),
        "pinned_context": clean(500),
        "reference_lines": reference_lines,
        "text": record({"name": clean(120, one_line=True), "kind": choice(*KINDS), "sha256": sha256}),
    },
    {  # not in older files
        "pauses": each(whole(1, MOST_STEPS), most=marks.MOST),
        "beside_tokens": optional(record({"spelling": real(0, 8), "spacing": real(0)})),
    },
)


def number(inner: Check) -> Check:
    """Check for a number in a cell. The error shows the cell as it is written."""

    def check(written: str) -> Any:
        try:
            return inner(number_in(written))
        except WrongValue as error:
            raise WrongValue(written) from error

    return check


def number_or_none(inner: Check) -> Check:
    """Check for a number or an empty cell, which is None."""
    return lambda written: number(inner)(written) if written else None


def yes(written: str) -> bool:
    """Return whether a cell says True. Raises WrongValue."""
    return choice("True", "False")(written) == "True"


def bars(written: str) -> list[list]:
    """Return [[token, probability], …] of a cell with JSON. Raises WrongValue."""
    try:
        value = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise WrongValue(written) from error
    return each(row(clean(100), real(0, 1.001)), most=100)(value)


OF_STEP: dict[str, Check] = {
    "step": number(whole(1, MOST_STEPS)),
    "epoch": number(real(0)),
    "tokens": number(whole()),
    "loss": number(real(0)),
    "learning_rate": number(real(0, LARGEST_RATE)),
    "gradient_norm": number(real(0)),
    "seconds": number(real(0, LONGEST_SECONDS)),
    "tokens_per_second": number(real(0)),
}

OF_EVALUATION: dict[str, Check] = {
    "step": number(whole(1, MOST_STEPS)),
    "loss": number_or_none(real(0)),
    "bits_per_byte": number_or_none(real(0)),
    "improved": yes,
    "sample": clean(5_000),
    "pinned_context": clean(500),
    "bars": bars,
}

A_TOKEN = text(LONGEST_TOKEN, shortest=1)
