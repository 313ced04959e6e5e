"""A student in a room: the nickname, and handing in one's runs."""

from contextlib import suppress

import streamlit as st

from lmcore.errors import LmcoreError
from lmcore.runs.store.records import Room, Run
from lmcore.runs.store.rooms import NICKNAME_LENGTH, Rooms
from pages.parts import links, visitor
from pages.parts.error_sentences import sentence
from pages.parts.language import _
from pages.parts.run import run_labels


def join(room: Room):
    with st.form("class.join"):
        nickname = st.text_input(
            _("Your nickname in this room"),
            max_chars=NICKNAME_LENGTH,
            key="class.nickname",
            help=_("The class sees it beside your points. Nothing else about you is kept."),
        )
        if st.form_submit_button(_("Join"), type="primary", key="class.join_now"):
            attempt(lambda: Rooms(visitor.store()).join(room.code, visitor.current() or "", nickname))


def hand_in(room: Room, nickname: str):
    """Choose one of one's runs, say whether its text may be shown, hand it in; take back what was."""
    store, here = visitor.store(), visitor.current() or ""
    rooms = Rooms(store)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("You are here as"))
        st.text(nickname)
    handed = {entry.run.id: entry for entry in rooms.of_visitor(room.code, here)}
    runs = {run.id: run for run in store.runs(here)}
    if not runs:
        st.info(_("You have no run to hand in yet. Train one: it can be handed in while it still trains."))
        links.page_link("train", _("Train a model"), ":material/model_training:")
        return
    asked = links.asked("run")
    if st.session_state.get("class.run") not in runs:
        st.session_state["class.run"] = (
            asked if asked in runs else next((key for key in runs if key not in handed), next(iter(runs)))
        )
    chosen = st.selectbox(_("A run of yours"), list(runs), format_func=_named(runs, handed).get, key="class.run")
    known = handed.get(chosen)
    st.session_state.setdefault(f"class.text.{chosen}", bool(known and known.with_text))
    with_text = st.checkbox(
        _("Let the class read its name and what it writes"),
        key=f"class.text.{chosen}",
        on_change=lambda: _share(room, chosen),
        help=_("They tell about the text you trained on. Without this the class sees settings, curve and numbers."),
    )
    with st.container(horizontal=True):
        on_board = known is not None and not known.waits
        changed = not on_board or known.with_text != with_text
        live = run_labels.is_live(runs[chosen])
        label = _("Change") if on_board else _("Hand in now") if live else _("Hand in")
        if st.button(label, type="primary", icon=":material/upload:", key="class.hand_in", disabled=not changed):
            attempt(lambda: rooms.hand_in(room.code, here, chosen, with_text))
        if on_board and st.button(_("Take back"), icon=":material/undo:", key="class.take_back"):
            attempt(lambda: rooms.take_back(room.code, here, chosen))
        if not on_board and (live or known):
            _when_finished(room, chosen, promised=known is not None, key="class.when_finished")


def offer(run: Run):
    """On the page of one's own run: hand it in to the room one is in, or see it there."""
    rooms, here, asked = Rooms(visitor.store()), visitor.current() or "", links.asked("room")
    if not visitor.owns(run):
        return
    mine = (room for room in rooms.rooms(here) if room.closed is None and rooms.nickname(room.code, here))
    room = next((room for room in mine if asked in (None, room.code)), None)
    if room is None:
        return
    known = next((entry for entry in rooms.of_visitor(room.code, here) if entry.run.id == run.id), None)
    if known and not known.waits:
        links.page_link("classroom", _("On the board of room {code}").format(code=room.code), ":material/groups:", room=room.code)
        return
    live = run_labels.is_live(run)
    label = _("Hand in to room {code} now") if live else _("Hand in to room {code}")
    if st.button(label.format(code=room.code), icon=":material/upload:", key="train.hand_in"):
        attempt(lambda: rooms.hand_in(room.code, here, run.id, known is not None and known.with_text))
    if live or known:
        _when_finished(room, run.id, promised=known is not None, key="train.when_finished")


def _when_finished(room: Room, run_id: str, promised: bool, key: str):
    """The store keeps the promise, whether the browser is still there or not; the switch shows what the store says."""
    st.session_state[key] = promised

    def change():
        rooms, here = Rooms(visitor.store()), visitor.current() or ""  # the cookie may have changed since the page was drawn
        try:
            if st.session_state[key]:
                with_text = st.session_state.get(f"class.text.{run_id}", False)
                rooms.hand_in(room.code, here, run_id, with_text, when_finished=True)
            else:
                rooms.take_back(room.code, here, run_id)
        except LmcoreError as error:
            st.error(sentence(error.code, error.values))

    st.toggle(
        _("Hand in when finished"),
        key=key,
        on_change=change,
        help=_("Once this run has finished or is stopped, it is handed in by itself, even if you have closed this page."),
    )


def _share(room: Room, run_id: str):
    """What is promised follows the box at once; what is on the board waits for *Change*."""
    rooms, here = Rooms(visitor.store()), visitor.current() or ""
    known = next((entry for entry in rooms.of_visitor(room.code, here) if entry.run.id == run_id), None) if here else None
    if known and known.waits:
        with suppress(LmcoreError):  # the room has just been closed
            rooms.hand_in(room.code, here, run_id, st.session_state[f"class.text.{run_id}"], when_finished=True)


def attempt(change):
    """Do it and show what came of it; or say in one sentence why not."""
    try:
        change()
    except LmcoreError as error:
        st.error(sentence(error.code, error.values))
        return
    st.rerun()


def _named(runs, handed) -> dict[str, str]:
    """{id: as it stands in the list}"""
    said = [f"{run.name} · {run_labels.in_short(run)} · {run_labels.status(run)}" for run in runs.values()]
    on_board = {key for key, entry in handed.items() if not entry.waits}
    return {key: f"{'✓ ' * (key in on_board)}{name}" for key, name in zip(runs, run_labels.distinct(said), strict=True)}
