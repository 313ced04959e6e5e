"""Runs: everything this visitor has trained; open, rename, resume, delete (and undo)."""

import streamlit as st

from pages.parts import guard, links, run_words, texts, visitor
from pages.parts.language import _

AT_ONCE = 50

st.title(_("Your runs"))
store, owner = visitor.store(), visitor.current()


@st.dialog(_("Rename this run"))
def rename(run):
    name = st.text_input(_("Name"), value=run.name, max_chars=120, key="runs.name")
    if st.button(_("Save"), type="primary", disabled=not name.strip(), key="runs.save"):
        store.rename(run.id, name.strip())
        st.rerun()


def ticked(run) -> str:
    return f"runs.compare.{run.id}"


def compare(runs):
    """Those that are ticked, found by the search or not."""
    chosen = [run.id for run in runs if st.session_state.get(ticked(run))]
    with st.container(horizontal=True, vertical_alignment="center", key="runs.comparing"):
        few_enough = 0 < len(chosen) <= links.MOST_COMPARED
        if st.button(_("Compare"), key="runs.compare", icon=":material/compare_arrows:", disabled=not few_enough):
            links.go("compare", runs=",".join(reversed(chosen)), run=None, text=None)  # the oldest first
        st.caption(
            _("{count} runs are ticked; at most {most} can be compared.").format(count=len(chosen), most=links.MOST_COMPARED)
            if chosen
            else _("Tick the runs you would like to see over each other.")
        )


def card(run):
    text = store.text(run.text_id)
    with st.container(border=True):
        what, figures, actions = st.columns([5, 3, 4], vertical_alignment="center")
        with what:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.checkbox(_("Compare"), key=ticked(run), label_visibility="collapsed", persist_state="page", width="content")
                st.text(run.name)
            st.caption(f"{run_words.model(run)} · {run_words.status(run)}")
            st.text(texts.name(text) if text else "…")
        best = f"{run.best_bits_per_byte:.3f}" if run.best_bits_per_byte is not None else "—"
        figures.metric(
            _("Best validation loss (bits per byte)"),
            best,
            help=_("step {step} of {planned}").format(step=f"{run.step:,}", planned=f"{run.planned_steps or 0:,}"),
        )
        with actions.container(horizontal=True, horizontal_alignment="right"):
            if st.button(_("Open"), key=f"runs.open.{run.id}", icon=":material/show_chart:"):
                links.go("train", run=run.id, text=None)
            if st.button(_("Explore"), key=f"runs.explore.{run.id}", icon=":material/search:"):
                links.go("explore", run=run.id, text=None)
            if run.shown_status in ("paused", "interrupted", "stopped", "failed") and st.button(
                _("Resume"), key=f"runs.resume.{run.id}", icon=":material/play_arrow:"
            ):
                store.ask(run.id, "run")
                visitor.pool().wake()
                links.go("train", run=run.id, text=None)
            if st.button(_("Rename"), key=f"runs.rename.{run.id}", icon=":material/edit:"):
                rename(run)
            if st.button(_("Delete"), key=f"runs.delete.{run.id}", icon=":material/delete:"):
                store.delete(run.id)
                st.session_state["runs.deleted"] = run.id
                st.rerun()


def undo():
    deleted = st.session_state.get("runs.deleted")
    if deleted is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.text(_("The run was deleted."))
        if st.button(_("Undo"), key="runs.undo", icon=":material/undo:", type="primary"):
            store.undelete(deleted)
            del st.session_state["runs.deleted"]
            st.rerun()


undo()
runs = store.runs(owner) if owner else []
if not runs:
    st.info(_("You have not trained anything yet. Your runs appear here as soon as you start one."))
    guard.invite()
wanted = st.text_input(_("Search"), key="runs.search", placeholder=_("name, text or model …")) if len(runs) > 5 else ""
found = [run for run in runs if wanted.lower() in f"{run.name} {run_words.model(run)}".lower()]
if runs:
    compare(runs)
for run in found[:AT_ONCE]:
    card(run)
if len(found) > AT_ONCE:
    st.caption(_("The {shown} newest of {count} runs are shown; search for the others.").format(shown=AT_ONCE, count=len(found)))
