"""Plotly figures from plain rows. How numbers are written is `number_format`, how tokens are named `components.token_names`."""

import html
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import plotly.graph_objects as go

from pages.parts.components.token_names import visible
from pages.parts.number_format import format_probability

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito: safe for colour-blind eyes
DASHES = ("solid", "dash", "dot", "dashdot")
FIGURE = 128  # pixels, of a number with its name: as many stand side by side as the window has room for
MOST_NAMED = 60  # tokens along an axis that has room for their names
FAR_ABOVE = 1.3  # times the first loss
GRID = "rgba(128,128,128,0.18)"


def name_tokens(figure: go.Figure, positions: Iterable[Any], names: list[str]) -> None:
    """Write tokens along the horizontal axis, small where they are many; beyond MOST_NAMED the axis keeps its numbers."""
    if len(names) <= MOST_NAMED:
        size = 12 if len(names) <= 16 else 9
        figure.update_xaxes(tickmode="array", tickvals=list(positions), ticktext=names, tickfont={"size": size})
        if all(len(name) == 1 for name in names):  # characters stand upright
            figure.update_xaxes(tickangle=0)


def plain(text: str) -> str:
    """As Plotly is to show it, which knows a few of HTML's tags and entities; &quot; is none of them.

    >>> plain('"<b>" & c')
    '"&lt;b&gt;" &amp; c'
    """
    return html.escape(text, quote=False)


def blank(height: int, **layout) -> go.Figure:
    """Nothing drawn yet, on the ground of the page."""
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 50, "r": 12, "t": 12, "b": 44},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        **layout,
    )
    figure.update_xaxes(gridcolor=GRID, zeroline=False)
    figure.update_yaxes(gridcolor=GRID, zeroline=False)
    return figure


def rank_frequency(ranks: np.ndarray, counts: np.ndarray, labels: dict[str, str]) -> go.Figure:
    """Both axes logarithmic; many points are thinned evenly on the logarithmic axis."""
    kept = np.unique(np.geomspace(1, len(ranks), 400).astype(int)) - 1
    figure = blank(380, showlegend=False)
    figure.add_scatter(x=ranks[kept], y=counts[kept], mode="markers", marker={"color": PALETTE[0], "size": 5})
    figure.update_xaxes(type="log", title=labels["rank"], dtick=1)
    figure.update_yaxes(type="log", title=labels["count"], dtick=1)
    return figure


def chain_of_probabilities(
    tokens: list[str],
    probabilities: np.ndarray,
    running: dict[str, np.ndarray],
    shown: set[str],
    colours: dict[str, str],
    labels: dict[str, str],
) -> go.Figure:
    """Each factor of one model as a bar; the running sums of log P of several as lines on the right axis, some of them hidden."""
    positions = list(range(1, len(tokens) + 1))
    names = [plain(visible(token)) for token in tokens]
    figure = blank(
        440, yaxis2={"overlaying": "y", "side": "right", "title": labels["running"], "showgrid": False, "tickmode": "auto"}
    )
    figure.add_bar(
        x=positions,
        y=probabilities,
        name=labels["probability"],
        showlegend=False,
        marker_color="rgba(0,114,178,0.45)",
        customdata=names,
        hovertemplate="%{customdata}: %{y:.4g}<extra></extra>",
    )
    for number, (name, sums) in enumerate(running.items()):
        figure.add_scatter(
            x=positions,
            y=np.where(np.isfinite(sums), sums, np.nan),
            name=plain(name),
            yaxis="y2",
            mode="lines+markers" if len(tokens) == 1 else "lines",
            line={"color": colours[name], "width": 2.8 if not number else 1.8},
            visible=True if name in shown else "legendonly",
            hovertemplate="%{y:.2f}",
        )
    name_tokens(figure, positions, names)
    figure.update_xaxes(title=labels["token"], showgrid=False)
    figure.update_layout(
        yaxis={"range": [0, 1], "title": labels["probability"]}, margin={"r": 56}, legend={"x": 0, "xanchor": "left"}
    )
    return figure


def next_token_by_model(
    tokens: list[str], probabilities: dict[str, np.ndarray], shown: set[str], colours: dict[str, str], title: str
) -> go.Figure:
    """The same tokens under several models as bars side by side; those not in `shown` are one click in the legend away."""
    names = [plain(visible(token)) for token in tokens]
    figure = blank(120 + len(tokens) * max(26, 11 * len(shown)), barmode="group", bargap=0.25)
    for name, probs in probabilities.items():
        figure.add_bar(
            y=list(range(len(tokens))),
            x=probs,
            orientation="h",
            name=plain(name),
            marker={"color": colours[name]},
            visible=True if name in shown else "legendonly",
            customdata=[format_probability(float(p)) for p in probs],
            text=names,
            textposition="none",
            hovertemplate="%{text}: %{customdata}",
        )
    figure.update_yaxes(autorange="reversed", tickmode="array", tickvals=list(range(len(tokens))), ticktext=names, showgrid=False)
    figure.update_xaxes(title=title, rangemode="tozero", tickformat=".0%")
    figure.update_layout(legend={"x": 0, "xanchor": "left", "traceorder": "normal"}, margin={"l": 80})
    return figure


def paid_for(tokens: list[str], differences: np.ndarray, title: str) -> go.Figure:
    """What each token costs more (above 0) or less in a second sentence, in bits."""
    positions = list(range(1, len(tokens) + 1))
    names = [plain(token) for token in tokens]
    figure = blank(280, showlegend=False)
    colours = [PALETTE[1] if difference > 0 else PALETTE[0] for difference in differences]
    figure.add_bar(
        x=positions,
        y=differences,
        marker_color=colours,
        customdata=names,
        hovertemplate="%{customdata}: %{y:+.2f}<extra></extra>",
    )
    name_tokens(figure, positions, names)
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(title=title, zeroline=True, zerolinecolor="rgba(128,128,128,0.6)")
    return figure


def run_colour(run_id: str) -> str:
    """The colour of a run where it stands alone, the same on every page and for every visitor.

    >>> run_colour("a"), run_colour("a") == run_colour("a")
    ('#CC79A7', True)
    """
    return PALETTE[zlib.crc32(run_id.encode()) % len(PALETTE)]


def run_looks(run_ids: list[str]) -> list[tuple[str, str]]:
    """(colour, dash) of runs side by side: each its own colour, or the next that is free; dashes once all are taken.

    >>> run_looks(["a", "b", "a"])
    [('#CC79A7', 'solid'), ('#56B4E9', 'solid'), ('#0072B2', 'solid')]
    >>> [dash for _, dash in run_looks(list("abcdefgh"))]
    ['solid', 'solid', 'solid', 'solid', 'solid', 'solid', 'dash', 'dash']
    """
    looks: list[tuple[str, str]] = []
    for run_id in run_ids:
        own = run_colour(run_id)
        free = ((colour, dash) for dash in DASHES for colour in (own, *PALETTE) if (colour, dash) not in looks)
        looks.append(next(free, (own, DASHES[0])))
    return looks


def compared(curves: list[dict], labels: dict[str, str], log_axes: tuple[str, ...] = ()) -> go.Figure:
    """Runs over each other. curves: {name, colour, dash, training: (x, y) or None, validation: (x, y)}; log_axes: of "x", "y"."""
    figure = blank(440, hovermode="closest")
    for curve in curves:
        name, colour = plain(curve["name"]), curve["colour"]
        shared = {"name": name, "legendgroup": name + colour + curve["dash"]}
        for part, look in (
            ("training", {"mode": "lines", "opacity": 0.45, "line": {"color": colour, "width": 1.4, "dash": curve["dash"]}}),
            (
                "validation",
                {
                    "mode": "lines+markers",
                    "line": {"color": colour, "width": 2.6, "dash": curve["dash"]},
                    "marker": {"color": colour, "size": 5},
                },
            ),
        ):
            if curve[part] is None or not len(curve[part][0]):
                continue
            x, y = curve[part]
            hover = f"{name}<br>{labels[part]} %{{y:.4f}}<br>{labels['x']} %{{x:,.4~g}}<extra></extra>"
            first = all(trace.legendgroup != shared["legendgroup"] for trace in figure.data)
            figure.add_scatter(x=x, y=y, showlegend=first, hovertemplate=hover, **shared, **look)
    figure.update_layout(legend={"x": 0, "xanchor": "left"}, showlegend=True)
    figure.update_xaxes(title=labels["x"], type="log" if "x" in log_axes else "linear")
    figure.update_yaxes(title=labels["y"], type="log" if "y" in log_axes else "linear")
    highest = max((float(trace.y[0]) for trace in figure.data), default=0.0)
    if "y" not in log_axes and any(np.nanmax(trace.y) > FAR_ABOVE * highest for trace in figure.data):
        figure.update_yaxes(range=[0, 1.1 * highest])  # a run that has diverged leaves the others their room
    return figure


def share_copied(steps: list[int], shares: list[float], new: float | None, labels: dict[str, str]) -> go.Figure:
    """The share copied over the steps; that of held-out text as a level line."""
    figure = blank(260)
    figure.add_scatter(
        x=steps,
        y=shares,
        name=labels["copied"],
        mode="lines+markers",
        line={"color": PALETTE[1], "width": 2.4},
        marker={"size": 5},
    )
    if new is not None:
        figure.add_scatter(
            x=[steps[0], steps[-1]],
            y=[new, new],
            name=labels["held_out"],
            mode="lines",
            line={"color": PALETTE[0], "dash": "dash"},
        )
    figure.update_xaxes(title=labels["step"])
    figure.update_yaxes(title=labels["copied"], range=[-0.03, 1.03], tickformat=".0%")
    return figure
