"""A film of a run, played in the browser: every frame is there from the start, so that nothing is asked while it plays."""

from pathlib import Path

import streamlit as st

from pages.parts.components.plotly_js import with_plotly

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "next_word_film_view",
    html=(HERE / "film_view.html").read_text(encoding="utf-8"),
    css=(HERE / "film_view.css").read_text(encoding="utf-8"),
    js=with_plotly((HERE / "film_view.js").read_text(encoding="utf-8")),
    isolate_styles=False,
)


def film_view(data: dict, *, key: str):
    """data: film (its name: another one begins at its first frame), tokens, frames, samples, curve, validation, labels."""
    return _component(key=key, data=data)
