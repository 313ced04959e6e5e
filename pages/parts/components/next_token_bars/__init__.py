"""The next token's probabilities as bars: they grow and shrink in place, and each is a button that appends its token."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from pages.parts.language import _
from pages.parts.number_format import format_probability

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "next_word_next_token_bars",
    html="<div class='bars' role='list'></div><div class='key'></div>",
    css=(HERE / "next_token_bars.css").read_text(encoding="utf-8"),
    js=(HERE / "next_token_bars.js").read_text(encoding="utf-8"),
)


def next_token_bars(rows: list[dict], rest: dict | None, *, key: str, labels: dict[str, str], on_click: Callable | None = None):
    """rows: {id, text, p, q (after temperature, top-k, top-p; or None), cut}; rest: {count, p, q}, None for no bar.

    Without on_click the bars are only looked at. `st.session_state[key].clicked` is the id of the clicked token.
    """
    data = {
        "rows": [{**row, "shown": _shown(row)} for row in rows],
        "rest": rest
        and {**rest, "shown": _shown(rest), "cut": rest.get("q") == 0, "text": labels["rest"].format(count=rest["count"])},
        "labels": labels,
        "clickable": on_click is not None,
    }
    return _component(key=key, data=data, on_clicked_change=on_click or (lambda: None))


def labels() -> dict[str, str]:
    return {
        "summary": _("Probabilities of the next token, most likely first. Choose one to append it to the text."),
        "rest": _("the other {count} tokens"),
        "append": _("Append “{token}”"),
        "before": _("as the model says"),
        "after": _("after temperature, top-k and top-p"),
        "cut": _("cut off"),
    }


def _shown(row: dict) -> str:
    """What it is drawn with, where that is another number than the model's."""
    return format_probability(row["p"] if row.get("q") is None else row["q"])
