"""The line of a game: what stands before it, the tokens found so far in the colour of how they were found, and the gap."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "next_word_guessed_line",
    html="<div class='guessed-line'><div class='before'></div><div class='line'></div></div>",
    css=(HERE / "guessed_line.css").read_text(encoding="utf-8"),
    js=(HERE / "guessed_line.js").read_text(encoding="utf-8"),
)


def guessed_line(before: str, tokens: list[dict], left: int, *, key: str, labels: dict[str, str]):
    """tokens: {text, how: first, later or missed}. left: how many tokens are still hidden. labels: a word for each `how`, and
    `gap` and `line` for a screen reader."""
    _component(key=key, data={"before": before, "tokens": tokens, "left": left, "labels": labels})
