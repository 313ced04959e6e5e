"""A run as a file: download one, with its text or without, and open one that was downloaded. What is in it is `lmcore.runs.exchange.transfer`."""

import sqlite3
from functools import partial

import streamlit as st

from lmcore.errors import LmcoreError
from lmcore.runs.exchange import transfer
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store.records import Run
from pages.parts import error_notice, links, texts, visitor
from pages.parts.error_sentences import sentence
from pages.parts.language import _


def may_download(run: Run) -> bool:
    """Even without its text the file holds the text's last tokens, so others get it only where they may read the text."""
    return visitor.owns(run) or visitor.may_read(visitor.store().text(run.text_id))


def choices(run: Run):
    """With its text or without; nothing is prepared before a button is pressed."""
    try:
        transfer.check_export(visitor.store(), run.id)
    except LmcoreError as error:
        st.info(sentence(error.code, error.values))
        return
    fault = texts.file_fault(run.text_id) if visitor.owns(run) and has_text(run) else None
    if fault:
        st.warning(fault)
    elif visitor.owns(run) and has_text(run):
        _button(run, _("With its text"), with_text=True)
        st.caption(_("To keep it, or to go on training it elsewhere. Whoever gets the file can read the text."))
    _button(run, _("Without its text"), with_text=False)
    st.caption(
        _("To give it away: it can be looked at and asked, not trained further. Only the last few tokens of the text are in it.")
    )
    run_folder = RunFolder.of(visitor.data_folder(), run.id)
    saved = run_folder.checkpoints()
    best, last = step_of(run_folder.best_first(run.best_step)[0]), step_of(saved[0])
    if best != last:
        words = _(
            "With its text the file holds the last step ({last}), to go on from; without, the step that is best on new text ({best})."
        )
        st.caption(words.format(last=f"{last:,}", best=f"{best:,}"))
    st.caption(_("The file holds the model, its settings and its curve; the page “Runs” of any Next Word opens it."))


def _button(run: Run, label: str, with_text: bool):
    st.download_button(
        label,
        partial(transfer.export_run, visitor.store(), run.id, with_text),
        file_name=file_name(texts.run_name(run)),
        mime="application/zip",
        icon=":material/download:",
        type="primary" if with_text else "secondary",
        width="stretch",
        key=f"file.{'with' if with_text else 'without'}",
        on_click="ignore",
    )


def file_name(name: str) -> str:
    """
    >>> file_name("鹅卵石，run 1"), file_name("../..")
    ('鹅卵石-run-1.zip', 'next-word.zip')
    """
    words = "".join(character if character.isalnum() else " " for character in name).split()
    return ("-".join(words)[:80] or "next-word") + ".zip"


def has_text(run: Run) -> bool:
    came_without = any(note["code"] == transfer.WITHOUT_TEXT for note in run.notes)
    return not came_without and visitor.may_read(visitor.store().text(run.text_id))


def bring(opened: bool):
    """Open a run from a file; what is refused gets its sentence, once."""
    with st.expander(_("Open a run from a file"), expanded=opened, icon=":material/upload_file:"):
        file = st.file_uploader(
            _("A .zip that was downloaded from a run, here or on another computer; up to {megabytes} MB").format(
                megabytes=st.get_option("server.maxUploadSize")
            ),
            key="runs.file",
        )
        if file is None:
            st.session_state.pop("runs.refused", None)
            return
        if visitor.current() is None:
            st.error(
                _(
                    "Your browser does not accept this site's cookie, so a run could not be kept for you. Allow cookies and reload."
                )
            )
            return
        if st.session_state.get("runs.refused", {}).get("file") != file.file_id:
            _open(file)
        refused = st.session_state["runs.refused"]
        st.error(sentence(refused["code"], refused["values"]))


def _open(file):
    """Shows the new run, or remembers why there is none: a later run of the script does not read the file again."""
    try:
        with st.spinner(_("Looking into the file …"), show_time=False):
            run = transfer.import_run(visitor.store(), visitor.current(), file.getvalue())
    except (LmcoreError, OSError, sqlite3.Error) as error:
        said = error_notice.as_lmcore_error(error)
        st.session_state["runs.refused"] = {"file": file.file_id, "code": said.code, "values": said.values}
    else:
        links.go("train", run=run.id, text=None)
