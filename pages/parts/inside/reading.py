"""While it reads: what each unit of the network holds after each token, and where in the text it is high and low.

Which unit follows a label of the text is `reading_labels`; what is lost without one is `knock_out`.
"""

from typing import cast

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lmcore.errors import TextError
from lmcore.inference.trained import TrainedModel
from lmcore.inspection import states
from lmcore.models import NeuralLanguageModel
from lmcore.runs.opened_run import open_run
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.records import Run
from pages.parts import visitor
from pages.parts.components import plots, token_names
from pages.parts.components.number_field import number_field
from pages.parts.inside import knock_out, reading_labels, sentence
from pages.parts.language import _, together
from pages.parts.run import charts, model_cache, run_labels

MOST = 300  # tokens
EXTREMES = 6
AROUND = 6  # tokens before and after
UNIT = "inside.reading.unit"


def show(run: Run, trained: TrainedModel):
    st.markdown(
        _(
            "What does the network make of each token? A Transformer carries no state on: after each token it computes a list of "
            "numbers from the tokens of its window; each number is a *unit*."
        )
        if run_labels.config(run).model.family == "transformer"
        else _(
            "What does the network keep in mind? Its memory is a list of numbers, the **hidden state**; each number is a *unit*. After "
            "each token all of them are computed anew."
        )
    )
    ids = sentence.ask(run, trained, MOST)
    if ids is None:
        return
    ids = ids.astype(np.int64)
    with st.spinner(_("Reading …"), show_time=False):
        found = _states(run.id, trained.step, ids.tobytes(), trained)
    name, layer = _choose_part(found)
    values = found[name][:, layer]  # (T, units)
    names = [token_names.visible(token) for token in trained.tokenizer.texts(ids)]
    order = states.order(values)
    plots.show(_heat_map(names, values[:, order], order), key="inside.reading.map")
    seen = _(
        "A column is a token, a row a unit; the colour is its value after the token. Units that rise and fall together lie side by "
        "side. A row that keeps its colour remembers something; one that changes with each token only sees the last one."
    )
    st.caption(together(seen, what_parts_do()[name]) if name in what_parts_do() else seen)
    with st.expander(_("As a table")):
        st.dataframe({_("token"): names, **{str(unit): values[:, unit].round(4) for unit in order}}, hide_index=True)
    st.subheader(_("One unit"))
    unit = _choose_unit(run, values)
    if unit is None:
        return
    plots.show(_curve(names, values[:, unit]), key="inside.reading.curve")
    sample, of_held_out = _sample(run, trained, ids)
    with st.spinner(_("Reading held-out text …"), show_time=False):
        read = _sample_values(run.id, trained.step, name, layer, sample.tobytes(), trained)
    _extremes(trained, sample, read[:, unit], of_held_out)
    reading_labels.show(run, trained, sample, read, UNIT)
    knock_out.show(run, trained, ids, layer, unit)


@st.cache_resource(max_entries=32, show_spinner=False)
def _states(run_id: str, step: int, ids: bytes, _trained: TrainedModel) -> dict[str, np.ndarray]:
    with model_cache.asking():
        return states.read(cast(NeuralLanguageModel, _trained.model), np.frombuffer(ids, dtype=np.int64).copy())


@st.cache_resource(max_entries=16, show_spinner=False)
def _sample_values(run_id: str, step: int, name: str, layer: int, ids: bytes, _trained: TrainedModel) -> np.ndarray:
    with model_cache.asking():
        read = states.read(cast(NeuralLanguageModel, _trained.model), np.frombuffer(ids, dtype=np.int64).copy())
        return read[name][:, layer].copy()


def _sample(run: Run, trained: TrainedModel, ids: np.ndarray) -> tuple[np.ndarray, bool]:
    """(held-out ids, True); the sentence's own where there are none, or where they are the owner's alone."""
    try:
        if visitor.may_read(visitor.store().text(run.text_id)):
            found = _held_out(run.id, trained.step, trained)
            if len(found) >= reading_labels.FEWEST:
                return found, True
    except TextError:  # its file is missing or damaged
        pass
    return ids, False


@st.cache_resource(max_entries=16, show_spinner=False)
def _held_out(run_id: str, step: int, _trained: TrainedModel) -> np.ndarray:
    """(M,) held-out ids, as many as are read in half a second. Raises TextError where the file of the text is missing or damaged."""
    data = open_run(RunFolder.of(visitor.data_folder(), run_id).path).data
    return data.validation[: states.affordable(cast(NeuralLanguageModel, _trained.model))].astype(np.int64)


def _choose_part(found: dict[str, np.ndarray]) -> tuple[str, int]:
    """(name, layer) of what is drawn."""
    row = st.container(horizontal=True, gap="large", vertical_alignment="bottom")
    parts = part_names()
    name = next(iter(found))
    if len(found) > 1:
        name = row.segmented_control(
            _("What is drawn"),
            list(found),
            default=name,
            format_func=lambda part: parts.get(part, part),
            key="inside.reading.part",
            required=True,
            persist_state="session",
        )
    name = name if name in found else next(iter(found))
    layers = found[name].shape[1]
    layer = 0
    if layers > 1:
        layer = row.segmented_control(
            _("Layer"),
            list(range(layers)),
            default=layers - 1,
            format_func=lambda number: str(number + 1),
            key=f"inside.reading.layer.{layers}",
            required=True,
            persist_state="session",
        )
    return name, layer


def part_names() -> dict[str, str]:
    return {
        "h": _("hidden state h"),
        "c": _("cell c"),
        "input": _("input gate"),
        "forget": _("forget gate"),
        "output": _("output gate"),
        "candidate": _("candidate"),
        "reset": _("reset gate"),
        "update": _("update gate"),
    }


def what_parts_do() -> dict[str, str]:
    return {
        "h": _("The hidden state is what a unit passes on: to the next layer or the output, and to the next step."),
        "c": _("The cell state is the memory of an LSTM: it changes only by as much as its gates let through."),
        "input": _("The input gate says how much of the candidate is written into the cell: 0 nothing, 1 all of it."),
        "forget": _("The forget gate says how much of the cell is kept: at 1 it remembers everything, at 0 it forgets."),
        "output": _("The output gate says how much of the cell the rest of the network gets to see."),
        "candidate": _("The candidate is the new value that could be written at this token."),
        "reset": _("The reset gate says how much of the old hidden state goes into the candidate."),
        "update": _("The update gate says how much of the old hidden state is kept: at 1 nothing changes."),
    }


def _heat_map(names: list[str], values: np.ndarray, order: np.ndarray) -> go.Figure:
    """values: (T, units) in `order`."""
    figure = charts.blank(440)
    bound = float(np.abs(values).max()) or 1.0
    figure.add_heatmap(
        z=values.T, x=_columns(names), y=[str(unit) for unit in order], zmid=0, zmin=-bound, zmax=bound, colorscale="RdBu",
        colorbar={"thickness": 12}, hovertemplate="%{x}<br>" + _("unit") + " %{y}: %{z:.3f}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(type="category", nticks=12, title=_("token"), showgrid=False)
    figure.update_yaxes(type="category")
    figure.update_yaxes(title=_("units, similar ones side by side"), showticklabels=False, showgrid=False)
    charts.name_tokens(figure, _columns(names), list(map(charts.plain, names)))
    return figure


def _columns(names: list[str]) -> list[str]:
    """Different ones, though a token comes twice: they are sent once a column, not once a cell."""
    return [f"{position} · {charts.plain(name)}" for position, name in enumerate(names, start=1)]


def _with_names(figure: go.Figure, names: list[str]) -> go.Figure:
    figure.update_xaxes(title=_("token"), showgrid=False)
    charts.name_tokens(figure, range(len(names)), list(map(charts.plain, names)))
    return figure


def _choose_unit(run: Run, values: np.ndarray) -> int | None:
    """The one that changes most over the sentence, until another is chosen."""
    units = values.shape[1]
    of = (run.id, units)
    if st.session_state.get(f"{UNIT}.of") != of:
        st.session_state[f"{UNIT}.of"], st.session_state[UNIT] = of, int(values.var(axis=0).argmax())
    elif UNIT not in st.session_state:  # another view was shown meanwhile
        st.session_state[UNIT] = st.session_state[f"{UNIT}.kept"]
    st.session_state[f"{UNIT}.kept"] = st.session_state[UNIT]
    return number_field(_("Unit"), 0, units - 1, key=UNIT, step=1, width=160)


def _curve(names: list[str], values: np.ndarray) -> go.Figure:
    figure = charts.blank(240, showlegend=False)
    figure.add_bar(
        x=list(range(len(names))),
        y=values,
        marker_color=[charts.PALETTE[0] if value >= 0 else charts.PALETTE[1] for value in values],
        customdata=[charts.plain(name) for name in names],
        hovertemplate="%{customdata}: %{y:.3f}<extra></extra>",
    )
    figure.update_yaxes(title=_("value after the token"), zeroline=True, zerolinecolor="rgba(128,128,128,0.6)")
    return _with_names(figure, names)


def _extremes(trained: TrainedModel, ids: np.ndarray, values: np.ndarray, of_held_out: bool):
    """Where in the text the unit is highest and lowest."""
    highest, lowest = states.extremes(values, EXTREMES, AROUND)
    texts = [token_names.visible(token) for token in trained.tokenizer.texts(ids)]
    high, low = st.columns(2, gap="large")
    for column, title, positions in (
        (high, _("Where it is highest"), highest),
        (low, _("Where it is lowest"), lowest),
    ):
        column.caption(title)
        column.dataframe(
            {
                _("Before it"): ["".join(texts[max(0, position - AROUND) : position]) for position in positions],
                _("The token"): [texts[position] for position in positions],
                _("Value"): [round(float(values[position]), 3) for position in positions],
            },
            hide_index=True,
            column_config={_("Before it"): st.column_config.TextColumn(alignment="right")},
        )
    if of_held_out:
        st.caption(_("Looked up in {count} tokens of held-out text.").format(count=f"{len(ids):,}"))
    else:
        st.caption(_("Looked up in the sentence above: there is no held-out text that you may read."))
