"""Plotly figures from plain rows, and how probabilities are written. Imports no streamlit."""

import html
import math
import zlib

import numpy as np
import plotly.graph_objects as go

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito: safe for colour-blind eyes
DASHES = ("solid", "dash", "dot", "dashdot")
FIGURE = 128  # pixels, of a number with its name: as many stand side by side as the window has room for
GRID = "rgba(128,128,128,0.18)"


def _figure(height: int, **layout) -> go.Figure:
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
    figure = _figure(380, showlegend=False)
    figure.add_scatter(x=ranks[kept], y=counts[kept], mode="markers", marker={"color": PALETTE[0], "size": 5})
    figure.update_xaxes(type="log", title=labels["rank"])
    figure.update_yaxes(type="log", title=labels["count"])
    return figure


def running_log_probability(
    tokens: list[str], probabilities: np.ndarray, running: np.ndarray, labels: dict[str, str]
) -> go.Figure:
    """Each factor as a bar, the running sum of their logarithms as a line on the right axis."""
    places = list(range(1, len(tokens) + 1))
    names = [visible(token) for token in tokens]
    figure = _figure(320, yaxis2={"overlaying": "y", "side": "right", "title": labels["running"], "showgrid": False})
    figure.add_bar(
        x=places,
        y=probabilities,
        name=labels["probability"],
        marker_color=PALETTE[0],
        customdata=names,
        hovertemplate="%{customdata}: %{y:.4g}",
    )
    figure.add_scatter(
        x=places, y=running, name=labels["running"], yaxis="y2", mode="lines", line={"color": PALETTE[1], "width": 2.4}
    )
    if len(tokens) <= 60:
        figure.update_xaxes(tickmode="array", tickvals=places, ticktext=names)
    figure.update_xaxes(title=labels["token"], showgrid=False)
    figure.update_yaxes(title=labels["probability"], selector={"side": None})
    figure.update_layout(yaxis={"range": [0, 1]})
    return figure


def run_colour(run_id: str) -> str:
    """The colour of a run, the same on every page and for everybody.

    >>> run_colour("a"), run_colour("a") == run_colour("a")
    ('#0072B2', True)
    """
    return PALETTE[zlib.crc32(run_id.encode()) % len(PALETTE)]


def run_dashes(run_ids: list[str]) -> list[str]:
    """Lines of the same colour side by side are told apart by their dashes.

    >>> run_dashes(["a", "b", "a"])
    ['solid', 'solid', 'dash']
    """
    colours = [run_colour(run_id) for run_id in run_ids]
    return [DASHES[colours[:place].count(colour) % len(DASHES)] for place, colour in enumerate(colours)]


def compared(curves: list[dict], labels: dict[str, str], log_axes: tuple[str, ...] = ()) -> go.Figure:
    """Runs over each other. curves: {name, colour, dash, training: (x, y) or None, validation: (x, y)}; log_axes: of "x", "y"."""
    figure = _figure(440, hovermode="closest")
    for curve in curves:
        name, colour = html.escape(curve["name"]), curve["colour"]
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
    return figure


def visible(token: str) -> str:
    """A token as it can be read: line breaks, tabs and spaces get a sign.

    >>> visible(" the\\n")
    '␣the⏎'
    """
    return token.replace("\n", "⏎").replace("\t", "⇥").replace(" ", "␣")


SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_probability(p: float) -> str:
    """Never 0 unless it is 0.

    >>> [format_probability(p) for p in (1.0, 0.5, 0.03456, 0.00012, 3.2e-9, 0.0)]
    ['100 %', '50.0 %', '3.46 %', '0.012 %', '3.2·10⁻⁹', '0']
    """
    if p <= 0:
        return "0"
    if p >= 0.9995:
        return "100 %" if p == 1 or p > 0.99999 else f"{100 * p:.2f} %"
    if p < 1e-4:
        return format_probability_from_log(math.log(p))
    return f"{100 * p:.1f} %" if p >= 0.1 else f"{100 * p:.2f} %" if p >= 0.01 else f"{100 * p:.3f} %"


def format_probability_from_log(log_p: float) -> str:
    """A probability too small for a float is written all the same.

    >>> format_probability_from_log(-1000 * math.log(10)), format_probability_from_log(math.log(0.25))
    ('1.0·10⁻¹⁰⁰⁰', '25.0 %')
    """
    if log_p == -math.inf:
        return "0"
    if log_p >= math.log(1e-4):
        return format_probability(math.exp(log_p))
    exponent = math.floor(log_p / math.log(10) + 1e-9)
    mantissa = 10 ** (log_p / math.log(10) - exponent)
    return f"{mantissa:.1f}·10{str(exponent).translate(SUPERSCRIPT)}"


def one_in_from_log(log_p: float) -> str:
    """How rare: one in so many, in numbers people can read.

    >>> one_in_from_log(math.log(1 / 3_000_000)), one_in_from_log(-100)
    ('1 : 3,000,000', '1 : 2.7·10⁴³')
    """
    if log_p == -math.inf:
        return "0"
    if -log_p < math.log(1e9):
        return f"1 : {math.exp(-log_p):,.0f}"
    exponent = math.floor(-log_p / math.log(10) + 1e-9)
    return f"1 : {10 ** (-log_p / math.log(10) - exponent):.1f}·10{str(exponent).translate(SUPERSCRIPT)}"
