"""A scatter that others keep changing: its points move in place, and a click is never lost to a new drawing."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from pages.parts.components import plots
from pages.parts.components.plotly_js import with_plotly

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "next_word_board_chart",
    html="<div class='plot' role='group'></div>",
    css=".plot { width: 100%; }",
    js=with_plotly((HERE / "board_chart.js").read_text(encoding="utf-8")),
    isolate_styles=False,
)


def board_chart(figure, *, key: str, summary: str, on_choose: Callable):
    """figure: of Plotly, each point with its `customdata`. `st.session_state[key].chosen` is that of the point clicked last."""
    figure.update_layout(template="none")  # the page's colours are put on in the browser
    return _component(
        key=key, data={"figure": figure.to_json(), "summary": summary, "options": plots.options()}, on_chosen_change=on_choose
    )
