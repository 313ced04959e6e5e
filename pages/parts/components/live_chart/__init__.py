"""The live curve: a component around Plotly.js that grows in place; its element and its zoom survive every update.

Each update carries the steps since the last but one: the browser drops what it knows, and says so when something is missing.
"""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from lmcore.runs.store.records import Run
from lmcore.runs.store.store import Store
from lmcore.training.curve_history import thin
from pages.parts.components import plots
from pages.parts.components.plotly_js import with_plotly

HERE = Path(__file__).parent
COLUMNS = ("step", "tokens", "seconds", "loss", "gradient_norm", "learning_rate", "tokens_per_second")
DIGITS = {"loss": 5, "gradient_norm": 4, "learning_rate": 8, "tokens_per_second": 0, "seconds": 3, "tokens": 0, "step": 0}

_component = st.components.v2.component(
    "next_word_live_chart",
    html="<div class='live-chart'><div class='bar'></div><div class='plot' role='group'></div></div>",
    css=(HERE / "live_chart.css").read_text(encoding="utf-8"),
    js=with_plotly((HERE / "live_chart.js").read_text(encoding="utf-8")),
    isolate_styles=False,
)
_getting_ready = st.components.v2.component(
    "next_word_chart_to_come",
    js=with_plotly("export default () => { requestIdleCallback(() => loadPlotly().catch(() => {}), { timeout: 3000 }); }\n"),
)


def chart_to_come(key: str):
    """On a page that leads to a curve: the browser loads what draws it (4 MB, half a second) while the visitor looks around."""
    _getting_ready(key=key)


def live_chart(
    store: Store,
    run: Run,
    *,
    key: str,
    labels: dict[str, str],
    references: list[dict],
    marks: list[tuple[int, str]],
    summary: str,
    evidence: tuple[int, int, str] | None = None,
    old: Sequence[tuple[int, float]] = (),
):
    """Mount the curve of a run, or send it what is new. Call it again and again with the same key.

    references: {name, loss (nats per token), floor}: lines across the chart; marks: (step, name) of what was changed meanwhile;
    evidence: (first step, last step, name) of what is shaded; old: (step, loss) on the text of the run that it began with.
    """
    sent = st.session_state.setdefault(f"{key}.sent", {})
    if sent.get("run") != run.id:
        sent.clear()
        sent.update(run=run.id, last=0, before=0)

    def missing():
        asked = (st.session_state.get(key) or {}).get("missing")  # nothing, where the page was left meanwhile
        if asked and asked.get("run") == run.id:
            sent["before"] = sent["last"] = int(asked["last"])

    after = sent["before"]
    columns = store.steps(run.id, after=after)
    if len(columns.step) and columns.step[-1] < sent["last"]:  # resumed from an earlier checkpoint: begin again
        after = 0
        columns = store.steps(run.id)
    kept = thin(columns.loss)
    evaluations = [row for row in store.evaluations(run.id) if row.loss is not None]
    data = {
        "run": run.id,
        "after": after,
        "steps": {name: _plain(getattr(columns, name)[kept], DIGITS[name]) for name in COLUMNS},
        "evaluations": {
            "step": [row.step for row in evaluations],
            "loss": [None if row.loss is None else round(row.loss, 5) for row in evaluations],
        },
        "best": run.best_step,
        "old": {"step": [step for step, _ in old], "loss": [round(loss, 5) for _, loss in old]},
        "references": references,
        "marks": [{"step": step, "name": name} for step, name in marks],
        "evidence": None if evidence is None else dict(zip(("begin", "end", "name"), evidence, strict=True)),
        "labels": labels,
        "summary": summary,
        "options": plots.options(),
    }
    sent["before"], sent["last"] = sent["last"], int(columns.step[-1]) if len(columns.step) else sent["last"]
    _component(key=key, data=data, on_missing_change=missing)


def _plain(values, digits: int) -> list:
    """JSON has no NaN: a hole is None."""
    return [None if value != value else round(float(value), digits) if digits else int(value) for value in values]
