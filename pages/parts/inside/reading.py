"""While it reads: what each unit of the network holds after each token of a sentence."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from pages.parts.components import plots, token_names
from pages.parts.inside import sentence
from pages.parts.language import _
from pages.parts.run import charts, model_cache

MOST = 300  # tokens


def show(run: Run, trained: TrainedModel):
    ids = sentence.ask(run, trained, MOST)
    if ids is None:
        return
    with model_cache.asking():
        hidden = trained.network.internals(ids, trained.model.start()[1])["h"][:, -1]  # (T, units)
    names = [token_names.visible(token) for token in trained.tokenizer.texts(ids)]
    plots.show(_heat_map(names, hidden), key="inside.states")
    st.caption(_("A row is a unit of the last layer, a column a token; the colour is the unit's value after the token."))


def _heat_map(names: list[str], hidden: np.ndarray) -> go.Figure:
    figure = charts.blank(420, xaxis_title=_("token"), yaxis_title=_("unit"))
    figure.add_heatmap(z=hidden.T, colorscale="RdBu", zmid=0, customdata=np.tile(names, (hidden.shape[1], 1)),
                       hovertemplate="%{customdata}: %{z:.3f}<extra></extra>")  # fmt: skip
    return figure
