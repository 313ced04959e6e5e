"""Into a room: by its code, from the list of one's rooms, or by opening one. And who its teacher is."""

import streamlit as st

from lmcore.errors import LmcoreError
from lmcore.runs.store.rooms import CODE_LENGTH, Room, Rooms
from pages.parts import links, visitor
from pages.parts.classroom import pins
from pages.parts.error_sentences import sentence
from pages.parts.language import _


def asked() -> Room | None:
    """The room in the address: its code is enough to look. A wrong one is said. Without one: the room of this visitor, where
    there is one that is open and was not left just now."""
    code = st.query_params.get("room", "")
    if not code:
        found = _own() if "class.left" not in st.session_state else None
        if found:
            st.query_params["room"] = found.code
        return found
    try:
        return Rooms(visitor.store()).room(code)
    except LmcoreError as error:
        st.warning(sentence(error.code, error.values))
        return None


def _own() -> Room | None:
    """The one open room a visitor has joined; a teacher may want to open another."""
    here, rooms = visitor.current(), Rooms(visitor.store())
    joined = [room for room in rooms.rooms(here) if not room.closed and rooms.nickname(room.code, here)] if here else []
    return joined[0] if len(joined) == 1 else None


def leave(room: Room):
    """To the ways into a room, where this one is still in the list."""
    st.session_state["class.left"] = room.code
    del st.query_params["room"]
    st.rerun()


def teaches(room: Room) -> bool:
    """Return whether this visitor opened the room or has given the teacher's PIN."""
    here = visitor.current()
    return (here is not None and here == room.owner) or pins.role() == "teacher"


def show():
    """Ways into a room."""
    st.markdown(_("A room collects the runs of a class on one board: thirty students make one study."))
    own_rooms()
    here, rooms = visitor.current(), Rooms(visitor.store())
    left, right = st.columns(2, gap="large")
    with left, st.form("class.enter_room"):
        st.subheader(_("Join a room"))
        code = st.text_input(
            _("The code your teacher shows"), max_chars=2 * CODE_LENGTH, key="class.code", placeholder=CODE_LENGTH * "·"
        )
        if st.form_submit_button(_("Go to the room"), type="primary", key="class.go") and code.strip():
            _enter(code)
    with right, st.container(border=True):
        st.subheader(_("Teach"))
        if here and pins.may_teach():
            st.caption(_("Whoever opens a room decides what its board shows, and can close and delete it."))
            if st.button(_("Open a room"), icon=":material/add:", key="class.open"):
                try:
                    _enter(rooms.open(here).code)
                except LmcoreError as error:
                    st.error(sentence(error.code, error.values))
        pins.show()


def own_rooms():
    """Back into a room."""
    here, rooms = visitor.current(), Rooms(visitor.store())
    own = rooms.rooms(here) if here else []
    if own:
        st.subheader(_("Your rooms"))
    for room in own:
        label = f"{room.code} · {room.created[:10]}" + (" · " + _("closed") if room.closed else "")
        links.page_link("classroom", label, ":material/meeting_room:", room=room.code)


def _enter(code: str):
    """A code is typed in capitals or not, with spaces or without; nonsense stays nonsense, and is said."""
    st.query_params["room"] = "".join(filter(str.isalnum, code))[:CODE_LENGTH].upper() or "-"
    st.rerun()
