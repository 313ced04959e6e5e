"""The card of a run on the page Runs: what it is, its loss, what can be done with it. The list of cards is `pages/runs.py`."""

import streamlit as st

from lmcore.runs.exchange.transfer import WITHOUT_TEXT
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import housekeeping
from lmcore.runs.store.records import Run
from lmcore.runs.store.store import RESUMABLE
from lmcore.training.diagnosis import AVERAGED
from pages.parts import links, texts, visitor
from pages.parts.language import _, literal
from pages.parts.run import run_labels, starting, take_home


@st.dialog(_("Rename this run"))
def rename(run: Run):
    name = st.text_input(_("Name"), value=run.name, max_chars=120, key="runs.name")
    if st.button(_("Save"), type="primary", disabled=not name.strip(), key="runs.save"):
        visitor.store().rename(run.id, name.strip())
        st.rerun()


def ticked(run: Run) -> str:
    """Return the key of its tick: it is to be compared."""
    return f"runs.compare.{run.id}"


def more(run: Run):
    """What one does seldom, in a menu."""
    words = {
        "rename": ":material/edit: " + _("Rename"),
        "download": ":material/download: " + _("Download"),
        "keep": ":material/bookmark: " + _("Keep its film"),
        "let_go": ":material/bookmark_remove: " + _("No longer keep its film"),
        "delete": ":material/delete: " + _("Delete"),
    }
    film = ["let_go" if run.film_kept else "keep"] if RunFolder.of(visitor.data_folder(), run.id).has_film() else []
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
        take_home.dialog(run)
    elif chosen in ("keep", "let_go"):
        visitor.store().keep_film(run.id, chosen == "keep")
        st.rerun()
    elif chosen == "delete":
        visitor.store().delete(run.id)
        st.session_state["runs.deleted"] = run.id
        st.rerun()


def facts(run: Run) -> str:
    said = [run_labels.in_short(run), run_labels.status(run)]
    if begun := run_labels.origin(run):
        said.append(begun)
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
    if run.best_loss is not None and run_labels.of_answers(run):
        return _("nats per token"), f"{run.best_loss:.3f}", _("Best validation loss of the answers (nats per token)")
    last = visitor.store().steps(run.id, after=run.step - AVERAGED).loss
    value = f"{float(last.mean()):.3f}" if len(last) else "—"
    return _("nats per token"), value, _("Training loss (nats per token): the text is too short for a validation loss")


def show(run: Run, text_name: str):
    """Draw the card of a run. text_name: the name of its text."""
    with st.container(border=True):
        what, figures, actions = st.columns([11, 4, 11], vertical_alignment="center", gap="small")
        with what.container(gap="xsmall"):
            st.checkbox(literal(run.name), key=ticked(run), persist_state="page")
            st.caption(facts(run))
            if not texts.says_its_text(run.name, text_name):
                st.text(text_name)
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
