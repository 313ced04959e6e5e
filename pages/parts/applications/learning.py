"""How many lines does it take? Both ways of using a language model for labels, and a bag of words, by the number of training lines."""

import plotly.graph_objects as go
import streamlit as st

from lmcore.runs import curve_process
from lmcore.runs.curve_process import Measured
from lmcore.tasks import wilson
from pages.parts.applications.chosen import Chosen
from pages.parts.components import plots
from pages.parts.language import _, together

COLOURS = {"next_token": "#0072B2", "class_models": "#D55E00", "class_counts": "#CC79A7", "logistic": "#009E73"}
SYMBOLS = {"next_token": "circle", "class_models": "square", "class_counts": "diamond", "logistic": "cross"}
KEPT = 32  # curves of a server


def show(text_id: str, current: Chosen):
    if not current.task.labels or not current.pairs:
        return
    with st.expander(_("How many lines does it take?"), icon=":material/stacked_line_chart:"):
        st.markdown(
            _(
                "Two ways to use a language model for labels: **the label as the next token**, or **one language model a class**, whose label is "
                "the one whose model finds the text likeliest (Bayes' rule). Beside them a bag of words, which knows no order. Which wins with "
                "20 lines, and which with all?"
            )
        )
        kept = _kept()
        if text_id not in kept and st.button(
            _("Train them all (about a minute)"), key="applications.curve", icon=":material/play_arrow:"
        ):
            found, complete = _measure(current)
            if complete:
                while len(kept) >= KEPT:
                    del kept[next(iter(kept))]
                kept[text_id] = found
            elif found:
                _draw(found)
        if text_id in kept:
            _draw(kept[text_id])


@st.cache_resource(show_spinner=False)
def _kept() -> dict[str, list[Measured]]:
    """The curves that have been measured, by text."""
    return {}


def _measure(current: Chosen) -> tuple[list[Measured], bool]:
    """Return (what was measured, whether that is all)."""
    found: list[Measured] = []
    bar = st.progress(0.0, text=_("Training …"))
    try:
        for point in curve_process.measure(current.task):
            found.append(point)
            said = _("{method}, {lines} lines: {share} right").format(
                method=method_labels()[point.method], lines=f"{point.lines:,}", share=f"{point.correct / point.count:.0%}"
            )
            bar.progress(point.share_done, text=said)
    except TimeoutError:
        st.warning(
            _("This text is too large for this experiment: it was ended before it was complete. What was measured is shown.")
        )
    bar.empty()
    return found, bool(found) and found[-1].share_done == 1


def method_labels() -> dict[str, str]:
    return {
        "next_token": _("label as the next token"),
        "class_models": _("one network a class"),
        "class_counts": _("one counting model a class"),
        "logistic": _("bag of words (logistic regression)"),
    }


def _draw(found: list[Measured]):
    labels = method_labels()
    figure = go.Figure()
    for method in COLOURS:
        points = [point for point in found if point.method == method]
        shares = [point.correct / point.count for point in points]
        bounds = [wilson(point.correct, point.count) for point in points]
        figure.add_trace(
            go.Scatter(
                x=[point.lines for point in points],
                y=shares,
                name=labels[method],
                mode="lines+markers",
                line_color=COLOURS[method],
                marker={"symbol": SYMBOLS[method], "size": 9},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [high - share for share, (_low, high) in zip(shares, bounds, strict=True)],
                    "arrayminus": [share - low for share, (low, _high) in zip(shares, bounds, strict=True)],
                    "thickness": 1,
                },
                hovertemplate="%{y:.1%}<extra></extra>",
            )
        )
    figure.update_layout(height=380, margin={"l": 8, "r": 8, "t": 8, "b": 8}, legend={"orientation": "h", "y": 1.15})
    lines = sorted({point.lines for point in found})
    figure.update_xaxes(
        type="log", title=_("training lines"), tickvals=lines, ticktext=[f"{number:,}" for number in lines], fixedrange=True
    )
    figure.update_yaxes(tickformat=".0%", title=_("right"), range=[0, 1.03], fixedrange=True)
    plots.show(figure, key="applications.curve.chart")
    best = {number: max((one for one in found if one.lines == number), key=lambda one: one.correct) for number in lines}
    said = [
        _("With {lines} lines {method} is best: {share}.").format(
            lines=f"{number:,}", method=labels[one.method], share=f"{one.correct / one.count:.0%}"
        )
        for number, one in (list(best.items())[0], list(best.items())[-1])
    ]
    st.caption(together(*said))
    st.dataframe(
        {
            _("Training lines"): [point.lines for point in found],
            _("Way"): [labels[point.method] for point in found],
            _("Right"): [f"{point.correct / point.count:.1%}" for point in found],
        },
        hide_index=True,
        key="applications.curve.table",
    )
