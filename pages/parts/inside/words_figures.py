"""The figures of *Words as points*: a map of tokens, and the same map at several moments of training. Numbers come from `words`."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from lmcore.inspection.embeddings import Plane
from pages.parts.run import charts

COLOURS = (*charts.PALETTE, "#888888")
NAMED = 45  # tokens whose names stand beside their points
APART = 0.035  # of the width of the map, at least, between two names
LOOKED_AT = 400  # of the most frequent tokens, for room for their names
MANY = 1_500  # points that the browser draws by WebGL
MILLISECONDS = 400  # between two frames
CHOSEN = {"size": 15, "color": "rgba(0,0,0,0)", "line": {"width": 2.5, "color": "#D55E00"}}


def apart(points: np.ndarray, first: Sequence[int]) -> list[int]:
    """The points whose names have room beside each other: those of `first`, then the most frequent ones."""
    width = float(np.ptp(points, axis=0).max()) or 1.0
    kept = list(first)
    for row in range(min(len(points), LOOKED_AT)):
        if len(kept) >= NAMED:
            break
        away = np.abs(points[kept] - points[row]) if kept else np.empty((0, 2))  # a name is wider than high
        if row not in kept and not ((away[:, 0] < 2 * APART * width) & (away[:, 1] < APART * width)).any():
            kept.append(row)
    return kept


def colours_of(classes: list[str]) -> dict[str, str]:
    """{class: colour}, the most frequent class first."""
    return dict(zip(sorted(set(classes), key=lambda name: (-classes.count(name), name)), COLOURS, strict=False))


def groups(classes: list[str], labels: dict[str, str], among: list[str] | None = None) -> list[tuple[str, str, np.ndarray]]:
    """(label, colour, rows) of each class. among: the classes of all tokens, where these are some of them: colours stay the same."""
    rows = np.array(classes)
    colours = colours_of(among or classes).items()
    return [(labels[name], colour, np.flatnonzero(rows == name)) for name, colour in colours if name in classes]


def map_of(
    plane: Plane, names: list[str], chosen: int, near: np.ndarray, *, coloured, axes: tuple[str, str], near_label: str
) -> go.Figure:
    """Tokens on their plane. chosen: a row; near: the rows of its nearest neighbours. coloured: `groups`, or (title, logarithms) of a
    colour scale."""
    figure = charts.blank(560, xaxis_title=axes[0], yaxis_title=axes[1], hovermode="closest")
    kind = go.Scattergl if len(names) > MANY else go.Scatter
    size = 5 if len(names) > 300 else 8
    hover = [charts.plain(name) for name in names]

    def points(rows, **look):
        figure.add_trace(
            kind(x=plane.points[rows, 0], y=plane.points[rows, 1], mode="markers", customdata=[hover[row] for row in rows],
                 hovertemplate="%{customdata}<extra></extra>", **look)
        )  # fmt: skip

    if isinstance(coloured, tuple):
        title, logarithms = coloured
        powers = list(range(int(np.ceil(logarithms.max())) + 1))
        bar = {"title": title, "tickvals": powers, "ticktext": [f"{10**power:,}" for power in powers], "thickness": 12}
        marker = {"size": size, "color": logarithms, "colorscale": "Viridis", "colorbar": bar, "opacity": 0.85}
        points(np.arange(len(names)), marker=marker, showlegend=False)
    else:
        for label, colour, rows in coloured:
            points(rows, name=label, marker={"size": size, "color": colour, "opacity": 0.75})
    points(near, name=near_label, marker={"size": 12, "color": "rgba(0,0,0,0)", "line": {"width": 1.5, "color": "#888888"}})
    points(np.array([chosen]), name=hover[chosen], marker=CHOSEN)
    named = apart(plane.points, [chosen, *near.tolist()])
    figure.add_scatter(
        x=plane.points[named, 0], y=plane.points[named, 1], mode="text", text=[hover[row] for row in named],
        textposition="top center", textfont={"size": 11}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    figure.update_layout(legend={"x": 0, "xanchor": "left"})
    return figure


def film_of(
    steps: list[int], planes: list[Plane], names: list[str], chosen: int, coloured: list, labels: dict[str, str]
) -> go.Figure:
    """The tokens at each step, moved by a slider or by themselves; of the chosen one its whole way. labels: step, play, pause."""
    every = np.stack([plane.points for plane in planes])  # (frames, N, 2)
    hover = [charts.plain(name) for name in names]
    named = set(apart(every[-1], [chosen]))
    text = [name if row in named else "" for row, name in enumerate(hover)]
    reach = 1.08 * float(np.abs(every).max()) or 1.0
    figure = charts.blank(600, hovermode="closest")
    figure.update_xaxes(range=[-reach, reach], zeroline=True, zerolinecolor=charts.GRID)
    figure.update_yaxes(range=[-reach, reach], zeroline=True, zerolinecolor=charts.GRID)
    for label, colour, rows in coloured:
        figure.add_scatter(
            x=every[-1, rows, 0], y=every[-1, rows, 1], mode="markers+text", name=label, text=[text[row] for row in rows],
            textposition="top center", textfont={"size": 11}, customdata=[hover[row] for row in rows],
            hovertemplate="%{customdata}<extra></extra>", marker={"size": 7, "color": colour, "opacity": 0.75},
        )  # fmt: skip
    moved = [*(rows for _label, _colour, rows in coloured), np.array([chosen])]
    figure.add_scatter(
        x=every[-1, [chosen], 0], y=every[-1, [chosen], 1], mode="markers", name=hover[chosen], marker=CHOSEN, hoverinfo="skip"
    )
    figure.add_scatter(
        x=every[:, chosen, 0], y=every[:, chosen, 1], mode="lines", line={"color": "#D55E00", "width": 1}, opacity=0.6,
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    figure.frames = [
        go.Frame(
            name=str(step),
            data=[go.Scatter(x=points[rows, 0], y=points[rows, 1]) for rows in moved],
            traces=list(range(len(moved))),
        )
        for step, points in zip(steps, every, strict=True)
    ]
    pace = {"frame": {"duration": MILLISECONDS, "redraw": False}, "transition": {"duration": MILLISECONDS}}
    still = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}}
    grey = {"bgcolor": "rgba(128,128,128,0.12)", "bordercolor": "rgba(128,128,128,0.4)", "font": {"color": "#888888"}}
    figure.update_layout(
        updatemenus=[{
            "type": "buttons", "direction": "right", "x": 0, "y": -0.1, "xanchor": "left", "yanchor": "top", "showactive": False, **grey,
            "buttons": [
                {"label": labels["play"], "method": "animate", "args": [None, {"fromcurrent": False, **pace}]},
                {"label": labels["pause"], "method": "animate", "args": [[None], still]},
            ],
        }],
        sliders=[{
            "active": len(steps) - 1, "x": 0, "len": 1, "y": -0.1, "pad": {"t": 10},
            "currentvalue": {"prefix": labels["step"] + " ", "xanchor": "right", "font": {"color": "#888888"}}, **grey,
            "steps": [{"label": str(step), "method": "animate", "args": [[str(step)], {"mode": "immediate", **pace}]} for step in steps],
        }],
        legend={"x": 0, "xanchor": "left"}, margin={"b": 130},
    )  # fmt: skip
    return figure
