"""The charts of Applications: votes of words, influence of a prompt on its answer, scores beside baselines."""

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import streamlit as st

from lmcore.runs.task_process import Measured
from lmcore.tasks import Score, Sources
from pages.parts.components import token_names
from pages.parts.language import _
from pages.parts.run import charts

FOR, AGAINST = "#0072B2", "#D55E00"  # safe for colour-blind eyes
NOTHING = "rgba(140,140,140,0.12)"  # on a light and on a dark page
ROW = 30  # pixels
SMALLEST = 120


def votes(found: Sequence[tuple[str, float]], given: str, other: str) -> go.Figure:
    """Bars to the right for the label that is given, to the left for the other. found: (word, bits) in the order of the prompt."""
    bits = [vote for _word, vote in found]
    figure = go.Figure(
        go.Bar(
            x=bits,
            y=list(range(len(found))),
            orientation="h",
            marker_color=[FOR if vote > 0 else AGAINST for vote in bits],
            text=[f"{vote:+.1f}" for vote in bits],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{text}<extra></extra>",
        )
    )
    far = max(1.0, 1.3 * max(map(abs, bits)))
    figure.update_layout(height=SMALLEST + ROW * len(found), margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False)
    names = [charts.plain(word) for word, _vote in found]
    figure.update_yaxes(tickvals=list(range(len(found))), ticktext=names, autorange="reversed", fixedrange=True)
    title = _("← for “{second}”      bits      for “{first}” →").format(first=given, second=other)
    figure.update_xaxes(range=[-far, far], zeroline=True, title=charts.plain(title), fixedrange=True)
    return figure


def sources(found: Sources) -> go.Figure:
    """Tokens of the prompt as columns, of the answer as rows."""
    bits = found.influence / math.log(2)
    far = max(1.0, float(abs(bits).max()))
    figure = go.Figure(
        go.Heatmap(
            z=bits,
            x=list(range(len(found.prompt))),
            y=list(range(len(found.answer))),
            zmid=0,
            zmin=-far,
            zmax=far,
            colorscale=[[0, AGAINST], [0.5, NOTHING], [1, FOR]],
            colorbar={"title": _("bits"), "thickness": 12},
            hovertemplate="%{z:.2f}<extra></extra>",
            xgap=1,
            ygap=1,
        )
    )
    figure.update_layout(height=SMALLEST + 40 + ROW * len(found.answer), margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(
        tickvals=list(range(len(found.prompt))),
        ticktext=[charts.plain(name_of(token)) for token in found.prompt],
        tickangle=-60 if len(found.prompt) > 4 else 0,
        side="top",
        fixedrange=True,
    )
    figure.update_yaxes(
        tickvals=list(range(len(found.answer))),
        ticktext=[charts.plain(name_of(token)) for token in found.answer],
        autorange="reversed",
        fixedrange=True,
    )
    return figure


def sources_table(found: Sources) -> dict[str, list]:
    """A row a token of the prompt, a column a token of the answer."""
    bits = found.influence / math.log(2)
    columns = {f"{number + 1} {name_of(token)}": bits[number].round(2).tolist() for number, token in enumerate(found.answer)}
    return {_("Prompt"): [name_of(token) for token in found.prompt], **columns}


def name_of(token: str) -> str:
    """Return a token without the space before it; the end is the token that nothing is written for."""
    return token_names.visible(token.strip() or token) if token else _("(end)")


def scores(found: Mapping[str, Score | Measured], labels: dict[str, str]) -> go.Figure:
    """A bar each with its 95 % interval, the model's first."""
    names = list(found)
    shares = [found[name].share for name in names]
    bounds = [found[name].interval for name in names]
    figure = go.Figure(
        go.Bar(
            x=shares,
            y=[labels[name] for name in names],
            orientation="h",
            marker_color=[FOR if name == "model" else "#9a968c" for name in names],
            error_x={
                "type": "data",
                "color": "#dddddd" if st.context.theme.type == "dark" else "#444444",
                "symmetric": False,
                "array": [high - share for share, (_low, high) in zip(shares, bounds, strict=True)],
                "arrayminus": [share - low for share, (low, _high) in zip(shares, bounds, strict=True)],
            },
            hovertemplate="%{x:.1%}<extra></extra>",
        )
    )
    figure.update_layout(height=SMALLEST + ROW * len(names), margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False)
    figure.update_yaxes(autorange="reversed", fixedrange=True)
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%", fixedrange=True)
    return figure
