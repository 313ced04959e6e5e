"""The teacher's side of a room: the code and the address students use, what the board shows, closing and deleting it."""

import html
import socket
from urllib.parse import urlsplit

import segno
import streamlit as st

from lmcore.runs.store.records import AXES, UNITS, Room
from lmcore.runs.store.rooms import Rooms
from pages.parts import visitor
from pages.parts.classroom import board, board_points, entry
from pages.parts.language import _
from pages.parts.run import comparison
from pages.parts.server import class_pin


def invitation(room: Room):
    """The code in letters for the projector, and the join address as a picture for telephones."""
    address = f"{server_address(st.context.url)}/classroom?room={room.code}"
    letters, picture = st.columns([3, 2], vertical_alignment="center")
    with letters:
        st.caption(_("The code of this room"))
        st.html(f"<div style='font-size:4rem; line-height:1.1; letter-spacing:.12em; font-weight:700'>{room.code}</div>")
        st.caption(_("Students type it on the page “Class”, or open this address:"))
        st.code(address, language=None, wrap_lines=True)
        if reaches_nobody_else(st.get_option("server.address"), st.context.url):
            st.warning(
                _(
                    "This server listens on this machine alone, so nobody else can reach it. Start it with `--server.address 0.0.0.0`."
                )
            )
    with picture:
        st.html(
            f"<img src='{html.escape(qr_code(address))}' width='260' alt='{html.escape(address)}'>"
        )  # st.image lays a button over the page
        st.caption(_("the same address"))


def qr_code(address: str) -> str:
    """The address of an SVG, black on white in any theme: cameras need the contrast."""
    return segno.make(address, error="m").svg_data_uri(scale=8, border=3, dark="#000", light="#fff")


def server_address(page: str | None) -> str:
    """Where other machines find this server: the browser's own address, or this machine's in its network instead of localhost."""
    parts = urlsplit(page or "")
    host = parts.hostname or "localhost"
    if host in class_pin.LOOPBACK:
        host = network_address() or host
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme or 'http'}://{f'[{host}]' if ':' in host else host}{port}"


def reaches_nobody_else(listening: str | None, page: str | None) -> bool:
    """Whether the server hears this machine alone, and no proxy before it: then the browser's own address is this machine too.

    >>> reaches_nobody_else("127.0.0.1", "http://localhost:8501/"), reaches_nobody_else("127.0.0.1", "https://school.example/")
    (True, False)
    """
    return listening in class_pin.LOOPBACK and (urlsplit(page or "").hostname or "localhost") in class_pin.LOOPBACK


def network_address() -> str | None:
    """By asking the system which of its addresses would be used to go out; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("10.255.255.255", 1))
        except OSError:
            return None
        return asking.getsockname()[0]


def controls(room: Room):
    """What the board shows; each choice is the room's, so every screen follows."""
    rooms, named = Rooms(visitor.store()), board_points.names(room.unit)

    def choose(field: str):
        if entry.teaches(room):  # a callback runs before the page: it asks again who is here
            rooms.set(room.code, **{field: st.session_state[f"class.{field}"]})

    x, y, unit, anonymous = st.columns([3, 3, 3, 4], vertical_alignment="bottom")
    for column, field, label in ((x, "x", _("Across")), (y, "y", _("Up"))):
        st.session_state[f"class.{field}"] = getattr(room, field)
        options = [axis for axis in AXES if axis != (room.y if field == "x" else room.x)]
        column.selectbox(label, options, format_func=named.get, key=f"class.{field}", on_change=choose, args=(field,))
    units = {"nats": _("nats per token"), "bits": _("bits per byte")}
    st.session_state["class.unit"], st.session_state["class.anonymous"] = room.unit, room.anonymous
    unit.selectbox(
        _("Validation loss in"), UNITS, format_func=units.get, key="class.unit", on_change=choose, args=("unit",),
        help=_("Across different tokenizers only bits per byte can be compared."),
    )  # fmt: skip
    anonymous.toggle(_("Numbers instead of names"), key="class.anonymous", on_change=choose, args=("anonymous",))


def upkeep(room: Room):
    """Hide a point, take the table away, close, delete."""
    rooms, found = Rooms(visitor.store()), board.points(room)
    named = {point.number: point.name for point in found}
    hidden = [point.number for point in found if point.hidden]

    def hide():
        for number in set(hidden) ^ set(st.session_state["class.hidden"]) if entry.teaches(room) else ():
            rooms.hide(room.code, number, number not in hidden)

    if set(st.session_state.get("class.hidden", ())) != set(hidden):
        st.session_state["class.hidden"] = hidden
    st.multiselect(
        _("Points that are hidden"),
        list(named),
        format_func=named.get,
        key="class.hidden",
        on_change=hide,
        placeholder=_("none"),
        disabled=not found,
    )
    with st.container(horizontal=True):
        st.download_button(
            _("All points as CSV"),
            lambda: comparison.as_csv(board_points.table(board.points(room), room.unit)),
            file_name=f"next-word-{room.code}.csv",
            mime="text/csv",
            icon=":material/download:",
            key="class.csv",
            on_click="ignore",
        )
        closed = room.closed is not None
        label, icon = (_("Open the room again"), ":material/lock_open:") if closed else (_("Close the room"), ":material/lock:")
        if st.button(label, icon=icon, key="class.close"):
            if not closed:
                st.dialog(_("Close this room?"))(_close)(room)
            else:
                rooms.close(room.code, False)
                st.rerun()
        if st.button(_("Delete the room"), icon=":material/delete:", key="class.delete"):
            st.dialog(_("Delete this room?"))(_delete)(room.code)


def _close(room: Room):
    st.markdown(_("Then nobody can hand in any more. The board stays, and you can open the room again."))
    if st.button(_("Close the room now"), type="primary", key="class.close_now") and entry.teaches(room):
        Rooms(visitor.store()).close(room.code, True)
        st.rerun()


def _delete(code: str):
    st.markdown(_("The board, all hand-ins and all nicknames are removed for good. The runs stay with those who trained them."))
    if st.button(_("Delete for good"), type="primary", key="class.delete_now"):
        Rooms(visitor.store()).delete(code)
        del st.query_params["room"]
        st.rerun()
