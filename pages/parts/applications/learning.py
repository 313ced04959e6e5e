"""How many lines does it take? Both ways of using a language model for labels, and a bag of words, by the number of training lines."""

import plotly.graph_objects as go
import streamlit as st

from lmcore.runs.store.records import Run
from lmcore.runs.task_process import Measured
from pages.parts.applications import measuring
from pages.parts.applications.chosen import Chosen
from pages.parts.components import plots
from pages.parts.language import _, together

COLOURS = {"next_token": "#0072B2", "class_models": "#D55E00", "class_counts": "#CC79A7", "logistic": "#009E73"}
SYMBOLS = {"next_token": "circle", "class_models": "square", "class_counts": "diamond", "logistic": "cross"}


def show(run: Run, current: Chosen):
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
        found = measuring.measured(run, current, "curve", method_labels(), button=_("Train them all (about a minute)"))
        if found:
            _draw(found)


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
        figure.add_trace(
            go.Scatter(
                x=[point.lines for point in points],
                y=[point.share for point in points],
                name=labels[method],
                mode="lines+markers",
                line_color=COLOURS[method],
                marker={"symbol": SYMBOLS[method], "size": 9},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [point.interval[1] - point.share for point in points],
                    "arrayminus": [point.share - point.interval[0] for point in points],
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
            lines=f"{number:,}", method=labels[one.method], share=f"{one.share:.0%}"
        )
        for number, one in (list(best.items())[0], list(best.items())[-1])
    ]
    st.caption(together(*said))
    st.dataframe(
        {
            _("Training lines"): [point.lines for point in found],
            _("Way"): [labels[point.method] for point in found],
            _("Right"): [f"{point.share:.1%}" for point in found],
        },
        hide_index=True,
        key="applications.curve.table",
    )
