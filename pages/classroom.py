"""Class: a room with a code, a board of everybody's runs, and the PIN that keeps others out."""

import streamlit as st

from lmcore.runs.rooms import Rooms
from pages.parts import class_desk, room_board, room_desk, room_entry, room_seat, visitor
from pages.parts.language import _

st.title(_("Class"))
room, here = room_entry.asked(), visitor.current()
if room is None:
    room_entry.show()
    st.stop()

teaches = room_entry.teaches(room)
nickname = Rooms(visitor.store()).nickname(room.code, here) if here else None
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(_("Room {code}").format(code=room.code) + (" · " + _("closed") if room.closed else ""))
    if st.button(_("Leave this room"), icon=":material/close:", type="tertiary", key="class.leave"):
        room_entry.leave(room)
if teaches:
    room_desk.invitation(room)
elif here and nickname is None:
    room_seat.join(room)
elif nickname and room.closed is None:
    with st.container(border=True):
        room_seat.hand_in(room, nickname)

st.subheader(_("The board"))
if teaches:
    room_desk.controls(room)
room_board.show(room.code, teaches)
if teaches:
    st.divider()
    room_desk.upkeep(room)
    with st.expander(_("Take part yourself")):
        if nickname is None:
            room_seat.join(room)
        elif room.closed is None:
            room_seat.hand_in(room, nickname)
    class_desk.show(teaches)
