"""A form that is sent to a route of the server instead of to the page's script, because only an answer can set a cookie."""

from pathlib import Path

import streamlit as st

from pages.parts.language import current_language

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "next_word_post_form",
    html="<form method='post'></form>",
    css=(HERE / "post_form.css").read_text(encoding="utf-8"),
    js=(HERE / "post_form.js").read_text(encoding="utf-8"),
)


def post_form(action: str, button: str, *, key: str, field: str = "", label: str = "", hidden: dict[str, str] | None = None):
    """field: the name of a line of text, where one is asked for, with its label. The visitor's language goes along."""
    values = {"lang": current_language(), **(hidden or {})}
    _component(key=key, data={"action": action, "button": button, "field": field, "label": label, "hidden": values})
