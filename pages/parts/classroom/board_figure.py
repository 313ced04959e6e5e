"""A room's board as a scatter chart: colours, symbols, ticks and names that do not lie over each other."""

import math

import numpy as np

from lmcore.runs.store import marks
from lmcore.runs.store.records import Room
from pages.parts.classroom.board_points import LOGARITHMIC, Point, names
from pages.parts.language import _
from pages.parts.run import charts, run_labels

SETTINGS = ("learning_rate", "hidden_size", "batch_size", "sequence_length")  # few values, chosen by people
DIVERGED = "x-thin-open"  # outside the scale of colours
SYMBOLS = {"rnn": "triangle-up", "gru": "square", "lstm": "circle", "transformer": "diamond"}
BESIDE = 0.03  # of the axis, between points that lie on each other
LEAST = 1e-4  # of a loss that has a colour of its own
MOST_TICKS = 8  # values of settings that are written on an axis
PLOT = (270, 290)  # pixels that names are set for: a narrow plot, so that they never lie on each other in a wider one
NAME_HEIGHT, LETTER, WIDE_LETTER = 16, 7, 13  # pixels; wide: of Chinese
COLOURS = [[0, charts.PALETTE[0]], [0.5, charts.PALETTE[3]], [1, charts.PALETTE[4]]]  # each is seen on a light and on a dark page


def _colour(loss: float) -> float:
    """
    Logarithmic, so that 0.2 and 0.4 differ as 2 and 4 do.
    """
    return math.log10(max(loss, LEAST))


def _scale(losses: list[float], title: str) -> dict:
    """From the lowest to the highest loss, with both written beside the bar; a single one gets a little room.

    >>> scale = _scale([0.2, 2.0], "loss")
    >>> scale["cmin"] < scale["cmax"], scale["colorbar"]["ticktext"]
    (True, ['0.2', '0.632', '2'])
    >>> _scale([3.0], "loss")["colorbar"]["ticktext"]
    ['3']
    """
    low, high = _colour(min(losses, default=1.0)), _colour(max(losses, default=1.0))
    ticks = [low, (low + high) / 2, high] if high - low > 0.01 else [low]
    bar = {
        "title": {"text": title, "side": "top"}, "thickness": 12, "orientation": "h", "y": -0.2, "yanchor": "top",
        "tickvals": ticks, "ticktext": [f"{10**tick:.3g}" for tick in ticks],
    }  # fmt: skip
    return {"colorscale": COLOURS, "cmin": low, "cmax": high if len(ticks) > 1 else low + 0.1, "colorbar": bar}


def scatter(shown: list[Point], room: Room):
    """x against y; the loss is the colour where it is on neither axis. A hollow point still trains, a ring is one's own."""
    named, coloured = names(room.unit), "loss" not in (room.x, room.y)
    figure = charts.blank(520, hovermode="closest", uirevision=f"{room.x} {room.y} {room.unit}", dragmode="pan")
    xs, ys = apart(shown, room.x, room.y)
    said = with_room_for_a_name(shown, _shares(xs, room.x in LOGARITHMIC), _shares(ys, room.y in LOGARITHMIC))
    losses = [None if point.diverged else point.values["loss"] for point in shown]
    known = [loss for loss in losses if loss is not None]
    for number, (family, symbol) in enumerate(SYMBOLS.items()):
        of = [index for index, point in enumerate(shown) if run_labels.config(point.run).model.family == family]
        if not of:
            continue
        marker = {
            "symbol": [DIVERGED if shown[index].diverged else symbol + ("-open" if shown[index].live else "") for index in of],
            "opacity": 0.9,
            "size": [20 if shown[index].mine else 15 for index in of],
            "line": {"width": [3 if shown[index].mine or shown[index].live else 1 for index in of]},
        }
        if coloured:
            colours = [losses[index] for index in of]
            marker |= {"color": [np.nan if loss is None else _colour(loss) for loss in colours], **_scale(known, named["loss"])}
        else:
            marker["color"] = charts.PALETTE[number]
        figure.add_scatter(
            x=[xs[index] for index in of],
            y=[ys[index] for index in of],
            mode="markers+text",
            cliponaxis=False,
            name=run_labels.family(family),
            marker=marker,
            text=[charts.plain(shown[index].name) if index in said else "" for index in of],
            textposition="top center",
            customdata=[shown[index].number for index in of],
            hovertext=[_hover(shown[index], named, room.unit) for index in of],
            hoverinfo="text",
        )
    for update, axis in ((figure.update_xaxes, room.x), (figure.update_yaxes, room.y)):
        update(title=named[axis], type="log" if axis in LOGARITHMIC else "linear")
        if ticks := _ticks(_values(shown, axis), axis):
            update(tickvals=ticks, ticktext=[f"{value:g}" for value in ticks])
    figure.update_layout(showlegend=True, legend={"x": 0, "xanchor": "left"}, margin={"b": 110 if coloured else 44})
    return figure


def _values(shown: list[Point], axis: str) -> list[float]:
    """Of points that the axis can show (`on_the_plot`)."""
    return [value for point in shown if (value := point.values[axis]) is not None]


def apart(shown: list[Point], x: str, y: str) -> tuple[list[float], list[float]]:
    """Coordinates; points with the very same settings stand beside each other, so that each can be seen and chosen."""
    same: dict[tuple, int] = {}
    width = _width(_values(shown, x), x in LOGARITHMIC)
    xs = []
    for value, beside in zip(_values(shown, x), _values(shown, y), strict=True):
        spot = value, beside
        number = same[spot] = same.get(spot, -1) + 1
        shift = width * BESIDE * ((number + 1) // 2) * (1 if number % 2 else -1)
        xs.append(value * math.exp(shift) if x in LOGARITHMIC else value + shift)
    return xs, _values(shown, y)


def with_room_for_a_name(shown: list[Point], xs: list[float], ys: list[float]) -> set[int]:
    """The points beside which a name can be read, one's own first; the others say theirs when one points at them.

    xs, ys: where they lie, from 0 to 1.
    """
    taken: list[tuple[float, float, float]] = []  # middle and half of the width of each name, and its height
    found = set()
    for index in sorted(range(len(shown)), key=lambda index: not shown[index].mine):
        half = sum(WIDE_LETTER if ord(letter) > 0x2E80 else LETTER for letter in shown[index].name) / 2 + 2
        x, y = xs[index] * PLOT[0], ys[index] * PLOT[1]
        if all(abs(x - other) >= half + beside or abs(y - height) >= NAME_HEIGHT for other, beside, height in taken):
            taken.append((x, half, y))
            found.add(index)
    return found


def _shares(values: list[float], logarithmic: bool) -> list[float]:
    """
    >>> _shares([0.01, 0.1, 1.0], logarithmic=True), _shares([3, 3], logarithmic=False)
    ([0.0, 0.5, 1.0], [0.0, 0.0])
    """
    width, low = _width(values, logarithmic), min(values, default=0.0)
    return [(math.log(value / low) if logarithmic else value - low) / width for value in values]


def _ticks(values: list[float], axis: str) -> list[float]:
    """The values of a setting themselves, those that have room: not 20, 30, 40, 50 beside 16, 32 and 64. Empty: as usual.

    >>> _ticks([64, 16, 32, 16], "hidden_size"), _ticks([0.01, 0.0101, 1.0], "learning_rate"), _ticks([1.2, 1.3], "loss")
    ([16, 32, 64], [0.01, 1.0], [])
    """
    if axis not in SETTINGS:
        return []
    distinct = sorted(set(values))
    shares, kept = _shares(distinct, axis in LOGARITHMIC), []
    for value, share in zip(distinct, shares, strict=True):
        if not kept or share - kept[-1][1] >= 1 / MOST_TICKS:
            kept.append((value, share))
    return [value for value, _share in kept]


def _width(values: list[float], logarithmic: bool) -> float:
    """Of what the axis shows, in its own measure; 1 where all values are the same."""
    if not values:
        return 1.0
    low, high = min(values), max(values)
    return (math.log(high / low) if logarithmic else high - low) or 1.0


def _hover(point: Point, named: dict[str, str], unit: str) -> str:
    shown = {axis: "—" if (value := point.values[axis]) is None else _number(value) for axis in named}
    if marks.rates(point.run)[1:]:
        shown["learning_rate"] = run_labels.rates(point.run)
    if unit == "bits" and (parts := run_labels.parts_in_short(point.run)):
        shown["loss"] += f" ({parts})"
    lines = [f"{name}: {shown[axis]}" for axis, name in named.items()]
    head = f"<b>{charts.plain(point.name)}</b> · {run_labels.model(point.run)} · "
    head += _("diverged") if point.diverged else run_labels.status(point.run)
    return "<br>".join([head, *lines])


def _number(value: float) -> str:
    """
    >>> _number(310_970), _number(0.0123456)
    ('310,970', '0.012346')
    """
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.5g}"
