"""The view *A law of one's own*: five sizes, or five amounts of reading, as ordinary runs; their losses on log-log axes, and a law."""

import math

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lmcore.errors import LawError
from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from lmcore.scale import law, reference
from lmcore.scale.law import Law
from pages.parts import links, visitor
from pages.parts.components import plots
from pages.parts.error_sentences import sentence
from pages.parts.language import _
from pages.parts.run import charts, run_labels
from pages.parts.scale import sweep_runs, units

SECONDS = 2.0  # between two looks at runs that train
CURVE = 120  # points
AHEAD = 10.0  # times the largest: what the law says of it


def show(run: Run, trained: TrainedModel):
    vocabulary_size = trained.tokenizer.vocabulary_size
    st.markdown(
        _(
            "Loss falls with the size of a network, and with how much it reads, along a law: **L = E + A / N^α**. E is what no size takes "
            "away, α how fast the rest shrinks. Large models were planned with such laws, fitted to small ones. Fit one of your own: on this "
            "text, with this run's settings, where only one thing differs."
        )
    )
    ways = {"size": _("Five sizes"), "amount": _("Five amounts of reading")}
    way = st.segmented_control(
        _("What differs"),
        list(ways),
        format_func=ways.get,
        default="size",
        required=True,
        key="scale.way",
        persist_state="session",
    )
    points = sweep_runs.found(run, way)
    _offer(run, way, vocabulary_size, points)
    if not points:
        return
    _watch(way, [point for point in points if run_labels.is_live(point)])
    if held := sum(point.shown_status in ("paused", "interrupted") for point in points):
        st.caption(_("Paused or interrupted: {count} of these runs. Resume them where your runs are listed.").format(count=held))
    _points(way, points)


def _offer(run: Run, way: str, vocabulary_size: int, points: list[Run]):
    """What can be trained now: what is missing, or a sweep."""
    if not sweep_runs.may_train(run):
        st.info(_("The text of this run belongs to someone else or is gone, so nothing new can be trained on it here."))
        return
    if not run.step or not run.seconds:
        st.info(_("Its speed is measured from its first step on."))
        return
    if run.best_loss is None and not run_labels.is_live(run):
        st.info(_("This text is too short to hold a part of it back, so there is no validation loss that a law could describe."))
        return
    if any(map(run_labels.is_live, points)):
        return
    if (missing := sweep_runs.rest_of(run, way, vocabulary_size, points)) is not None:
        sweep_runs.offer(run, missing, way, _("Train the missing ones"), "scale.rest")
        return
    with st.expander(_("Train another five"), expanded=False) if points else st.container():
        plans = sweep_runs.plans(run, way, vocabulary_size)
        minutes = (
            st.select_slider(
                _("How long may it take in all?"),
                list(plans),
                format_func=lambda minutes: _("{count:.0f} min").format(count=minutes),
                key=f"scale.minutes.{run.id}.{way}",
            )
            if len(plans) > 1
            else next(iter(plans))
        )
        label = _("Train five sizes") if way == "size" else _("Train five amounts of reading")
        sweep_runs.offer(run, plans[minutes], way, label, "scale.train")
        if way == "amount":
            st.caption(
                _(
                    "A run that reads more tokens than the training text has reads it again, and what it reads again teaches less: with a "
                    "small text the law bends."
                )
            )


def _watch(way: str, live: list[Run]):
    """How far the runs are that train or wait."""
    if not live:
        return

    @st.fragment(run_every=SECONDS)
    def watch():
        now = [visitor.store().run(point.id) for point in live]
        for point in filter(None, now):
            share = point.step / point.planned_steps if point.planned_steps else 0.0
            st.progress(min(1.0, share), text=f"{sweep_runs.value_words(point.requested, way)} · {run_labels.status(point)}")
        if not all(point is not None and run_labels.is_live(point) for point in now):
            st.rerun()

    watch()


def _points(way: str, points: list[Run]):
    """The points that have ended, the law through them, and both as a table."""
    ended = list(filter(sweep_runs.ended, points))
    if not ended:
        return
    x = [sweep_runs.amount(point, way) or 0.0 for point in ended]
    losses = [float(point.best_loss or 0.0) for point in ended]
    names = {"size": _("parameters N"), "amount": _("tokens read D")}
    try:
        fitted, refused = law.fit(x, losses), None
    except LawError as error:
        fitted, refused = None, sentence(error.code, error.values)
    plots.show(_figure(x, losses, fitted, names[way]), key="scale.law")
    if fitted is not None:
        _say(fitted, way, max(x))
    else:
        st.info(refused)
    st.dataframe(
        {
            _("Hidden units"): [point.requested.model.hidden_size for point in ended],
            _("Parameters"): [sweep_runs.amount(point, "size") for point in ended],
            _("Tokens read"): [point.tokens for point in ended],
            _("Best nats per token"): [round(loss, 4) for loss in losses],
            _("by the law"): [None if fitted is None else round(float(fitted.loss(one)), 4) for one in x],
            _("Seconds of training"): [round(point.seconds, 1) for point in ended],
        },
        hide_index=True,
        key="scale.points",
        placeholder="—",
        column_config={name: st.column_config.NumberColumn(format="localized") for name in (_("Parameters"), _("Tokens read"))},
    )
    with st.container(horizontal=True):
        links.page_link("compare", _("Their curves over each other"), ":material/compare_arrows:", runs=",".join(point.id for point in ended[-links.MOST_COMPARED:]))  # fmt: skip


def _say(fitted: Law, way: str, largest: float):
    """The law in numbers, how sure it is, and what it says of a larger one."""
    symbol, factor = {"size": "N", "amount": "D"}[way], fitted.factor * fitted.unit**fitted.exponent
    mantissa, _times, power = f"{factor:.1e}".partition("e")
    written = f"{factor:.3g}" if abs(int(power)) < 3 else rf"{mantissa} \cdot 10^{{{int(power)}}}"
    st.latex(rf"L({symbol}) \approx {fitted.floor:.3f} + \frac{{{written}}}{{{symbol}^{{{fitted.exponent:.2f}}}}}")
    low, high = fitted.interval(AHEAD * largest)
    st.markdown(
        _(
            "What fits about as well: α from **{a_low:.2f} to {a_high:.2f}**, E from **{e_low:.2f} to {e_high:.2f}** nats per token. At ten "
            "times the largest here, {amount}, the law says {low:.2f} to {high:.2f}: whether it holds there, only training can tell."
        ).format(
            a_low=fitted.exponents[0], a_high=fitted.exponents[1], e_low=fitted.floors[0], e_high=fitted.floors[1],
            amount=units.count(AHEAD * largest), low=low, high=high,
        )
    )  # fmt: skip
    of = {"size": "exponent of parameters", "amount": "exponent of tokens"}[way]
    st.caption(
        _(
            "For large transformers on text from the web α is about {exponent:.2f} (Hoffmann et al., 2022, fitted again in 2024). Your runs "
            "are short, so a large one has not learned all that it could: this is a law of your text, your network and this training time."
        ).format(exponent=reference.constant("chinchilla", of))
    )


def _figure(x: list[float], losses: list[float], fitted: Law | None, title: str) -> go.Figure:
    """Points, the law and what fits about as well, both axes logarithmic."""
    figure = charts.blank(400, hovermode="closest")
    if fitted is not None:
        along = np.geomspace(min(x) / 1.5, max(x) * AHEAD, CURVE)
        bounds = np.array([fitted.interval(float(one)) for one in along])
        band = {"line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
        figure.add_scatter(x=along, y=bounds[:, 0], mode="lines", **band)
        figure.add_scatter(x=along, y=bounds[:, 1], mode="lines", fill="tonexty", fillcolor="rgba(0,114,178,0.18)", **band)
        figure.add_scatter(x=along, y=fitted.loss(along), mode="lines", name=_("the law"), line={"color": charts.PALETTE[0], "width": 2.4}, hovertemplate="%{y:.3f}<extra></extra>")  # fmt: skip
    figure.add_scatter(
        x=x,
        y=losses,
        mode="markers",
        name=_("your runs"),
        marker={"color": charts.PALETTE[1], "size": 10},
        hovertemplate="%{x:,.4~g}: %{y:.4f}<extra></extra>",
    )
    figure.update_xaxes(type="log", title=title, tickangle=0, **_ticks(min(x), max(x) * (AHEAD if fitted else 1.0)))
    figure.update_yaxes(type="log", title=_("Best nats per token"), **_ticks(min(losses) / 10, max(losses) * 10, few=4.0))
    figure.update_layout(legend={"x": 0, "xanchor": "left"}, showlegend=fitted is not None)
    return figure


def _ticks(low: float, high: float, few: float = 1.5) -> dict:
    """Marks of a logarithmic axis: powers of ten, and 2 and 5 times them where it has few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    digits = (1, 2, 5) if math.log10(high / low) <= few else (1,)
    marks = [float(f"{digit}e{power}") for power in powers for digit in digits]
    return {"tickvals": marks, "ticktext": [f"{mark:,.10g}" for mark in marks]}
