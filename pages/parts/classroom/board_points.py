"""A room's board as points and as a table: what each hand-in is worth on each axis. Its chart is `board_figure`.

A point has the names of its settings and its numbers. What a run wrote, and what it is called, only where its student ticked it.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from lmcore.errors import LossNotFinite
from lmcore.models import parameter_count
from lmcore.runs.store import marks
from lmcore.runs.store.records import Room, Run
from lmcore.training import diagnosis
from pages.parts.language import _
from pages.parts.run import run_labels

LOGARITHMIC = ("learning_rate", "hidden_size", "parameters", "tokens", "batch_size", "sequence_length")


@dataclass(frozen=True)
class Point:
    number: int
    name: str  # the nickname, or a number where the room is anonymous
    mine: bool
    hidden: bool
    with_text: bool
    run: Run
    values: dict[str, float | None]  # axis -> value; None: not known, or not yet
    diverged: bool = False  # its loss says nothing but that

    @property
    def live(self) -> bool:
        return run_labels.is_live(self.run)


def points(data: Path, room: Room, board: list, visitor: str | None) -> list[Point]:
    names = run_labels.distinct(
        _("No. {number}").format(number=entry.number) if room.anonymous else entry.nickname for entry in board
    )
    return [
        Point(
            entry.number,
            name,
            entry.visitor == visitor,
            entry.hidden,
            entry.with_text,
            entry.run,
            _values(data, entry.run, room.unit),
            _has_diverged(entry.run, run_labels.vocabulary_size(data, entry.run.id)),
        )
        for name, entry in zip(names, board, strict=True)
    ]


def _values(data: Path, run: Run, unit: str) -> dict[str, float | None]:
    settings = run_labels.config(run)
    types = run_labels.vocabulary_size(data, run.id)
    return {
        "learning_rate": marks.best_rate(run),  # which led to the loss that is shown
        "hidden_size": settings.model.hidden_size,
        "parameters": parameter_count(settings.model, types) if types else None,
        "seconds": run.seconds,
        "tokens": run.tokens,
        "batch_size": settings.training.batch_size,
        "sequence_length": settings.training.sequence_length,
        "loss": run.best_bits_per_byte if unit == "bits" else run.best_loss,
    }


def _has_diverged(run: Run, types: int | None) -> bool:
    """Ended by its loss, or at its best worse than guessing among all types alike."""
    if run.error_code == LossNotFinite.code:
        return True
    return types is not None and run.best_loss is not None and run.best_loss > math.log(types) + diagnosis.FAR


def on_the_plot(found: list[Point], x: str, y: str) -> list[Point]:
    """Return the points that the axes can show: a logarithmic axis cannot show zero, one of losses no loss that has diverged."""

    def has(point, axis):
        value = None if axis == "loss" and point.diverged else point.values[axis]
        return value is not None and math.isfinite(value) and (value > 0 or axis not in LOGARITHMIC)

    return [point for point in found if not point.hidden and has(point, x) and has(point, y)]


def names(unit: str) -> dict[str, str]:
    return {
        "learning_rate": _("Learning rate"),
        "hidden_size": _("Hidden size"),
        "parameters": _("Parameters"),
        "seconds": _("Seconds of training"),
        "tokens": _("Tokens seen"),
        "batch_size": _("Batch size"),
        "sequence_length": _("Sequence length"),
        "loss": _("Validation loss (bits per byte)") if unit == "bits" else _("Validation loss (nats per token)"),
    }


def table(found: list[Point], unit: str) -> dict[str, list]:
    named = names(unit)
    columns: dict[str, list] = {
        _("Name"): [point.name for point in found],
        _("Model"): [run_labels.model(point.run) for point in found],
    }
    for axis, name in named.items():
        values = [point.values[axis] for point in found]
        columns[name] = [float(f"{value:.5g}") if isinstance(value, float) else value for value in values]
    columns |= {name: values for name, values in _beside(found, unit).items() if any(values)}
    columns[_("Step")] = [point.run.step for point in found]
    return columns | {_("Status"): [run_labels.status(point.run) for point in found]}


def _beside(found: list[Point], unit: str) -> dict[str, list]:
    """Columns that only some runs need: what the learning rate became, what bits per byte of words hold beside their tokens."""
    known = [marks.beside_tokens(point.run) or {} if unit == "bits" else {} for point in found]
    parts = [{name: round(value, 4) for name, value in entry.items()} for entry in known]
    return {
        _("Learning rate, changed"): [run_labels.rates(point.run) if marks.rates(point.run)[1:] else "" for point in found],
        _("of that, spelling unknown words"): [entry.get("spelling") for entry in parts],
        _("of that, spaces"): [entry.get("spacing") for entry in parts],
    }
