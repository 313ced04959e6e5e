"""Class: a room with a code, a board of everybody's runs, and the PIN that keeps others out."""

import streamlit as st

from lmcore.runs.store.rooms import Rooms
from pages.parts import visitor
from pages.parts.classroom import board, entry, pins, student, teacher
from pages.parts.language import _
from pages.parts.run import guard

st.title(_("Class"))
room, here = entry.asked(), visitor.current()
if room is None:
    entry.show()
    guard.stop()

teaches = entry.teaches(room)
nickname = Rooms(visitor.store()).nickname(room.code, here) if here else None
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(_("Room {code}").format(code=room.code) + (" · " + _("closed") if room.closed else ""))
    if st.button(_("Leave this room"), icon=":material/close:", type="tertiary", key="class.leave"):
        entry.leave(room)
if teaches:
    teacher.invitation(room)
elif here and nickname is None:
    student.join(room)
elif nickname and room.closed is None:
    with st.container(border=True):
        student.hand_in(room, nickname)

st.subheader(_("The board"))
if teaches:
    teacher.controls(room)
board.show(room.code, teaches)
if teaches:
    st.divider()
    teacher.upkeep(room)
    with st.expander(_("Take part yourself")):
        if nickname is None:
            student.join(room)
        elif room.closed is None:
            student.hand_in(room, nickname)
    pins.show(teaches)
