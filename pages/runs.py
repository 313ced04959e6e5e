"""Runs: everything this visitor has trained; open, rename, resume, take away, delete (and undo); and runs from a file."""

import math

import streamlit as st

from lmcore.runs.store import housekeeping
from lmcore.runs.store.records import Run
from pages.parts import links, texts, visitor
from pages.parts.language import _
from pages.parts.run import guard, run_file, run_labels
from pages.parts.runs import run_card

AT_ONCE = 50

st.title(_("Your runs"))
store, owner = visitor.store(), visitor.current()


def compare(runs):
    """Those that are ticked, found by the search or not."""
    chosen = [run.id for run in runs if st.session_state.get(run_card.ticked(run))]
    with st.container(horizontal=True, vertical_alignment="center", key="runs.comparing"):
        few_enough = 0 < len(chosen) <= links.MOST_COMPARED
        if st.button(_("Compare"), key="runs.compare", icon=":material/compare_arrows:", disabled=not few_enough):
            links.go("compare", runs=",".join(reversed(chosen)), run=None, text=None)  # the oldest first
        st.caption(
            _("{count} runs are ticked; at most {most} can be compared.").format(count=len(chosen), most=links.MOST_COMPARED)
            if chosen
            else _("Tick the runs you would like to see over each other.")
        )


def text_name(run: Run) -> str:
    text = own_texts.get(run.text_id) or store.text(run.text_id)
    return texts.name(text) if text else "…"


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


def space():
    kept, limits = housekeeping.kept(store, owner), store.limits
    st.caption(
        _("You keep {count} of {most} runs, {megabytes} of {space} MB.").format(
            count=f"{kept.runs:,}",
            most=f"{limits.runs_per_visitor:,}",
            megabytes=f"{math.ceil(kept.bytes / 1e6):,}",
            space=f"{limits.megabytes_per_visitor:,.0f}",
        ),
        help=_("When the space is used up, the oldest films are deleted first, except those you keep. Models and curves stay."),
    )


undo()
runs = store.runs(owner) if owner else []
own_texts = {text.id: text for text in (*store.texts(None), *(store.texts(owner) if owner else []))}
if runs:
    space()
else:
    st.info(_("You have not trained anything yet. Your runs appear here as soon as you start one."))
    guard.invite(here="runs")
run_file.bring(opened=not runs)
wanted = st.text_input(_("Search"), key="runs.search", placeholder=_("name, text or model …")) if len(runs) > 5 else ""
found = [run for run in runs if not wanted or wanted.lower() in f"{run.name} {text_name(run)} {run_labels.model(run)}".lower()]
if runs:
    compare(runs)
for run in found[:AT_ONCE]:
    run_card.show(run, text_name(run))
if len(found) > AT_ONCE:
    st.caption(_("The {shown} newest of {count} runs are shown; search for the others.").format(shown=AT_ONCE, count=len(found)))
