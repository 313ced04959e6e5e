"""The stations of an opened step: all six as a strip, and the numbers of the forward pass, the loss and the backward pass."""

import html
import math

import numpy as np
import streamlit as st

from lmcore.inference.trained import TrainedModel
from lmcore.inspection.step import Opened
from pages.parts.components import plots, token_names
from pages.parts.language import _, together
from pages.parts.number_format import digits, format_probability
from pages.parts.run import charts

STRIP = """<style>
.stations { display: grid; grid-template-columns: repeat(6, 1fr); gap: 0.5rem; margin: 0.2rem 0 0.4rem; }
.stations > div { position: relative; border: 1px solid rgba(128,128,128,0.35); border-radius: 0.6rem; padding: 0.45rem 0.6rem; font-size: 0.85rem; line-height: 1.3; }
.stations > div + div::before { content: "→"; position: absolute; left: -0.62rem; top: 50%; transform: translateY(-50%); opacity: 0.6; font-size: 0.8rem; }
.stations b { display: block; }
.stations span { font-variant-numeric: tabular-nums; opacity: 0.8; }
@media (max-width: 900px) { .stations { grid-template-columns: repeat(3, 1fr); } }
@media (max-width: 420px) { .stations { grid-template-columns: repeat(2, 1fr); } }
</style>"""


def strip(ids: np.ndarray, step: int, taken: int, opened: Opened):
    """The six stations in a row, each with what came out of it."""
    weights = _("random") if step == 0 else _("step {step}").format(step=f"{step:,}")
    more = _("+ {count} steps here").format(count=f"{taken:,}") if taken else ""
    p, after = (format_probability(float(probs[opened.target])) for probs in (opened.probabilities, opened.probabilities_after))
    stations = [
        (_("① Cut"), _("{count} tokens").format(count=len(ids))),
        (_("② Weights"), " · ".join(filter(None, [weights, more]))),
        (_("③ Forward"), f"p = {p}"),
        (_("④ Loss"), f"{opened.loss:.3f}"),
        (_("⑤ Backward"), f"‖∂L/∂w‖ = {digits(opened.norm)}"),
        (_("⑥ Update"), f"p → {after}"),
    ]
    items = "".join(
        f"<div role='listitem'><b>{html.escape(name)}</b><span>{html.escape(said)}</span></div>" for name, said in stations
    )
    st.html(f"{STRIP}<div class='stations' role='list'>{items}</div>")


def show(trained: TrainedModel, ids: np.ndarray, position: int, opened: Opened):
    st.subheader(_("③ Forward: from a number to probabilities"))
    _forward(trained, ids, position, opened)
    st.subheader(_("④ Loss: what each token costs"))
    _loss(trained, ids, position, opened)
    st.subheader(_("⑤ Backward: the slope of the loss for every weight"))
    _backward(opened)


def _forward(trained: TrainedModel, ids: np.ndarray, position: int, opened: Opened):
    before = int(ids[position - 1]) if position else int(trained.opening[-1])
    st.caption(
        _(
            "The token before the chosen one has the number {id}, so row {id} of the embedding is read: {size} numbers. With what it "
            "remembers of the tokens before, the network makes {units} numbers of them, the hidden state. The logit of each token is the "
            "sum of products of these with the token's own row of the output layer, plus its bias; softmax makes probabilities of the logits."
        ).format(id=before, size=len(opened.embedded), units=len(opened.features))
    )
    rows = {_("embedding"): opened.embedded, _("hidden state"): opened.features}
    figure = charts.blank(190)
    for number, (name, values) in enumerate(rows.items()):
        bottom = 0.58 * (1 - number)
        axis = "" if number == 0 else "2"
        figure.add_heatmap(
            z=values[None],
            y=[name],
            xaxis=f"x{axis}",
            yaxis=f"y{axis}",
            colorscale="RdBu",
            zmid=0,
            zmin=-(largest := float(np.abs(values).max()) or 1.0),
            zmax=largest,
            showscale=False,
            hovertemplate="%{x}: %{z:.3f}<extra></extra>",
        )
        figure.update_layout(
            {
                f"xaxis{axis}": {"anchor": f"y{axis}", "showgrid": False, "tickfont": {"size": 10}, "showticklabels": False},
                f"yaxis{axis}": {"domain": [bottom, bottom + 0.42], "anchor": f"x{axis}", "showgrid": False},
            }
        )
    figure.update_layout(margin={"l": 90, "b": 24, "t": 6})
    plots.show(figure, key="inside.step.forward")
    st.caption(_("Red is below 0, blue above 0, white near 0. Each strip has its own scale."))
    with st.expander(_("As a table")):
        most = max(map(len, rows.values()))
        columns = {name: [*np.round(values, 5).tolist(), *[None] * (most - len(values))] for name, values in rows.items()}
        st.dataframe({_("Number"): list(range(most)), **columns}, hide_index=True, key="inside.step.forward.table")


def _loss(trained: TrainedModel, ids: np.ndarray, position: int, opened: Opened):
    p = float(opened.probabilities[opened.target])
    st.caption(
        _(
            "A token costs −log p, the more the less it was expected: p = {p} costs {cost:.3f} nats. The loss is the mean over the "
            "sentence: {total:.3f} / {count} = {mean:.3f}."
        ).format(
            p=format_probability(p),
            cost=float(opened.losses[position]),
            total=float(opened.losses.sum()),
            count=len(ids),
            mean=opened.loss,
        )
    )
    names = [token_names.visible(name) for name in token_names.in_a_row(trained.tokenizer, ids)]
    positions = list(range(1, len(ids) + 1))
    figure = charts.blank(270, barmode="overlay", yaxis_title=_("−log p (nats)"))
    lines = [3 if index == position else 0 for index in range(len(ids))]
    figure.add_bar(
        x=positions,
        y=opened.losses,
        name=_("before the step"),
        marker={"color": "rgba(0,114,178,0.35)", "line": {"width": lines, "color": charts.PALETTE[2]}},
        customdata=list(map(charts.plain, names)),
        hovertemplate="%{customdata}: %{y:.3f}<extra></extra>",
    )
    figure.add_bar(
        x=positions,
        y=[value if math.isfinite(value) else None for value in opened.losses_after],
        name=_("after it"),
        width=0.4,
        marker_color=charts.PALETTE[0],
        customdata=list(map(charts.plain, names)),
        hovertemplate="%{customdata}: %{y:.3f}<extra></extra>",
    )
    charts.name_tokens(figure, positions, list(map(charts.plain, names)))
    figure.update_xaxes(showgrid=False)
    plots.show(figure, key="inside.step.loss")
    dearest = int(opened.losses.argmax())
    st.caption(
        together(
            _("Wide bars are the loss before the step, narrow ones after it; the chosen token has a green frame."),
            _(
                "The most expensive token is number {number}, with {cost:.2f} nats; {better} of {count} become cheaper by this step."
            ).format(
                number=dearest + 1,
                cost=float(opened.losses[dearest]),
                better=int((opened.losses_after < opened.losses).sum()),
                count=len(ids),
            ),
        )
    )
    with st.expander(_("As a table")):
        st.dataframe(
            {
                _("Token"): names,
                _("Number"): ids.tolist(),
                _("−log p before"): opened.losses.round(4).tolist(),
                _("−log p after"): opened.losses_after.round(4).tolist(),
            },
            hide_index=True,
            key="inside.step.loss.table",
        )


def _backward(opened: Opened):
    st.caption(
        _(
            "The way back begins with p − y at every token, divided by their number because the loss is a mean, and goes through the same "
            "products as the way forward. It gives each weight its gradient: how much the loss changes when this weight grows. Dropout is "
            "switched off and all is computed with 16 digits, so that every number can be checked by hand."
        )
    )
    names, norms = list(opened.norms), list(opened.norms.values())
    figure = charts.blank(70 + 24 * len(names))
    figure.add_bar(
        y=names, x=norms, orientation="h", marker_color=charts.PALETTE[4], hovertemplate="%{y}: %{x:.4g}<extra></extra>"
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(title=_("norm of the gradient"), rangemode="tozero")
    figure.update_layout(margin={"l": 130})
    plots.show(figure, key="inside.step.norms")
    if opened.norm == 0:
        st.caption(_("All gradients are 0: there is nothing to learn from this sentence."))
    else:
        largest = names[int(np.argmax(norms))]
        st.caption(
            together(
                _("The longest gradient is that of `{name}`; all together have the norm {norm}.").format(
                    name=largest, norm=digits(opened.norm)
                ),
                _("It is above the run's limit, so every gradient is multiplied by {factor:.3g} (clipping).").format(
                    factor=opened.clipped
                )
                if opened.clipped < 1
                else "",
            )
        )
    with st.expander(_("As a table")):
        st.dataframe(
            {_("Weights"): names, _("Norm of the gradient"): [digits(norm) for norm in norms]},
            hide_index=True,
            key="inside.step.norms.table",
        )
