"""Coloured, clickable tokens: by their ids as a tokenizer cuts them, by the surprise of a model, or underlined by influence."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from pages.parts.language import _

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "next_word_token_view",
    html="<div class='token-view'><div class='legend' aria-hidden='true'></div><div class='tokens'></div></div>",
    css=(HERE / "token_view.css").read_text(encoding="utf-8"),
    js=(HERE / "token_view.js").read_text(encoding="utf-8"),
)


def token_view(
    tokens: list[dict],
    *,
    key: str,
    labels: dict[str, str],
    mode: str = "ids",
    selected: int | None = None,
    max_height: int = 420,
    on_click: Callable | None = None,
):
    """tokens: {text, name, id, value, unknown, special}; text "": a part of the character that the next ones complete. `.clicked` of the result, and of `st.session_state[key]`, is an index or None.

    mode: ids; surprise (value: bits, None is infinite); influence (value: nats that the token adds to log P of another one,
    above 0 underlined in blue, below in orange, None is not known; labels then has "raises" and "lowers" for the legend).
    """
    data = {"tokens": tokens, "mode": mode, "selected": selected, "labels": labels, "maxHeight": max_height}
    data["name"] = _("Tokens: the arrow keys move, Enter chooses")
    return _component(key=key, data=data, on_clicked_change=on_click or (lambda: None))
