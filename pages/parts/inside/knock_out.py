"""Knock out: the next token and the perplexity of held-out text without a few units, beside random sets of as many."""

from typing import cast

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lmcore.errors import TextError
from lmcore.inference.probability import perplexity
from lmcore.inference.trained import TrainedModel
from lmcore.inspection import ablation
from lmcore.inspection.ablation import Effect, Lanes
from lmcore.models import NeuralLanguageModel
from lmcore.runs.opened_run import open_run
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.records import Run
from pages.parts import visitor
from pages.parts.components import plots, token_names
from pages.parts.language import _, together
from pages.parts.number_format import format_probability
from pages.parts.run import charts, model_cache

MOST_UNITS = 5
BARS = 8


def show(run: Run, trained: TrainedModel, ids: np.ndarray, layer: int, unit: int):
    """layer, unit: those that are looked at, the first choice. ids: (T,) of the sentence."""
    st.subheader(_("Knock out units"))
    st.markdown(
        _(
            "Is a unit needed? It is held at 0, so that nothing learns its value any more, and the model is asked again. Whether that "
            "means something is shown by random sets of as many units."
        )
    )
    units = trained.network.internals(ids[:1], trained.model.start()[1])["h"].shape[2]
    key = f"inside.knock_out.units.{run.id}.{layer}"
    if key not in st.session_state:
        st.session_state[key] = [unit]
    row = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
    chosen = row.multiselect(
        _("Units of layer {number}").format(number=layer + 1),
        list(range(units)),
        key=key,
        max_selections=MOST_UNITS,
        persist_state="session",
        placeholder=_("none"),
        width=420,
    )

    def take_the_one_above():
        st.session_state[key] = [*dict.fromkeys([*st.session_state[key], unit])][-MOST_UNITS:]

    row.button(_("Add unit {unit}").format(unit=unit), key="inside.knock_out.add", on_click=take_the_one_above)
    off = [(layer, one) for one in sorted(chosen)]
    _next_token(trained, ids, off)
    if not off:
        return
    try:
        held_out = _lanes(run.id, trained.step, trained) if visitor.may_read(visitor.store().text(run.text_id)) else None
    except TextError:  # its file is missing or damaged
        held_out = None
    if held_out is None:
        st.caption(_("There is no held-out text that you may read, so the perplexity without these units cannot be measured."))
        return
    slot = st.empty()
    kept = _kept(run.id, trained.step)
    if tuple(off) not in kept:
        with model_cache.asking():
            kept[tuple(off)] = ablation.knock_out(
                trained.network,
                off,
                units,
                held_out,
                lambda share: slot.progress(share, _("Reading held-out text without them …")),
            )
    slot.empty()
    _say(kept[tuple(off)], len(off))


@st.cache_resource(max_entries=32, show_spinner=False)
def _kept(run_id: str, step: int) -> dict[tuple, Effect]:
    """What has been measured: a progress bar cannot be drawn inside a cached function. A few numbers a set."""
    return {}


@st.cache_resource(max_entries=16, show_spinner=False)
def _lanes(run_id: str, step: int, _trained: TrainedModel) -> Lanes | None:
    """None where nothing is held out. Raises TextError where the file of the text is missing or damaged."""
    data = open_run(RunFolder.of(visitor.data_folder(), run_id).path).data
    return ablation.lanes(data, ablation.affordable(_trained.network)) if data.has_validation else None


def _next_token(trained: TrainedModel, ids: np.ndarray, off: list[tuple[int, int]]):
    """Bars of the token after the sentence, before and after."""
    model = cast(NeuralLanguageModel, trained.model)
    with model_cache.asking():
        before = np.exp(trained.next_token(ids).log_probs)
        silent = NeuralLanguageModel(model.network.without_units(off), model.opening, model.begin_id)
        after = np.exp(trained.with_model(silent).next_token(ids).log_probs)
    likely = [*np.argsort(-before, kind="stable")[:BARS].tolist(), *np.argsort(-after, kind="stable")[: BARS // 2].tolist()]
    shown = list(dict.fromkeys(likely))
    names_of = token_names.next_names(trained.tokenizer, ids, shown)
    names = [names_of[token_id] for token_id in shown]
    whole, knocked = _("all units"), _("without them")
    bars = {whole: before[shown], knocked: after[shown]}
    looks = {whole: charts.PALETTE[0], knocked: charts.PALETTE[1]}
    plots.show(
        charts.next_token_by_model(names, bars, set(bars), looks, _("probability of the next token")), key="inside.knock_out.bars"
    )
    most = int(np.abs(after - before).argmax())
    name = token_names.visible(token_names.next_names(trained.tokenizer, ids, [most])[most])
    st.caption(
        _("What comes after the sentence. Most changed: “{token}”, from {before} to {after}.").format(
            token=name, before=format_probability(float(before[most])), after=format_probability(float(after[most]))
        )
    )
    with st.expander(_("As a table")):
        st.dataframe(
            {_("Token"): [token_names.visible(one) for one in names], whole: before[shown], knocked: after[shown]},
            hide_index=True,
        )


def _say(found: Effect, count: int):
    """Perplexity before and after, and where the chosen set lies among the random ones."""
    before, after = perplexity(found.before), perplexity(found.after)
    plots.show(_strip(found), key="inside.knock_out.strip")
    controls, worse = len(found.controls), int((found.after > found.controls).sum())
    if not controls:
        verdict = _("A layer of so few units has no other set to compare with.")
    elif found.outside and worse:
        verdict = _("That is more than any of {controls} random sets of {count}: these units matter here.")
    elif worse > controls / 2:
        verdict = _("{worse} of {controls} random sets of {count} harm less: these units are nothing special.")
    else:
        verdict = _("{worse} of {controls} random sets of {count} harm less: the model hardly needs these units.")
    st.markdown(
        together(
            _("Perplexity of {tokens} held-out tokens: {before:.3f} with all units, {after:.3f} without these.").format(
                tokens=f"{found.tokens:,}", before=before, after=after
            ),
            verdict.format(worse=worse, controls=controls, count=count),
        )
    )
    with st.expander(_("As a table")):
        rows = [(_("all units"), before), (_("without them"), after)]
        rows += [(_("random set {number}").format(number=n), perplexity(loss)) for n, loss in enumerate(found.controls, 1)]
        st.dataframe(
            {_("Units"): [name for name, _value in rows], _("Perplexity"): [round(value, 4) for _name, value in rows]},
            hide_index=True,
        )


def _strip(found: Effect) -> go.Figure:
    figure = charts.blank(170)
    points: dict[str, tuple] = {
        _("random sets"): (found.controls, "rgba(128,128,128,0.75)", "circle-open"),
        _("without them"): ((found.after,), charts.PALETTE[1], "diamond"),
        _("all units"): ((found.before,), charts.PALETTE[0], "line-ns-open"),
    }
    for name, (losses, colour, symbol) in points.items():
        figure.add_scatter(
            x=[perplexity(loss) for loss in losses], y=[0] * len(losses), name=name, mode="markers",
            marker={"color": colour, "size": 13, "symbol": symbol, "line": {"width": 2}},
            hovertemplate="%{x:.4f}<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_xaxes(title=_("perplexity of held-out text"))
    figure.update_yaxes(visible=False, range=[-1, 1])
    return figure
