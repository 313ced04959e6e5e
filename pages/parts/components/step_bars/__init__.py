"""A training step as bars: p, p - y and p after the update of the same tokens, beside one another and in the same unit of length.

Rows keep their place from update to update, so that bars move instead of blinking.
"""

import math
from pathlib import Path

import streamlit as st

from pages.parts.language import _
from pages.parts.number_format import format_probability, scientific

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "next_word_step_bars",
    html="<div class='step-bars' role='table'></div>",
    css=(HERE / "step_bars.css").read_text(encoding="utf-8"),
    js=(HERE / "step_bars.js").read_text(encoding="utf-8"),
)


def step_bars(rows: list[dict], magnified: int = 1, *, key: str):
    """rows: {name, logit (None: of several tokens), p, slope, after, target}; slope is p - y, of several tokens their sum.

    magnified: the axes end at 1 / magnified; longer bars are cut off there.
    """
    data = {
        "rows": [
            {
                **row,
                "logit": "" if row["logit"] is None else f"{row['logit']:.2f}",
                "shown": [format_probability(row["p"]), signed(row["slope"]), format_probability(row["after"])],
            }
            for row in rows
        ],
        "magnified": magnified,
        "labels": {
            "summary": _("Probability before the step, its gradient, and probability after it, for each token"),
            "token": _("token"),
            "logit": _("logit"),
            "panels": [_("③ forward: p"), _("⑤ backward: p − y"), _("⑥ after the update: p")],
            "short": ["③ p", "⑤ p − y", "⑥ p"],
        },
    }
    return _component(key=key, data=data)


def signed(value: float) -> str:
    """
    >>> signed(-0.97512), signed(0.0004), signed(0.0)
    ('−0.975', '+4.0×10⁻⁴', '0')
    """
    if not value:
        return "0"
    written = f"{abs(value):.3f}" if abs(value) >= 0.001 else scientific(math.log(abs(value)))
    return f"{'−' if value < 0 else '+'}{written}"
