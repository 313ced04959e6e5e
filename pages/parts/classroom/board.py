"""The board of a room as it grows: the scatter, the point that was chosen, and all of them as a table."""

import streamlit as st

from lmcore.errors import RoomNotFound
from lmcore.runs.store import marks
from lmcore.runs.store.records import Room
from lmcore.runs.store.rooms import Rooms
from pages.parts import links, visitor
from pages.parts.classroom import board_figure, board_points
from pages.parts.components import plots
from pages.parts.components.board_chart import board_chart
from pages.parts.language import _, together
from pages.parts.run import charts, comparison, run_labels

SECONDS, CLOSED_SECONDS = 1.5, 5.0  # between two looks; a closed room can be opened again
SMOOTHING = 0.9


def show(code: str, teaches: bool):
    room = Rooms(visitor.store()).room(code)
    known = {point.number for point in points(room)}

    @st.fragment(run_every=SECONDS if room.closed is None else CLOSED_SECONDS)
    def board():
        try:
            now = Rooms(visitor.store()).room(code)
        except RoomNotFound:
            st.rerun()
        found = points(now)
        if now != room or teaches and {point.number for point in found} != known:
            st.rerun()  # what the teacher chose, and can choose from, is shown outside too
        shown = [point for point in found if not point.hidden]
        if not shown:
            hidden = teaches and found
            st.info(_("All points are hidden.") if hidden else _("Nothing is handed in yet. Points appear here by themselves."))
            return
        _scatter(now, shown)
        _chosen(now, shown, teaches)
        with st.expander(_("All points as a table")):
            st.dataframe(board_points.table(shown, now.unit), hide_index=True, key="class.table")

    board()


def points(room: Room) -> list[board_points.Point]:
    board = Rooms(visitor.store()).board(room.code)
    return board_points.points(visitor.data_folder(), room, board, visitor.current())


def _scatter(room: Room, shown):
    placed = board_points.on_the_plot(shown, room.x, room.y)
    waiting = len(shown) - len(placed)
    board_chart(board_figure.scatter(placed, room), key="class.board", summary=said(room, shown), on_choose=_choose)
    st.caption(
        together(said(room, shown), _("{count} have no place yet on these axes.").format(count=waiting) if waiting else "")
    )


def said(room: Room, shown) -> str:
    """The board in a sentence; nicknames stay out of it: what others wrote is no Markdown."""
    best = [point for point in shown if point.values["loss"] is not None]
    words = _("Runs handed in: {count}; still training: {live}.").format(
        count=len(shown), live=sum(point.live for point in shown)
    )
    if diverged := sum(point.diverged for point in shown):
        words = together(words, _("Diverged, shown as a cross or left out: {count}.").format(count=diverged))
    if changed := sum(len(marks.rates(point.run)) > 1 for point in shown) if "learning_rate" in (room.x, room.y) else 0:
        words = together(
            words,
            _("Learning rate changed during training: {count}; a point shows the rate at which its loss was lowest.").format(
                count=changed
            ),
        )
    if not best:
        return words
    if len(contents(shown)) > 1:
        return together(words, _("These runs learned from different texts, so their losses cannot be compared."))
    first = min(best, key=lambda point: point.values["loss"])
    return together(
        words,
        _("The lowest validation loss is {loss:.3f}, with learning rate {rate} and hidden size {size}.").format(
            loss=first.values["loss"], rate=run_labels.rates(first.run), size=first.values["hidden_size"]
        ),
    )


def contents(shown) -> set[str]:
    """What the runs learned from, one entry for each different content."""
    texts = (visitor.store().text(text_id) for text_id in {point.run.text_id for point in shown})
    return {text.sha256 for text in texts if text is not None}


def _choose():
    number = st.session_state["class.board"].chosen
    if number is not None:
        st.session_state["class.clicked"] = (number, _clicked()[1] + 1)


def _clicked() -> tuple[int | None, int]:
    """The point that was clicked last, and how many were."""
    return st.session_state.get("class.clicked", (None, 0))


def _chosen(room: Room, shown, teaches: bool):
    """One point's curve; what it wrote only where its student ticked it.

    A click makes a new list that begins at its point: the value of the old one, which a look already on its way may still
    send, then changes nothing.
    """
    by_number = {point.number: point for point in shown}
    clicked, clicks = _clicked()
    number = st.selectbox(
        _("Look at one run (or click a point)"),
        list(by_number),
        index=list(by_number).index(clicked) if clicked in by_number else None,
        format_func=lambda number: f"{by_number[number].name} · {run_labels.settings_in_short(by_number[number].run)}",
        placeholder=_("choose a point …"),
        key=f"class.chosen.{clicks}",
    )
    if number is None:
        return
    point = by_number[number]
    if teaches and st.button(_("Hide this point"), icon=":material/visibility_off:", key=f"class.hide.{number}"):
        Rooms(visitor.store()).hide(room.code, number)
        st.rerun()
    history = comparison.history(visitor.store(), point.run)
    unit = "bits_per_byte" if room.unit == "bits" else "validation_loss"
    curve = {
        "name": point.name,
        "colour": charts.run_colour(point.run.id),
        "dash": "solid",
        "training": history.training("step", SMOOTHING) if room.unit == "nats" else None,
        "validation": history.validation("step", unit),
    }
    labels = {"x": _("step"), "y": _("loss"), "training": _("training loss"), "validation": board_points.names(room.unit)["loss"]}
    left, right = st.columns([3, 2], gap="large")
    with left:
        plots.show(charts.compared([curve], labels), key="class.curve")
        if curve["training"]:
            st.caption(_("Thick with dots: validation loss. Thin: training loss."))
        if found := marks.beside_tokens(point.run):
            st.caption(run_labels.beside_tokens(**found))
    with right:
        _written(point)


def _written(point):
    if not (point.with_text or point.mine):
        st.caption(_("What this run writes would tell about its text; its student has not shared that."))
        return
    evaluation = visitor.store().latest_evaluation(point.run.id)
    if evaluation is None:
        st.caption(_("It has not written anything yet."))
        return
    st.text(point.run.name)
    st.caption(_("What it writes at step {step}").format(step=f"{evaluation.step:,}"))
    st.code(run_labels.sample(evaluation), language=None, wrap_lines=True)
    links.page_link("train", _("Open this run"), ":material/show_chart:", run=point.run.id, text=None)
