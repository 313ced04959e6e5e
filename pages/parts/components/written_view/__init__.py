"""A text that grows token by token: each can be chosen, copied passages are underlined, and the number that fell is shown on its bar."""

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "next_word_written_view",
    html=(HERE / "written_view.html").read_text(encoding="utf-8"),
    css=(HERE / "written_view.css").read_text(encoding="utf-8"),
    js=(HERE / "written_view.js").read_text(encoding="utf-8"),
)


def written_view(
    prompt: str,
    texts: list[str],
    *,
    key: str,
    labels: dict[str, str],
    names: list[str] | None = None,
    copied: tuple = (),
    chosen: Sequence[int] = (),
    selected: int | None = None,
    bar: dict | None = None,
    on_click: Callable | None = None,
    max_height: int = 360,
):
    """prompt: what stands before, pale. texts: of each token; "" for a part of the character that the next ones complete. names: for
    those who hear them, the texts where left out. copied: (begin, end) of passages. chosen: positions of tokens that a person chose.

    bar: {intervals: [{text, low, high, part: token, hit or rest}], number (or None), said} of the selected token. Without on_click
    the text is only looked at. `st.session_state[key].clicked` is the position of the clicked token.
    """
    data = {
        "prompt": prompt,
        "texts": texts,
        "names": names or texts,
        "copied": [[int(begin), int(end)] for begin, end in copied],
        "chosen": list(chosen),
        "selected": selected,
        "bar": bar,
        "labels": labels,
        "clickable": on_click is not None,
        "maxHeight": max_height,
    }
    return _component(key=key, data=data, on_clicked_change=on_click or (lambda: None))
