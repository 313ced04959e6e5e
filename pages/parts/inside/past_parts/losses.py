"""The loss by position in the context, on held-out text: which model goes on gaining from what it has read, and how long."""

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lmcore.errors import TextError
from lmcore.inference.trained import TrainedModel
from lmcore.inspection import position_loss
from lmcore.inspection.position_loss import Bin
from lmcore.models import LanguageModel, NeuralLanguageModel
from lmcore.runs.opened_run import open_run
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.records import Run
from lmcore.text.corpus import SMALLEST_VALIDATION
from pages.parts import visitor
from pages.parts.components import plots
from pages.parts.error_sentences import sentence
from pages.parts.language import _, literal, together
from pages.parts.run import charts, model_cache, ngram_cache, reference_lines

ORDERS = {2: "dot", 3: "dash", 5: "dashdot"}
OF_COUNTS = "#8A8A8A"
TICKS = (0, 1, 2, 5, 10, 20, 50, 100, 200)
CLEARLY = 2  # standard errors


@dataclass(frozen=True)
class Curve:
    name: str
    colour: str
    dash: str
    bins: list[Bin]


def show(run: Run, trained: TrainedModel, compared: list):
    """compared: `past.Compared`, this run first."""
    st.subheader(_("Loss by position in the context"))
    st.markdown(
        _(
            "Does it use what it can reach? Here the models read held-out text from many places on. If the loss goes on falling "
            "while the context grows, the tokens further back are used; where it is level, they are not."
        )
    )
    if not visitor.may_read(visitor.store().text(run.text_id)):
        st.info(_("The held-out text belongs to the owner of this run, so this is for those who may read it."))
        return
    try:
        held_out = _held_out(run.id, trained)
    except TextError as error:
        st.error(sentence(error.code, error.values))
        return
    if len(held_out) < SMALLEST_VALIDATION:
        st.info(
            _("The held-out text has {count} tokens, too few to measure this: it needs {needed}.").format(
                count=len(held_out), needed=SMALLEST_VALIDATION
            )
        )
        return
    with st.spinner(_("Reading held-out text …"), show_time=False):
        curves = _curves(run, trained, held_out, compared)
    if not curves:
        st.info(_("The held-out text has too few items to measure this."))
        return
    plots.show(_figure(curves), key="inside.past.losses")
    _say(trained.kind != "stream", held_out, curves)
    with st.expander(_("As a table")):
        st.dataframe(_table(curves), hide_index=True, key="inside.past.bins")


@st.cache_resource(max_entries=8, show_spinner=False)
def _held_out(run_id: str, _trained) -> np.ndarray:
    """(M,) ids of the validation split. Raises TextError where the file of the text is missing or damaged."""
    folder = RunFolder.of(visitor.data_folder(), run_id).path
    return _trained.tokenizer.encode(open_run(folder).corpus.validation).astype(np.int64)


def _curves(run: Run, trained: TrainedModel, held_out: np.ndarray, compared: list) -> list[Curve]:
    """The runs, then the counting models; all of them read the same contexts."""
    most = min(position_loss.affordable(one.trained.network) for one in compared)
    rows = position_loss.contexts(held_out, cast(NeuralLanguageModel, trained.model).begin_id, most)
    found = [
        Curve(one.name, one.colour, one.dash, _bins(run.id, one.run.id, one.trained.step, most, one.trained.model, rows))
        for one in compared
    ]
    for order, dash in ORDERS.items():
        if (model := ngram_cache.ngram(visitor.data_folder(), run, order)) is not None:
            found.append(Curve(reference_lines.ngram(order), OF_COUNTS, dash, _bins(run.id, "", order, most, model, rows)))
    return [curve for curve in found if curve.bins]


@st.cache_resource(max_entries=200, show_spinner=False)
def _bins(of_text: str, run_id: str, step: int, most: int, _model: LanguageModel, _rows: np.ndarray) -> list[Bin]:
    """of_text: the run whose held-out text is read. step: of the other run; the order of a counting model."""
    with model_cache.asking():
        return position_loss.bins(position_loss.nats(_model, _rows))


def _figure(curves: list[Curve]) -> go.Figure:
    figure = charts.blank(440, hovermode="closest")
    for curve in curves:
        counts = curve.colour == OF_COUNTS
        figure.add_scatter(
            x=[one.middle for one in curve.bins],
            y=[one.mean for one in curve.bins],
            error_y={"array": [one.error for one in curve.bins], "thickness": 1, "width": 2},
            name=charts.plain(curve.name),
            mode="lines+markers",
            line={"color": curve.colour, "dash": curve.dash, "width": 1.6 if counts else 2.6},
            marker={"color": curve.colour, "size": 4 if counts else 6},
            customdata=[_span(one) for one in curve.bins],
            hovertemplate="%{customdata}: %{y:.3f}<extra></extra>",
        )
    last = max(one.last for curve in curves for one in curve.bins)
    ticks = [tick for tick in TICKS if tick <= last]
    figure.update_xaxes(type="log", title=_("tokens of the context read before"), tickmode="array", ticktext=ticks,
                        tickvals=[tick + 1 for tick in ticks])  # fmt: skip
    figure.update_yaxes(title=_("loss (nats per token)"))
    figure.update_layout(legend={"x": 0, "xanchor": "left"}, showlegend=True)
    return figure


def _span(one: Bin) -> str:
    return f"{one.first}" if one.first == one.last else f"{one.first} – {one.last}"


def _say(of_items: bool, held_out: np.ndarray, curves: list[Curve]):
    """Who uses how much, as far as the standard errors allow to say it."""
    first, last = curves[0].bins[0], curves[0].bins[-1]
    words = _("Without context this run loses {first:.2f} nats per token, after {count} tokens {last:.2f}.").format(
        first=first.mean, count=last.first, last=last.mean
    )
    if not of_items and not _clear(first, last):
        words = together(words, _("That is no clear difference: it does not use what it reads in a context."))
    elif not of_items:
        reached = position_loss.reached(curves[0].bins)
        words = together(words, _("{count} tokens are enough for 90% of the fall.").format(count=reached))
    best = min(curves, key=lambda curve: curve.bins[-1].mean)
    as_good = [literal(curve.name) for curve in curves if not _clear(curve.bins[-1], best.bins[-1])]
    if len(as_good) == 1 < len(curves):
        words = together(words, _("At the end of the contexts the lowest loss is that of: {name}.").format(name=as_good[0]))
    elif len(curves) > 1:
        words = together(
            words,
            _("At the end of the contexts these are lowest, with no clear difference between them: {names}.").format(
                names=", ".join(as_good)
            ),
        )
    st.markdown(words)
    st.caption(
        together(
            _("{count} contexts, from {tokens} held-out tokens; the small lines are one standard error.").format(
                count=first.contexts, tokens=f"{len(held_out):,}"
            ),
            *_how_they_begin(of_items),
        )
    )


def _clear(one: Bin, other: Bin) -> bool:
    return abs(one.mean - other.mean) > CLEARLY * math.hypot(one.error, other.error)


def _how_they_begin(of_items: bool) -> tuple[str, ...]:
    if of_items:
        return (
            _(
                "A context begins with an item, so a position is a place in the item too, and some places are easier: even the line of an "
                "n-gram rises and falls. What counts is the distance between the lines."
            ),
        )
    return (
        _(
            "A context begins after the end of the training text, which is not what stands before it: the first tokens pay for that."
        ),
        _("An n-gram sees the last n − 1 tokens, so its line is level from there on."),
    )


def _table(curves: list[Curve]) -> dict[str, list]:
    longest = max((curve.bins for curve in curves), key=len)
    table: dict[str, list] = {
        _("Tokens read before"): [_span(one) for one in longest],
        _("Contexts"): [one.contexts for one in longest],
    }
    for curve in curves:
        table[curve.name] = [f"{one.mean:.3f} ± {one.error:.3f}" for one in curve.bins]
    return table
