"""The class's PIN: started, shown and ended by the teacher. How it is asked for is `class_door`."""

import streamlit as st

from pages.parts import error_notice
from pages.parts.components.post_form import post_form
from pages.parts.language import _
from pages.parts.server import class_pin
from pages.parts.server.class_door import ENTER
from pages.parts.server.guess_limit import ADDRESS_FREE
from pages.parts.server.routes import CLASS, pin_guesses


def role() -> str | None:
    """teacher, student or None; a raw client can send any cookie: it is verified at every read."""
    return class_pin.role(st.context.cookies.get(class_pin.cookie_name()))


def may_teach() -> bool:
    return class_pin.may_teach(st.context.cookies.get(class_pin.cookie_name()))


def show(teaches: bool = False):
    """teaches: the room that is shown."""
    here = class_pin.is_this_machine(st.context.ip_address or "127.0.0.1", _headers())
    if teaches or role() == "teacher" or (here and not class_pin.pins()):
        error_notice.say_no_backup()
    if role() == "teacher":
        _teacher()
    elif class_pin.pins():
        _student()
    elif here:
        st.subheader(_("Close this server to everyone else"))
        st.caption(
            _(
                "Start a class: the server makes a PIN, and whoever does not know it sees nothing. It is asked once in each browser."
            )
        )
        post_form(CLASS, _("Start a class"), key="class.start")


def _teacher():
    st.subheader(_("The PINs of this class"))
    pins = class_pin.known_pins()
    row = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
    places = {
        "student": row,
        "teacher": row.popover(_("for teachers"), icon=":material/visibility:"),
    }  # a projector shows the page
    names = {"student": _("for everybody"), "teacher": _("for teachers")}
    for name in class_pin.pins():
        places[name].metric(names[name], _grouped(pins[name]) if name in pins else _("not kept"), width=220)
    if set(class_pin.pins()) - set(pins):
        st.caption(_("Only a fingerprint of the PIN outlasts a restart of the server. Students who were here are still let in."))
    _say_wrong_pins()
    if class_pin.by_environment():
        st.caption(_("Whoever runs the server has set the PINs."))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        post_form(CLASS, _("Make new PINs"), key="class.again")
        if st.button(_("End the class"), key="class.end", icon=":material/lock_open:"):
            st.dialog(_("End the class?"))(_end)()  # its title in the language of this visitor
    st.caption(_("New PINs let nobody in with the old ones, so everyone has to enter them again."))


def _say_wrong_pins():
    seen = pin_guesses.seen()
    if seen.wrong:
        show = st.warning if seen.wrong >= ADDRESS_FREE else st.caption
        show(
            _(
                "Wrong PINs in the last hour: {wrong} (different addresses: {addresses}). More of them are checked ever more slowly; "
                "whoever is in stays in."
            ).format(wrong=seen.wrong, addresses=seen.addresses)
        )


def _end():
    st.markdown(_("Then the PINs are gone, and everyone who reaches this server can use it. Rooms, runs and texts stay."))
    if st.button(_("End the class now"), type="primary", key="class.end_now") and role() == "teacher":
        class_pin.end()
        st.rerun()


def _student():
    st.caption(_("Opening a room and changing its board needs the teacher's PIN."))
    post_form(ENTER, _("I am the teacher"), key="class.enter", field="pin", label=_("Teacher's PIN"), hidden={"wanted": _here()})


def _here() -> str:
    code = st.query_params.get("room", "")
    return f"/classroom?room={code}" if code else "/classroom"


def _grouped(pin: str) -> str:
    """
    >>> _grouped("123456"), _grouped("12345678"), _grouped("cats")
    ('123 456', '1234 5678', 'cats')
    """
    half = len(pin) // 2
    return f"{pin[:half]} {pin[half:]}" if pin.isdigit() and len(pin) in (6, 8) else pin


def _headers() -> dict[str, str]:
    return {name.lower(): value for name, value in st.context.headers.items()}
