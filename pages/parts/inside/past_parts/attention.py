"""Where a transformer looks: the attention of its heads, and beside it what the prediction rests on by occlusion."""

from typing import cast

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lmcore.inference.trained import TrainedModel
from lmcore.inspection import attention
from lmcore.inspection.attention import Attention
from lmcore.models import NeuralLanguageModel
from lmcore.runs.store.records import Run
from pages.parts.components import plots, token_names
from pages.parts.language import _, together
from pages.parts.run import charts, model_cache

MOST = 64  # tokens that are drawn
ROW = 34  # pixels of a head


def show(run: Run, trained: TrainedModel, ids: np.ndarray, target: int):
    """ids: of the sentence; target: the position of the token that is predicted, at least 1."""
    st.subheader(_("Where it looks"))
    with st.spinner(_("Reading …"), show_time=False):
        found = _attention(run.id, trained.step, ids[:target].astype(np.int64).tobytes(), trained)
    if found is None:
        st.caption(
            _(
                "This network has no attention: it looks at nothing but its hidden state. Train a Transformer to see where one looks."
            )
        )
        return
    st.markdown(
        _(
            "To predict a token, each head of each layer spreads one unit of attention over the tokens before it, the brighter the more. "
            "Below it: how much less likely the token becomes when one of them is left out (occlusion)."
        )
    )
    layer, head = _choose(found)
    first = max(0, target - MOST)
    names = [token_names.visible(token) for token in trained.tokenizer.texts(ids[first : target + 1])]
    with st.spinner(_("Leaving out one token after another …"), show_time=False):
        change = _occlusion(run.id, trained.step, ids[:target].astype(np.int64).tobytes(), int(ids[target]), trained)
    rows = found.tokens[-1, layer, :, first:]  # (heads, T)
    elsewhere = 1 - rows.sum(axis=-1)
    drawn = [charts.plain(name) for name in names[:-1]]
    plots.show(_lines(drawn, rows, change), key="inside.past.attention")
    st.text(_said(names, rows, elsewhere, change))
    st.markdown(
        _("**Attention is not yet a reason** (Jain and Wallace, 2019): where a head looks need not be what the answer rests on.")
    )
    plots.show(_matrix(drawn, found.tokens[first:, layer, head, first:]), key="inside.past.attention_matrix")
    st.caption(
        _(
            "Head {head} of layer {layer} at every token: a row is the token that looks, a column the token it looks at. A row sums to 1 "
            "with what it gives to the text before; the future, right of the diagonal, is exactly 0."
        ).format(head=head + 1, layer=layer + 1)
    )
    with st.expander(_("As a table")):
        heads = {_("head {number}").format(number=number + 1): row.round(4).tolist() for number, row in enumerate(rows)}
        st.dataframe({_("token"): names[:-1], **heads, _("occlusion (nats)"): change.round(4).tolist()}, hide_index=True)


@st.cache_resource(max_entries=50, show_spinner=False)
def _attention(run_id: str, step: int, context: bytes, _trained: TrainedModel) -> Attention | None:
    with model_cache.asking():
        return attention.of_tokens(cast(NeuralLanguageModel, _trained.model), np.frombuffer(context, dtype=np.int64).copy())


@st.cache_resource(max_entries=200, show_spinner=False)
def _occlusion(run_id: str, step: int, context: bytes, target: int, _trained: TrainedModel) -> np.ndarray:
    with model_cache.asking():
        return _trained.influence(np.frombuffer(context, dtype=np.int64).copy(), target, most=MOST)


def _choose(found: Attention) -> tuple[int, int]:
    """The layer whose heads are drawn, and the head whose matrix is."""
    _tokens, layers, heads, _seen = found.tokens.shape
    row, chosen = st.container(horizontal=True, gap="medium"), []
    for name, label, count in (("layer", _("Layer"), layers), ("head", _("Head of the matrix"), heads)):
        key = f"inside.past.attention.{name}"
        if st.session_state.get(key) not in range(1, count + 1):
            st.session_state[key] = count if name == "layer" else 1
        if count > 1:
            row.segmented_control(label, range(1, count + 1), key=key, required=True, persist_state="session")
        chosen.append((st.session_state[key] if count > 1 else 1) - 1)
    return chosen[0], chosen[1]


def _lines(names: list[str], rows: np.ndarray, change: np.ndarray) -> go.Figure:
    """A coloured line a head, and bars of occlusion under the same tokens."""
    positions, height = list(range(len(names))), ROW * len(rows)
    heads = [_("head {number}").format(number=number + 1) for number in range(len(rows))]
    figure = charts.blank(height + 240, showlegend=False)
    for number, row in enumerate(rows):
        colour = charts.PALETTE[number % len(charts.PALETTE)]
        figure.add_heatmap(
            x=positions,
            y=[number],  # Plotly cannot draw heat maps that have one category each
            z=row[None],
            zmin=0,
            zmax=float(row.max()) or 1.0,
            colorscale=[[0, "rgba(128,128,128,0.08)"], [1, colour]],
            showscale=False,
            xgap=1,
            ygap=4,
            customdata=[names],
            hovertemplate=heads[number] + " · %{customdata}: %{z:.1%}<extra></extra>",
        )
    figure.add_bar(
        x=positions,
        y=change,
        yaxis="y2",
        marker_color=[charts.PALETTE[0] if value >= 0 else charts.PALETTE[1] for value in np.nan_to_num(change)],
        customdata=names,
        hovertemplate="%{customdata}: %{y:.2f}<extra></extra>",
    )
    share = height / (height + 180)
    figure.update_layout(
        yaxis={
            "domain": [1 - share, 1],
            "autorange": "reversed",
            "showgrid": False,
            "tickmode": "array",
            "tickvals": list(range(len(heads))),
            "ticktext": heads,
        },
        yaxis2={"domain": [0, 1 - share - 0.06], "title": _("occlusion (nats)"), "anchor": "x", "gridcolor": charts.GRID},
        xaxis={"anchor": "y2", "showgrid": False, "tickmode": "array", "tickvals": positions, "ticktext": names},
        margin={"l": 70},
    )
    return figure


def _matrix(names: list[str], rows: np.ndarray) -> go.Figure:
    positions = list(range(len(names)))
    figure = charts.blank(440, xaxis_title=_("token that is looked at"), yaxis_title=_("token that looks"))
    figure.add_heatmap(
        z=np.where(np.tri(len(names), dtype=bool), rows, np.nan),
        colorscale=[[0, "rgba(128,128,128,0.08)"], [1, charts.PALETTE[0]]],
        zmin=0,
        colorbar={"tickformat": ".0%", "thickness": 12},
        customdata=[[f"{reader} → {seen}" for seen in names] for reader in names],
        hovertemplate="%{customdata}: %{z:.1%}<extra></extra>",
        hoverongaps=False,
    )
    ticks = {"tickmode": "array", "tickvals": positions, "ticktext": names, "showgrid": False}
    figure.update_xaxes(**ticks)
    figure.update_yaxes(**ticks, autorange="reversed")
    return figure


def _said(names: list[str], rows: np.ndarray, elsewhere: np.ndarray, change: np.ndarray) -> str:
    """Where the heads look most, what is left for the text before, and what the prediction rests on. names: the last is predicted."""
    looked = int(rows.sum(axis=0).argmax())
    words = _("To predict “{target}”, the heads of this layer look most at “{token}” ({share:.0%} on average).").format(
        target=names[-1], token=names[looked], share=rows[:, looked].mean()
    )
    if elsewhere.mean() >= 0.005:
        words = together(words, _("{share:.0%} of their attention go to what stands before.").format(share=elsewhere.mean()))
    if np.isfinite(change).any():
        most = int(np.nanargmax(np.abs(change)))
        said = (
            _("Occlusion names the same one.")
            if most == looked
            else _("Occlusion names another: “{token}”.").format(token=names[most])
        )
        words = together(words, said)
    return words
