"""How far back: how much of what it has read a network uses, by its gradients and by its losses."""

import contextlib
import math
from dataclasses import dataclass
from typing import cast

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lmcore.errors import CheckpointError
from lmcore.inference.trained import TrainedModel
from lmcore.inspection import reach
from lmcore.inspection.reach import Reach
from lmcore.models import NeuralLanguageModel
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.records import Run
from lmcore.text.decoding import one_line
from pages.parts import links, number_format, texts, visitor
from pages.parts.components import plots, token_names
from pages.parts.inside import sentence
from pages.parts.inside.past_parts import attention, losses
from pages.parts.language import _, together
from pages.parts.run import charts, model_cache, run_labels, same_tokens

MOST = 300  # tokens
MOST_OTHERS = 4
SPAN = 20  # tokens
FEW_DECADES = 2  # of which the axis names 2 and 5 too
NAME = 28  # characters of a run's name


@dataclass(frozen=True)
class Compared:
    """A run in these charts."""

    run: Run
    trained: TrainedModel
    name: str
    colour: str
    dash: str


def show(run: Run, trained: TrainedModel):
    compared = _choose(run, trained)
    ids, target = _gradients(run, trained, compared)
    losses.show(run, trained, compared)
    if ids is not None and target:
        attention.show(run, trained, ids, target)


def _choose(run: Run, trained: TrainedModel) -> list[Compared]:
    """This run first, then others of the same text with the same tokens: to begin with, one of each other family."""
    others = {
        run_id: other
        for run_id, other in same_tokens.others(run).items()
        if other.text_id == run.text_id and RunFolder.of(visitor.data_folder(), run_id).checkpoints()
    }
    shown = {run_id: f"{run_labels.model(other)} · {one_line(texts.run_name(other), NAME)}" for run_id, other in others.items()}
    own = f"{run_labels.model(run)} · {_('this run')}"
    names = dict(zip(others, run_labels.distinct(shown.values(), [own]), strict=True))
    chosen = []
    if others:
        of_family = {run_labels.config(other).model.family: run_id for run_id, other in reversed(others.items())}
        of_family.pop(run_labels.config(run).model.family, None)
        chosen = st.multiselect(
            _("Beside other runs of the same text"),
            list(names),
            default=list(of_family.values())[:MOST_OTHERS],
            format_func=names.get,
            key=f"inside.past.others.{run.id}",
            max_selections=MOST_OTHERS,
            persist_state="session",
            placeholder=_("none"),
        )
    else:
        st.caption(_("Train an RNN, a GRU and an LSTM on this text, and they stand here beside one another."))
        if visitor.may_read(visitor.store().text(run.text_id)):
            links.page_link("train", _("Train a model"), run=None, text=run.text_id)
    found = {run.id: (run, trained, own)}
    for run_id in chosen:
        with contextlib.suppress(CheckpointError):  # damaged meanwhile
            if (loaded := model_cache.load(visitor.data_folder(), others[run_id])) is not None:
                found[run_id] = others[run_id], loaded, names[run_id]
    looks = charts.run_looks(list(found))
    return [Compared(*one, *look) for one, look in zip(found.values(), looks, strict=True)]


def _gradients(run: Run, trained: TrainedModel, compared: list[Compared]) -> tuple[np.ndarray | None, int]:
    """Return the ids of the sentence and the position of the token whose loss it is, 0 where there is none."""
    st.subheader(_("How the gradient fades"))
    st.markdown(
        _(
            "Training learns from the gradient alone. What a token long ago changes in the loss of a prediction now, the network "
            "can only learn if the gradient of that loss still reaches it. Here it is, position by position, on a logarithmic axis: where "
            "the curve is a straight line, each token further back multiplies it by the same factor."
        )
    )
    ids = sentence.ask(run, trained, MOST)
    if ids is None:
        return None, 0
    if len(ids) < 2:
        st.info(_("One token has no past: type a few more."))
        return ids, 0
    names = [token_names.visible(token) for token in trained.tokenizer.texts(ids)]
    row = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
    position = _position(row, names)
    context, target = ids[:position].astype(np.int64), int(ids[position])
    with st.spinner(_("Going back through the text …"), show_time=False):
        found = [(one, _reach(one.run.id, one.trained.step, context.tobytes(), target, one.trained)) for one in compared]
    curves = _measured(row, found)
    plots.show(_figure(names[: position + 1], curves), key="inside.past.gradients")
    _say(curves, found)
    with st.expander(_("As a table")):
        columns = {one.name: [float(f"{norm:.4g}") for norm in norms] for one, norms in curves}
        st.dataframe({_("Tokens back"): list(range(position, 0, -1)), _("token"): names[:position], **columns}, hide_index=True)
    return ids, position


def _position(row, names: list[str]) -> int:
    """The token whose loss is asked, by its index in the sentence, at least 1."""
    key = "inside.past.position"
    positions = range(2, len(names) + 1)
    if len(positions) == 1:
        return 1
    if st.session_state.get(key) not in positions:
        st.session_state[key] = len(names)
    return (
        row.select_slider(
            _("The loss of this token, given those before it"),
            positions,
            format_func=lambda position: f"{position} · {names[position - 1]}",
            key=key,
            persist_state="session",
            width=380,
        )
        - 1
    )


@st.cache_resource(max_entries=200, show_spinner=False)
def _reach(run_id: str, step: int, context: bytes, target: int, _trained: TrainedModel) -> Reach:
    with model_cache.asking():
        return reach.gradients(cast(NeuralLanguageModel, _trained.model), np.frombuffer(context, dtype=np.int64), target)


def _measured(row, found: list[tuple[Compared, Reach]]) -> list[tuple[Compared, np.ndarray]]:
    """The norms that are drawn. A model without a vector as its state has only those by the embeddings."""
    ways = {"state": _("the hidden state hₛ"), "token": _("the embedding eₛ of the token read")}
    if found[0][1].state is None:
        del ways["state"]
        st.caption(
            _(
                "The state of this network is a window of earlier positions, no vector that must hold them all; so the gradient is "
                "taken by the embedding of each token, which every network has."
            )
        )
    way = (
        row.segmented_control(
            _("Gradient by"),
            list(ways),
            default="state",
            format_func=ways.get,
            key="inside.past.way",
            required=True,
            persist_state="session",
        )
        if len(ways) > 1
        else "token"
    )
    if way == "token":
        return [(one, of_one.token) for one, of_one in found]
    if any(of_one.state is None for _one, of_one in found):
        st.caption(_("Networks whose state is no vector are drawn only by the embeddings."))
    return [(one, of_one.state) for one, of_one in found if of_one.state is not None]


def _figure(names: list[str], curves: list[tuple[Compared, np.ndarray]]) -> go.Figure:
    """The last name is the token whose loss it is: it has no point of its own."""
    positions = list(range(1, len(names)))
    figure = charts.blank(420, hovermode="closest")
    for one, norms in curves:
        figure.add_scatter(
            x=positions,
            y=np.where(norms > 0, norms, np.nan),
            name=charts.plain(one.name),
            mode="lines+markers" if len(positions) <= charts.MOST_NAMED else "lines",
            line={"color": one.colour, "dash": one.dash, "width": 2.4},
            marker={"color": one.colour, "size": 5},
            customdata=[charts.plain(name) for name in names[:-1]],
            hovertemplate="%{customdata}: %{y:.3g}<extra></extra>",
        )
    drawn = np.concatenate([norms[norms > 0] for _one, norms in curves] or [np.ones(1)])
    decades = float(np.ptp(np.log10(drawn))) if len(drawn) else 0.0
    figure.update_yaxes(
        type="log",
        title=_("gradient norm"),
        exponentformat="power",
        dtick="D2" if decades < FEW_DECADES else math.ceil(decades / 8),
    )
    figure.update_xaxes(title=_("token"), showgrid=False, range=[0.5, len(names) + 0.5])
    charts.name_tokens(figure, [*positions, len(names)], list(map(charts.plain, names)))
    figure.add_vline(x=len(names), line={"color": "rgba(128,128,128,0.6)", "dash": "dot"})
    figure.update_layout(legend={"x": 0, "xanchor": "left"}, showlegend=True)
    return figure


def _say(curves: list[tuple[Compared, np.ndarray]], found: list[tuple[Compared, Reach]]):
    """How fast each curve falls, in one sentence and a row each."""
    reached = {one.run.id: of_one for one, of_one in found}
    factors = [
        reach.factor(norms if norms is reached[one.run.id].token else norms[:-1])  # the last one is that of the features
        for one, norms in curves
    ]
    words = _("The dotted line is the token whose loss it is: {loss:.2f} nats for this run.").format(loss=found[0][1].loss)
    if (factor := factors[0]) is not None:
        words = together(
            words,
            _("One token further back, this run's gradient is on average multiplied by {factor:.2f}.").format(factor=factor),
            _vanishing(factor, carries=run_labels.config(found[0][0].run).model.family != "transformer"),
        )
    st.markdown(words)
    if len(curves) > 1:
        st.dataframe(
            {
                _("Run"): [one.name for one, _norms in curves],
                _("Multiplied by, per token"): [None if factor is None else round(factor, 3) for factor in factors],
                _("Tokens back with 1% of the largest"): [reach.farthest(norms) + 1 for _one, norms in curves],
                _("Loss (nats)"): [round(reached[one.run.id].loss, 3) for one, _norms in curves],
            },
            hide_index=True,
            key="inside.past.factors",
        )


def _vanishing(factor: float, carries: bool) -> str:
    """carries: a state is carried on, through which a gradient has to pass; in a window nothing vanishes with the distance."""
    if factor >= 1:
        return _("It does not vanish in this sentence.")
    left = number_format.format_probability(factor**SPAN)
    if factor**SPAN >= reach.FADED or not carries:
        return _("At this pace {left} of it are left {count} tokens further back.").format(left=left, count=SPAN)
    return _(
        "At this pace {left} of it are left {count} tokens further back: it vanishes, and what stood there hardly teaches the network "
        "anything."
    ).format(left=left, count=SPAN)
