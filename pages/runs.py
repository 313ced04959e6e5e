"""Runs: everything this visitor has trained; open, rename, resume, take away, delete (and undo); and runs from a file."""

import math

import streamlit as st

from lmcore.runs.exchange.transfer import WITHOUT_TEXT
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import housekeeping
from lmcore.runs.store.records import Run
from lmcore.runs.store.store import RESUMABLE
from lmcore.training.diagnosis import AVERAGED
from pages.parts import links, texts, visitor
from pages.parts.language import _, literal
from pages.parts.run import guard, run_labels
from pages.parts.train import run_file, starting

AT_ONCE = 50

st.title(_("Your runs"))
store, owner = visitor.store(), visitor.current()


@st.dialog(_("Rename this run"))
def rename(run: Run):
    name = st.text_input(_("Name"), value=run.name, max_chars=120, key="runs.name")
    if st.button(_("Save"), type="primary", disabled=not name.strip(), key="runs.save"):
        store.rename(run.id, name.strip())
        st.rerun()


def ticked(run: Run) -> str:
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


def text_name(run: Run) -> str:
    text = own_texts.get(run.text_id) or store.text(run.text_id)
    return texts.name(text) if text else "…"


def more(run: Run):
    """What one does seldom, in a menu."""
    words = {
        "rename": ":material/edit: " + _("Rename"),
        "download": ":material/download: " + _("Download"),
        "keep": ":material/bookmark: " + _("Keep its film"),
        "let_go": ":material/bookmark_remove: " + _("No longer keep its film"),
        "delete": ":material/delete: " + _("Delete"),
    }
    film = ["let_go" if run.film_kept else "keep"] if RunFolder.of(store.folder, run.id).has_film() else []
    chosen = st.menu_button(
        "",
        ["rename", "download", *film, "delete"],
        format_func=words.get,
        icon=":material/more_horiz:",
        help=_("Rename, download, delete …"),
        key=f"runs.more.{run.id}",
    )
    if chosen == "rename":
        rename(run)
    elif chosen == "download":
        run_file.download(run)
    elif chosen in ("keep", "let_go"):
        store.keep_film(run.id, chosen == "keep")
        st.rerun()
    elif chosen == "delete":
        store.delete(run.id)
        st.session_state["runs.deleted"] = run.id
        st.rerun()


def facts(run: Run) -> str:
    said = [run_labels.in_short(run), run_labels.status(run)]
    if run.film_kept:
        said.append(":material/bookmark: " + _("film kept"))
    if any(note["code"] == WITHOUT_TEXT for note in run.notes):
        said.append(_("came without its text"))
    if run.shown_status in RESUMABLE and texts.file_fault(run.text_id):
        said.append(_("its text is missing or damaged"))
    if any(note["code"] == housekeeping.FILM for note in run.notes):
        said.append(_("film deleted"))
    return " · ".join(said)


def loss(run: Run) -> tuple[str, str, str]:
    """(name, value, meaning): the best validation loss, or the training loss where the text is too short for one."""
    if run.best_bits_per_byte is not None:
        return _("bits per byte"), f"{run.best_bits_per_byte:.3f}", _("Best validation loss (bits per byte)")
    last = store.steps(run.id, after=run.step - AVERAGED).loss
    value = f"{float(last.mean()):.3f}" if len(last) else "—"
    return _("nats per token"), value, _("Training loss (nats per token): the text is too short for a validation loss")


def card(run: Run):
    with st.container(border=True):
        what, figures, actions = st.columns([11, 4, 11], vertical_alignment="center", gap="small")
        with what.container(gap="xsmall"):
            st.checkbox(literal(run.name), key=ticked(run), persist_state="page")
            st.caption(facts(run))
            if not texts.says_its_text(run.name, text_name(run)):
                st.text(text_name(run))
        name, value, meaning = loss(run)
        steps = _("step {step} of {planned}").format(step=f"{run.step:,}", planned=f"{run.planned_steps or 0:,}")
        figures.metric(name, value, help=f"{meaning}  \n{steps}")
        if beside := run_labels.parts_in_short(run):
            figures.caption(beside, help=_("What the bits per byte of words hold beside their tokens: unknown words and spaces."))
        resumed = False
        with actions.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
            if st.button(_("Open"), key=f"runs.open.{run.id}", icon=":material/show_chart:"):
                links.go("train", run=run.id, text=None)
            if st.button(_("Explore"), key=f"runs.explore.{run.id}", icon=":material/search:"):
                links.go("explore", run=run.id, text=None)
            if run.shown_status in RESUMABLE and not texts.file_fault(run.text_id):
                resumed = st.button(_("Resume"), key=f"runs.resume.{run.id}", icon=":material/play_arrow:")
            more(run)
        if resumed:
            starting.resume(run)


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
    card(run)
if len(found) > AT_ONCE:
    st.caption(_("The {shown} newest of {count} runs are shown; search for the others.").format(shown=AT_ONCE, count=len(found)))
