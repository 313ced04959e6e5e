"""Plotly figures from plain rows, and how probabilities are written. Imports no streamlit."""

import html
import math
import unicodedata
import zlib

import numpy as np
import plotly.graph_objects as go

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito: safe for colour-blind eyes
DASHES = ("solid", "dash", "dot", "dashdot")
FIGURE = 128  # pixels, of a number with its name: as many stand side by side as the window has room for
FAR_ABOVE = 1.3  # times the first loss
GRID = "rgba(128,128,128,0.18)"


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
    places = list(range(1, len(tokens) + 1))
    names = [plain(visible(token)) for token in tokens]
    figure = blank(
        440, yaxis2={"overlaying": "y", "side": "right", "title": labels["running"], "showgrid": False, "tickmode": "auto"}
    )
    figure.add_bar(
        x=places,
        y=probabilities,
        name=labels["probability"],
        showlegend=False,
        marker_color="rgba(0,114,178,0.45)",
        customdata=names,
        hovertemplate="%{customdata}: %{y:.4g}<extra></extra>",
    )
    for number, (name, sums) in enumerate(running.items()):
        figure.add_scatter(
            x=places,
            y=np.where(np.isfinite(sums), sums, np.nan),
            name=plain(name),
            yaxis="y2",
            mode="lines+markers" if len(tokens) == 1 else "lines",
            line={"color": colours[name], "width": 2.8 if not number else 1.8},
            visible=True if name in shown else "legendonly",
            hovertemplate="%{y:.2f}",
        )
    if len(tokens) <= 60:
        figure.update_xaxes(tickmode="array", tickvals=places, ticktext=names)
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
    places = list(range(1, len(tokens) + 1))
    names = [plain(token) for token in tokens]
    figure = blank(280, showlegend=False)
    colours = [PALETTE[1] if difference > 0 else PALETTE[0] for difference in differences]
    figure.add_bar(
        x=places, y=differences, marker_color=colours, customdata=names, hovertemplate="%{customdata}: %{y:+.2f}<extra></extra>"
    )
    if len(tokens) <= 60:
        figure.update_xaxes(tickmode="array", tickvals=places, ticktext=names)
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
    first = max((float(trace.y[0]) for trace in figure.data), default=0.0)
    if "y" not in log_axes and any(np.nanmax(trace.y) > FAR_ABOVE * first for trace in figure.data):
        figure.update_yaxes(range=[0, 1.1 * first])  # a run that has diverged leaves the others their room
    return figure


def spelled(token: str) -> str:
    """A token of which nothing can be seen by the numbers of its characters, unless it is made of usual spaces."""
    unseen = token.strip(" \n\t") and all(unicodedata.category(character)[0] in "ZCM" for character in token)
    return " ".join(f"U+{ord(character):04X}" for character in token) if unseen else token


def visible(token: str) -> str:
    """A token as it can be read: line breaks, tabs and spaces get a sign, what else cannot be seen its number.

    >>> visible(" the\\n"), visible("\\u3000")
    ('␣the⏎', 'U+3000')
    """
    return spelled(token).replace("\n", "⏎").replace("\t", "⇥").replace(" ", "␣")


def digits(value: float) -> float:
    """Three decimals; of what would become 0, two digits that say something.

    >>> digits(1.23456), digits(0.000144)
    (1.235, 0.00014)
    """
    return round(value, 3) if abs(value) >= 0.001 or not math.isfinite(value) else float(f"{value:.2g}") + 0.0  # never -0


def short(value: float) -> str:
    """A positive number in the room of a figure.

    >>> short(0.02), short(0.000123), short(0.0)
    ('0.02', '1.2×10⁻⁴', '0')
    """
    return f"{value:.3g}" if value >= 0.001 or value <= 0 else scientific(math.log(value))


def large(value: float) -> str:
    """A perplexity in the room of a figure.

    >>> large(12.34), large(123_456.7), large(1_858_452_170_393.1), large(math.inf)
    ('12.3', '123,457', '1.9×10¹²', '∞')
    """
    if not math.isfinite(value):
        return "∞"
    return scientific(math.log(value)) if value >= 1e6 else f"{value:,.0f}" if value >= 1e4 else f"{value:,.1f}"


SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_probability(p: float) -> str:
    """In percent, however small; never 0 unless it is 0.

    >>> [format_probability(p) for p in (1.0, 0.5, 0.03456, 0.00012, 3.2e-9, 0.0)]
    ['100%', '50.0%', '3.46%', '0.012%', '3.2×10⁻⁷%', '0%']
    """
    if p <= 0:
        return "0%"
    if p >= 0.9995:
        return "100%" if p > 0.99999 else f"{100 * p:.2f}%"
    if p < 1e-4:
        return format_probability_from_log(math.log(p))
    return f"{100 * p:.1f}%" if p >= 0.1 else f"{100 * p:.2f}%" if p >= 0.01 else f"{100 * p:.3f}%"


def format_probability_from_log(log_p: float) -> str:
    """A probability too small for a float is written all the same.

    >>> format_probability_from_log(-1000 * math.log(10)), format_probability_from_log(math.log(0.25))
    ('1.0×10⁻⁹⁹⁸%', '25.0%')
    """
    if log_p == -math.inf:
        return "0%"
    if log_p >= math.log(1e-4):
        return format_probability(math.exp(log_p))
    return scientific(log_p + math.log(100)) + "%"


def scientific(log_number: float) -> str:
    """A number of any size from its natural logarithm.

    >>> scientific(100.0), scientific(math.log(9.97e-7))
    ('2.7×10⁴³', '1.0×10⁻⁶')
    """
    exponent = math.floor(log_number / math.log(10) + 1e-9)
    mantissa = round(10 ** (log_number / math.log(10) - exponent), 1)
    if mantissa >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{mantissa:.1f}×10{str(exponent).translate(SUPERSCRIPT)}"


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
