"""Rooms: who may do what, thirty hand-ins at once from threads and processes, and nothing of a student kept in the room."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lmcore.errors import (
    NicknameMissing,
    NicknameTaken,
    NotAllowed,
    RoomClosed,
    RoomFull,
    RoomNotFound,
    RunNotFound,
    TooManyRooms,
)
from lmcore.runs.store import rooms, visitors
from lmcore.runs.store.rooms import Rooms
from lmcore.runs.store.store import Store
from tests.runs.examples import a_config, a_text

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.fixture
def room(store):
    return Rooms(store).open("teacher")


def a_run(store, owner: str, text):
    return store.add_run(owner=owner, text_id=text.id, name=f"run of {owner}", config=a_config())


def a_student(store, room, name: str, text=None) -> str:
    """Joined, with a run -> its id."""
    Rooms(store).join(room.code, name, f"nick {name}")
    return a_run(store, name, text or a_text(store)).id


def test_a_code_can_be_read_aloud_and_typed_in_any_case(store, room):
    assert len(room.code) == 6 and set(room.code) <= set(rooms.ALPHABET)
    assert not set("01ILOU") & set(rooms.ALPHABET)
    assert Rooms(store).room(f" {room.code.lower()} ") == room
    with pytest.raises(RoomNotFound):
        Rooms(store).room("NOROOM")


def test_a_hand_in_is_a_pointer_at_a_run(store, room):
    run = a_student(store, room, "ben")
    here = Rooms(store)
    assert here.hand_in(room.code, "ben", run) == 1
    (entry,) = here.board(room.code)
    assert (entry.number, entry.visitor, entry.nickname, entry.with_text, entry.hidden) == (1, "ben", "nick ben", False, False)
    assert entry.run == store.run(run)
    assert here.hand_in(room.code, "ben", run, with_text=True) == 1  # again: the same place
    assert [entry.with_text for entry in here.board(room.code)] == [True]
    store.delete(run)
    assert here.board(room.code) == []
    store.undelete(run)
    assert [entry.number for entry in here.board(room.code)] == [1]


def ended(store, run: str, status: str):
    with store.database.writing() as connection:
        connection.execute("UPDATE runs SET status = ? WHERE id = ?", (status, run))


@pytest.mark.parametrize("status", ["finished", "stopped"])
def test_a_run_is_handed_in_by_itself_when_it_has_finished(store, room, status):
    here, run = Rooms(store), a_student(store, room, "ben")
    here.hand_in(room.code, "ben", run, with_text=True, when_finished=True)
    for waiting in ("queued", "running", "paused", "failed"):
        ended(store, run, waiting)
        assert here.board(room.code) == [] and here.of_visitor(room.code, "eve") == []
        assert [(entry.run.id, entry.waits, entry.with_text) for entry in here.of_visitor(room.code, "ben")] == [
            (run, True, True)
        ]
    ended(store, run, status)
    assert [(entry.run.id, entry.waits) for entry in here.board(room.code)] == [(run, False)]
    assert here.of_visitor(room.code, "ben") == here.board(room.code)
    if status == "stopped":  # what is handed in stays so
        store.request(run, "run")
        assert store.run(run).status == "queued" and [entry.run.id for entry in here.board(room.code)] == [run]


def test_what_waits_to_be_handed_in_can_be_taken_back_or_handed_in_now(store, room):
    here, run = Rooms(store), a_student(store, room, "ben")
    here.hand_in(room.code, "ben", run, when_finished=True)
    here.take_back(room.code, "ben", run)
    ended(store, run, "finished")
    assert here.board(room.code) == here.of_visitor(room.code, "ben") == []
    ended(store, run, "running")
    here.hand_in(room.code, "ben", run, when_finished=True)
    here.hand_in(room.code, "ben", run)
    assert [entry.run.id for entry in here.board(room.code)] == [run]


def test_no_word_of_a_student_is_in_the_room(store, room):
    run = a_student(store, room, "ben", a_text(store, "a secret diary\n" * 50))
    Rooms(store).hand_in(room.code, "ben", run, with_text=True)
    with store.database.reading() as connection:
        kept = [
            tuple(row) for table in ("rooms", "room_members", "hand_ins") for row in connection.execute(f"SELECT * FROM {table}")
        ]
    assert kept[0][:2] == (room.code, "teacher")
    assert kept[1:] == [(room.code, "ben", "nick ben"), (room.code, 1, run, "ben", 1, 0, 0)]


def test_one_hands_in_ones_own_runs_after_joining(store, room):
    here, text = Rooms(store), a_text(store)
    run = a_student(store, room, "ben", text)
    with pytest.raises(NotAllowed):
        here.hand_in(room.code, "eve", run)
    here.join(room.code, "eve", "eve")
    with pytest.raises(NotAllowed):
        here.hand_in(room.code, "eve", run)
    with pytest.raises(RunNotFound):
        here.hand_in(room.code, "ben", "no-such-run")
    demo = store.add_run(owner=None, text_id=text.id, name="demo", config=a_config())
    with pytest.raises(NotAllowed):
        here.hand_in(room.code, "ben", demo.id)
    here.hand_in(room.code, "ben", run)
    here.take_back(room.code, "eve", run)
    assert len(here.board(room.code)) == 1
    here.take_back(room.code, "ben", run)
    assert here.board(room.code) == []


def test_nicknames_are_clean_short_and_each_once(store, room):
    here = Rooms(store)
    here.join(room.code, "ben", "  小\x00明 \n \u202e Ben ")
    assert here.nickname(room.code, "ben") == "小 明 Ben"
    for bad in ("", " \n\u200b", "x" * 31):
        with pytest.raises(NicknameMissing):
            here.join(room.code, "eve", bad)
    with pytest.raises(NicknameTaken):
        here.join(room.code, "eve", "小 明 Ben")
    here.join(room.code, "ben", "Benno")
    here.join(room.code, "eve", "小 明 Ben")
    assert (here.nickname(room.code, "ben"), here.nickname(room.code, "eve")) == ("Benno", "小 明 Ben")
    assert here.nickname(room.code, "nobody") is None
    with pytest.raises(RoomNotFound):
        here.join("NOROOM", "ben", "Ben")


def test_a_closed_room_takes_nothing_and_a_deleted_one_leaves_nothing(store, room):
    here, run = Rooms(store), a_student(store, room, "ben")
    here.hand_in(room.code, "ben", run)
    here.close(room.code)
    other = a_run(store, "ben", a_text(store))
    with pytest.raises(RoomClosed):
        here.hand_in(room.code, "ben", other.id)
    assert len(here.board(room.code)) == 1
    here.close(room.code, closed=False)
    assert here.hand_in(room.code, "ben", other.id) == 2
    here.delete(room.code)
    with store.database.reading() as connection:
        left = [
            connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in ("rooms", "room_members", "hand_ins")
        ]
    assert left == [0, 0, 0] and store.run(run) is not None
    with pytest.raises(RoomNotFound):
        here.close(room.code)


def test_one_point_can_be_hidden_and_places_are_never_given_twice(store, room):
    here, runs = Rooms(store), [a_student(store, room, name) for name in ("ben", "eve")]
    for name, run in zip(("ben", "eve"), runs, strict=True):
        here.hand_in(room.code, name, run)
    here.hide(room.code, 1)
    assert [entry.hidden for entry in here.board(room.code)] == [True, False]
    here.hide(room.code, 1, False)
    here.take_back(room.code, "ben", runs[0])
    assert here.hand_in(room.code, "ben", runs[0]) == 3


def test_what_the_teacher_chooses_is_the_room_s(store, room):
    here = Rooms(store)
    here.set(room.code, anonymous=True, x="parameters", y="loss", unit="bits")
    changed = here.room(room.code)
    assert (changed.anonymous, changed.x, changed.y, changed.unit) == (True, "parameters", "loss", "bits")
    with pytest.raises(ValueError, match="owner"):
        here.set(room.code, owner="eve")


def test_rooms_are_listed_for_those_who_are_in_them(store, room):
    here = Rooms(store)
    here.join(room.code, "ben", "ben")
    assert [found.code for found in here.rooms("teacher")] == [room.code] == [found.code for found in here.rooms("ben")]
    assert here.rooms("eve") == []


def test_rooms_and_hand_ins_are_bounded(store, room, monkeypatch):
    monkeypatch.setattr(rooms, "MOST_HAND_INS", 1)
    monkeypatch.setattr(rooms, "MOST_ROOMS", 1)
    here, run = Rooms(store), a_student(store, room, "ben")
    here.hand_in(room.code, "ben", run)
    assert here.hand_in(room.code, "ben", run, with_text=True) == 1
    with pytest.raises(RoomFull):
        here.hand_in(room.code, "ben", a_run(store, "ben", a_text(store)).id)
    with pytest.raises(TooManyRooms):
        here.open("teacher")
    assert here.open("another").owner == "another"


HAND_IN = """
import sys
from lmcore.runs.store.rooms import Rooms
from lmcore.runs.store.store import Store
data, code, *students = sys.argv[1:]
sys.stdin.readline()
for student in students:
    visitor, run = student.split(":")
    here = Rooms(Store(data))
    here.join(code, visitor, visitor)
    here.hand_in(code, visitor, run)
"""


def test_thirty_hand_ins_at_once_lose_none(store, room):
    """Two processes with ten each, started by a line on their input, and ten threads here."""
    text, names = a_text(store), [f"student{number}" for number in range(30)]
    runs = {name: a_run(store, name, text).id for name in names}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", HAND_IN, str(store.folder), room.code, *[f"{name}:{runs[name]}" for name in part]],
            stdin=subprocess.PIPE, cwd=ROOT, text=True,
        )
        for part in (names[:10], names[10:20])
    ]  # fmt: skip

    def hand_in(name: str):
        Rooms(store).join(room.code, name, name)
        Rooms(store).hand_in(room.code, name, runs[name])

    threads = [threading.Thread(target=hand_in, args=(name,)) for name in names[20:]]
    for process in processes:
        process.stdin.write("now\n")
        process.stdin.close()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait(60) for process in processes] == [0, 0]
    board = Rooms(store).board(room.code)
    assert [entry.number for entry in board] == list(range(1, 31))
    assert {entry.visitor: entry.run.id for entry in board} == runs


def test_a_recovery_code_names_its_visitor_until_a_new_one_is_made(store):
    code = visitors.new_code(store, "anna")
    assert len(code.replace("-", "")) == 20 and len(code.split("-")) == 5
    assert visitors.visitor_of(store, code.lower().replace("-", " ")) == "anna"
    assert visitors.visitor_of(store, code[:-1]) is None and visitors.visitor_of(store, "") is None
    newer = visitors.new_code(store, "anna")
    assert visitors.visitor_of(store, code) is None and visitors.visitor_of(store, newer) == "anna"
    assert code.encode() not in b"".join(path.read_bytes() for path in store.folder.glob("store.sqlite*"))


def test_a_text_is_shared_only_by_its_owner_s_wish(store):
    text = a_text(store)
    assert not store.text(text.id).shared
    store.share_text(text.id, True)
    assert store.text(text.id).shared
    store.share_text(text.id, False)
    assert not store.text(text.id).shared


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        ("Anna", "Аnna", True),  # Cyrillic
        ("Anna", "Αnnа", True),  # Greek and Cyrillic
        ("Anna", "Ａｎｎａ", True),  # full width
        ("Anna", "𝐀𝐧𝐧𝐚", True),  # letters of mathematics
        ("Anna", "Ꭺnna", True),  # Cherokee
        ("Anna", "ꓮnna", True),  # Lisu
        ("Anna", "anna", True),
        ("Anna", "An\u200bna", True),
        ("Anna", "Anna\u3164", True),  # a letter that cannot be seen
        ("Anna", "Anna\ufe0f", True),
        ("Ännä", "A\u0308nna\u0308", True),  # composed or not
        ("Lill", "LiIl", True),  # a capital I for a small l
        ("BOB", "B0B", True),
        ("Tоm", "Tom", True),
        ("小口", "小ロ", True),  # katakana
        ("王二", "王ニ", True),
        ("王一", "王ー", True),
        ("Anna", "Ännä", False),
        ("Anna", "Hanna", False),
        ("Ali", "All", False),
        ("анна", "Anna", False),  # all Cyrillic, and its н is none of ours
        ("小王", "小玉", False),
        ("学生1", "学生2", False),
    ],
)
def test_a_nickname_that_looks_like_another_s_is_taken(store, first, second, taken):
    here = Rooms(store)
    room = here.open("teacher")
    here.join(room.code, "ben", first)
    if taken:
        with pytest.raises(NicknameTaken):
            here.join(room.code, "carla", second)
        here.join(room.code, "ben", second)  # one's own may change to it
    else:
        here.join(room.code, "carla", second)
    here.join(here.open("teacher").code, "carla", second)  # another room


@pytest.mark.parametrize("name", ["", " ", "\u3164", "\u2800\u115f", "\u200b", "x" * 31])
def test_a_nickname_can_be_seen(store, name):
    here = Rooms(store)
    with pytest.raises(NicknameMissing):
        here.join(here.open("teacher").code, "ben", name)
