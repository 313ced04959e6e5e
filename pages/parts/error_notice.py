"""What a page shows when something went wrong: one sentence in the visitor's language. The traceback stays in the log."""

import streamlit as st

from lmcore.errors import LmcoreError, NoRoomForBackup
from lmcore.runs.store.backups import Restored
from lmcore.runs.store.migrations import as_store_error
from pages.parts.error_sentences import sentence
from pages.parts.language import _

restored: Restored | None = None  # what this server did about the store when it started
no_backup: NoRoomForBackup | None = None  # why it could make no backup


def say_what_happened(error: Exception) -> bool:
    """Streamlit's `on_script_error`; True: its own English notice is not needed."""
    said = as_lmcore_error(error)
    st.error(sentence(said.code, said.values), icon=":material/error:")
    return True


def as_lmcore_error(error: Exception) -> LmcoreError:
    """What is said of a fault to a visitor."""
    return error if isinstance(error, LmcoreError) else as_store_error(error) or LmcoreError()


def say_what_was_restored():
    """To each visitor, until they have read it."""
    if restored is None or st.session_state.get("trouble.read"):
        return
    said = "\n".join(filter(None, (_say_aside(restored.aside), _say_backup(restored.backup), _say_runs(restored.runs))))
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.text(said)
        st.button(_("I have read this"), key="trouble.read_it", on_click=_read)


def say_no_backup():
    """Tell the teacher of a class that no backup of the store can be made."""
    if no_backup:
        st.warning(sentence(no_backup.code, no_backup.values), icon=":material/save:")


def _read():
    st.session_state["trouble.read"] = True


def _say_aside(name: str | None) -> str:
    if name is None:
        return _("The store, where texts and runs are listed, was missing.")
    return _(
        "The store, where texts and runs are listed, was damaged. It was set aside as “{name}”; nothing was deleted."
    ).format(name=name)


def _say_backup(when) -> str:
    if when is None:
        return _("There was no backup of it, so an empty one is used.")
    return _("The backup of {when} is used; what was done after it may be missing from the lists.").format(
        when=f"{when:%Y-%m-%d %H:%M}"
    )


def _say_runs(count: int) -> str:
    if not count:
        return ""
    return _("Runs found in their folders and listed again, without their curves: {count}.").format(count=count)
