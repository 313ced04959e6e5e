"""Deleting a text: what goes with it and what stays is said before; it can be undone for a day."""

import streamlit as st

from pages.parts import links, texts, visitor
from pages.parts.language import _


def button(text):
    if visitor.owns_text(text) and st.button(_("Delete this text"), icon=":material/delete:", key="text.delete"):
        st.dialog(_("Delete this text"), icon=":material/delete:")(_confirm)(text)


def _confirm(text):
    going, staying = visitor.store().runs_on(text.id)
    st.text(texts.name(text))
    if going:
        st.text(_("Your runs on it go with it: {count}.").format(count=f"{len(going):,}"))
    if staying:
        st.text(
            _(
                "Runs that were handed in to a room, and those of others, stay: {count}. The text is kept for them, hidden, until they are deleted too."
            ).format(count=f"{len(staying):,}")
        )
    st.caption(
        _(
            "For a day this can be undone here; then it is removed from the server's disk. Its first words, as a name, and what its runs wrote may stay in the server's backups for longer."
        )
    )
    if st.button(_("Delete"), type="primary", key="text.delete_now", on_click=_delete, args=(text.id,)):
        links.go("text", text=None, run=None)


def _delete(text_id: str):
    visitor.store().delete_text(text_id)
    texts.forget()
    st.session_state["text.deleted"] = text_id


def undo():
    """As long as this tab is open: bring the text that was deleted last back, with its runs."""
    deleted = st.session_state.get("text.deleted")
    if deleted is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.text(_("The text was deleted."))
        if st.button(_("Undo"), key="text.undo", icon=":material/undo:", type="primary"):
            del st.session_state["text.deleted"]
            if (text := visitor.store().text(deleted)) and visitor.owns_text(text):
                visitor.store().undelete_text(deleted)
                links.go("text", text=deleted, run=None)
            st.rerun()
