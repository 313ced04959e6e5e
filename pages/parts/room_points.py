"""A room's board without a screen: what each hand-in is worth on each axis, as points, as a table and as a scatter.

A point has the names of its settings and its numbers. What a run wrote, and what it is called, only where its student ticked it.
"""

import html
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from lmcore.models.cost import parameter_count
from lmcore.runs import folder
from lmcore.tokenizers import load_tokenizer
from pages.parts import charts, run_words
from pages.parts.language import _

LOGARITHMIC = ("learning_rate", "hidden_size", "parameters", "tokens", "batch_size", "sequence_length")
SYMBOLS = {"rnn": "triangle-up", "gru": "square", "lstm": "circle"}
BESIDE = 0.012  # of the axis, between points that lie on each other


@dataclass(frozen=True)
class Point:
    place: int
    name: str  # the nickname, or a number where the room is anonymous
    mine: bool
    hidden: bool
    with_text: bool
    run: object
    values: dict[str, float | None]  # axis -> value; None: not known, or not yet

    @property
    def live(self) -> bool:
        return run_words.is_live(self.run)


def points(data: Path, room, board: list, visitor: str | None) -> list[Point]:
    return [
        Point(
            entry.place,
            _("No. {number}").format(number=entry.place) if room.anonymous else entry.nickname,
            entry.visitor == visitor,
            entry.hidden,
            entry.with_text,
            entry.run,
            _values(data, entry.run, room.unit),
        )
        for entry in board
    ]


def _values(data: Path, run, unit: str) -> dict[str, float | None]:
    settings = run_words.config(run)
    types = vocabulary_size(data, run.id)
    return {
        "learning_rate": settings.training.learning_rate,
        "hidden_size": settings.model.hidden_size,
        "parameters": parameter_count(settings.model, types) if types else None,
        "seconds": run.seconds,
        "tokens": run.tokens,
        "batch_size": settings.training.batch_size,
        "sequence_length": settings.training.sequence_length,
        "loss": run.best_bits_per_byte if unit == "bits" else run.best_loss,
    }


def vocabulary_size(data: Path, run_id: str) -> int | None:
    """Types of a run's tokenizer; None before it has begun."""
    path = folder.run_folder(data, run_id) / "tokenizer.json"
    return _types(path) if path.exists() else None


@lru_cache(maxsize=1_000)
def _types(path: Path) -> int:
    return load_tokenizer(folder.read_json(path)).vocabulary_size


def on_the_plot(found: list[Point], x: str, y: str) -> list[Point]:
    """Those that have a place: a logarithmic axis has none for zero."""

    def has(point, axis):
        value = point.values[axis]
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
    columns = {_("Name"): [point.name for point in found], _("Model"): [run_words.model(point.run) for point in found]}
    for axis, name in named.items():
        values = [point.values[axis] for point in found]
        columns[name] = [float(f"{value:.5g}") if isinstance(value, float) else value for value in values]
    columns[_("Step")] = [point.run.step for point in found]
    return columns | {_("Status"): [run_words.status(point.run) for point in found]}


def scatter(shown: list[Point], room):
    """x against y; the loss is the colour where it is on neither axis. A hollow point still trains, a ring is one's own."""
    named, coloured = names(room.unit), "loss" not in (room.x, room.y)
    figure = charts._figure(460, hovermode="closest", uirevision=f"{room.x} {room.y} {room.unit}", dragmode="pan")
    xs, ys = apart(shown, room.x, room.y)
    losses = [point.values["loss"] for point in shown]
    known = [loss for loss in losses if loss is not None]
    for number, (family, symbol) in enumerate(SYMBOLS.items()):
        of = [place for place, point in enumerate(shown) if run_words.config(point.run).model.family == family]
        if not of:
            continue
        marker = {
            "symbol": [symbol + ("-open" if shown[place].live else "") for place in of],
            "size": [20 if shown[place].mine else 15 for place in of],
            "line": {"width": [3 if shown[place].mine or shown[place].live else 1 for place in of]},
        }
        if coloured:
            bar = {"title": {"text": named["loss"], "side": "right"}, "thickness": 14}
            colours = [losses[place] for place in of]
            scale = {"colorscale": "Viridis", "cmin": min(known, default=0), "cmax": max(known, default=1), "colorbar": bar}
            marker |= {"color": [np.nan if colour is None else colour for colour in colours], **scale}
        else:
            marker["color"] = charts.PALETTE[number]
        figure.add_scatter(
            x=[xs[place] for place in of],
            y=[ys[place] for place in of],
            mode="markers+text" if len(shown) <= 40 else "markers",
            name=run_words.family(family),
            marker=marker,
            text=[html.escape(shown[place].name) for place in of],
            textposition="top center",
            customdata=[shown[place].place for place in of],
            hovertext=[_hover(shown[place], named) for place in of],
            hoverinfo="text",
        )
    for update, axis in ((figure.update_xaxes, room.x), (figure.update_yaxes, room.y)):
        update(title=named[axis], type="log" if axis in LOGARITHMIC else "linear")
    figure.update_layout(showlegend=True, legend={"x": 0, "xanchor": "left"})
    return figure


def apart(shown: list[Point], x: str, y: str) -> tuple[list[float], list[float]]:
    """Coordinates; points with the very same settings stand beside each other, so that each can be seen and chosen."""
    same: dict[tuple, int] = {}
    width = _width([point.values[x] for point in shown], x in LOGARITHMIC)
    xs = []
    for point in shown:
        value, place = point.values[x], (point.values[x], point.values[y])
        number = same[place] = same.get(place, -1) + 1
        shift = width * BESIDE * ((number + 1) // 2) * (1 if number % 2 else -1)
        xs.append(value * math.exp(shift) if x in LOGARITHMIC else value + shift)
    return xs, [point.values[y] for point in shown]


def _width(values: list[float], logarithmic: bool) -> float:
    """Of what the axis shows, in its own measure; 1 where all values are the same."""
    if not values:
        return 1.0
    low, high = min(values), max(values)
    return (math.log(high / low) if logarithmic else high - low) or 1.0


def _hover(point: Point, named: dict[str, str]) -> str:
    shown = {name: point.values[axis] for axis, name in named.items()}
    lines = [f"{name}: {'—' if value is None else f'{value:,.5g}'}" for name, value in shown.items()]
    head = f"<b>{html.escape(point.name)}</b> · {run_words.model(point.run)} · {run_words.status(point.run)}"
    return "<br>".join([head, *lines])
