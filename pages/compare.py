"""Compare: runs side by side, what is different between them, and what it did."""

from urllib.parse import parse_qs, urlsplit

import streamlit as st

from lmcore.text.decoding import one_line
from pages.parts import links, texts, visitor
from pages.parts.components import plots
from pages.parts.language import _
from pages.parts.run import charts, comparison, guard, run_labels

SAMPLES_IN_A_ROW = 4

st.title(_("Compare"))
store, owner = visitor.store(), visitor.current()
own = store.runs(owner) if owner else []
asked = links.asked_runs() or ([run for run in [links.asked("run")] if run and "runs" not in st.query_params])
chosen = [run for run in map(store.run, asked) if run is not None]
options = {run.id: run for run in (*chosen, *own, *store.demos())}
sources = {run.text_id: store.text(run.text_id) for run in options.values() if run.owner is None or run in chosen}


def to_address(ids: list[str]):
    st.query_params["runs"] = ",".join(ids)


def add():
    """The id of a run, its address, or that of a comparison."""
    typed = one_line(st.session_state["compare.add"], 2_000)
    query = parse_qs(urlsplit(typed).query)
    ids = [run_id for value in (query.get("runs") or query.get("run") or [typed]) for run_id in value.split(",")]
    known = [run_id for run_id in ids if links.ID.fullmatch(run_id) and store.run(run_id)]
    st.session_state["compare.unknown"] = bool(typed) and not known
    to_address(list(dict.fromkeys([*(run.id for run in chosen), *known]))[: links.MOST_COMPARED])
    st.session_state["compare.add"] = ""


st.session_state["compare.runs"] = [run.id for run in chosen]
labels_of = [f"{texts.run_name(run)} · {run_labels.in_short(run)}" for run in options.values()]
to_choose = dict(zip(options, run_labels.distinct(labels_of), strict=True))
which, other = st.columns([3, 2], gap="large")
which.multiselect(
    _("Runs"),
    list(options),
    format_func=to_choose.get,
    key="compare.runs",
    max_selections=links.MOST_COMPARED,
    on_change=lambda: to_address(st.session_state["compare.runs"]),
    placeholder=_("Choose two or more"),
    wrap=True,  # in a column only the first would be seen
)
other.text_input(
    _("Add a shared run"),
    key="compare.add",
    on_change=add,
    max_chars=2_000,
    placeholder=_("paste its address or id"),
    help=_("Whoever has the address of a run may look at its curves and samples."),
)
if st.session_state.get("compare.unknown") or len(chosen) < len(asked):
    st.warning(_("There is no run with this address. It may have been deleted, or the link is incomplete."))
if not chosen:
    st.info(_("Choose runs to see their curves over each other. With two, the page says what changed between them."))
    guard.invite()
    st.stop()

names = run_labels.distinct(texts.run_name(run) for run in chosen)
trained_on = [sources[run.text_id] for run in chosen]
found = comparison.differences(chosen, trained_on)
if len(chosen) > 1:
    st.info(comparison.sentence(chosen, found), icon=":material/compare_arrows:")
    if len({text.sha256 if text else None for text in trained_on}) > 1:
        st.caption(_("They learned from different texts, so their losses are measured on different tokens."))

histories = [comparison.history(store, run) for run in chosen]
looks = charts.run_looks([run.id for run in chosen])
controls = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
units = {"bits_per_byte": _("bits per byte"), "validation_loss": _("nats per token")}
measured = any(run.best_bits_per_byte is not None for run in chosen)
unit = controls.segmented_control(
    _("Loss"),
    list(units) if measured else ["validation_loss"],  # a short text has no validation loss
    format_func=units.get,
    default="bits_per_byte" if measured else "validation_loss",
    required=True,
    key="compare.unit" if measured else "compare.unit.of_short",
    help=_("Bits per byte can be compared between tokenizers; nats per token only where the tokens are the same."),
)
axes = {"step": _("step"), "tokens": _("tokens"), "seconds": _("seconds of training")}
axis = controls.segmented_control(_("Along"), list(axes), format_func=axes.get, default="step", required=True, key="compare.axis")
logarithmic = controls.pills(_("Logarithmic axes"), ["x", "y"], selection_mode="multi", key="compare.log")
smoothing = 0.0
if unit == "validation_loss":
    smoothing = controls.slider(_("Smoothing of the training loss"), 0.0, 0.99, 0.9, 0.01, key="compare.smoothing", width=220)
curves = [
    {
        "name": comparison.labelled(name, position, found),
        "colour": colour,
        "dash": dash,
        "training": history.training(axis, smoothing) if unit == "validation_loss" else None,
        "validation": history.validation(axis, unit),
    }
    for position, (name, (colour, dash), history) in enumerate(zip(names, looks, histories, strict=True))
]
labels = {"x": axes[axis], "y": units[unit], "training": _("training loss"), "validation": _("validation loss")}
plots.show(charts.compared(curves, labels, tuple(logarithmic)), key="compare.chart")
if unit == "validation_loss":
    st.caption(_("Thick with dots: validation loss. Thin: training loss."))
if unit == "bits_per_byte" and any(map(run_labels.is_uncharged, chosen)):
    st.caption(
        _(
            "A run of words from an older version, or from a file, may not be charged for the spaces that its words leave out: its bits "
            "per byte are then too low, so compare it by nats per token, with runs of the same tokens."
        )
    )
comparison.say_of_answers(names, chosen)
if all(run.best_loss is None for run in chosen):
    st.caption(_("These texts are too short for a validation loss, so the training loss is shown."))
elif unit == "bits_per_byte" and (missing := [name for name, run in zip(names, chosen, strict=True) if run.best_loss is None]):
    st.caption(_("Without a validation loss, and so only shown in nats per token:"))
    st.text(" · ".join(missing))

comparison.download(comparison.points_table(names, histories), "curves", _("The points of these curves as CSV"))
comparison.show_table(_("Results"), comparison.results_table(names, chosen, trained_on), "results")
if found:
    comparison.show_table(_("Settings that differ"), comparison.settings_table(names, found), "settings")

st.subheader(_("What they write"))
for begin in range(0, len(chosen), SAMPLES_IN_A_ROW):
    row = list(zip(names, chosen, strict=True))[begin : begin + SAMPLES_IN_A_ROW]
    for position, ((name, run), column) in enumerate(zip(row, st.columns(len(row)), strict=True), start=begin):
        evaluation = store.latest_evaluation(run.id)
        with column:
            st.html(f"<div style='height:4px;border-radius:2px;background:{looks[position][0]}'></div>")
            st.text(name)
            st.caption(_("step {step}").format(step=f"{evaluation.step:,}" if evaluation else "0"))
            st.code(run_labels.sample(evaluation), language=None, wrap_lines=True)
