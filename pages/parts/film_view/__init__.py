"""A film of a run, played in the browser: every frame is there from the start, so that nothing is asked while it plays."""

from pathlib import Path

import streamlit as st

from pages.parts.live_chart.assets import PLOTLY_ROUTE

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "next_word_film_view",
    html=(HERE / "film_view.html").read_text(encoding="utf-8"),
    css=(HERE / "film_view.css").read_text(encoding="utf-8"),
    js=(HERE / "film_view.js").read_text(encoding="utf-8").replace("PLOTLY_ROUTE", PLOTLY_ROUTE),
    isolate_styles=False,
)


def film_view(data: dict, *, key: str):
    """data: film (its name: another one begins at its first frame), tokens, frames, samples, curve, validation, labels."""
    return _component(key=key, data=data)
