"""Rooms of a class: a short code, who is in it under which nickname, and the runs they hand in.

A room refers to runs and copies nothing: a deleted run leaves the board by itself. Who may do what is checked here; who is asking
is decided by the pages. Needs no torch.
"""

import secrets
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from sqlite3 import IntegrityError
from typing import Any

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
from lmcore.runs.store.database import now
from lmcore.runs.store.records import UNITS, Room, Run
from lmcore.runs.store.store import Store
from lmcore.text import lookalikes

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is read or heard as something else
CODE_LENGTH = 6
NICKNAME_LENGTH = 30  # characters
MOST_HAND_INS, MOST_ROOMS = 300, 50
WAITS = "when_finished AND status NOT IN ('finished', 'stopped')"


@dataclass(frozen=True)
class HandIn:
    """A run on the board. Only `with_text` lets others see what it wrote, how it is named and where it is."""

    number: int  # in its room, 1 for the first: its name for browsers, which never learn the run's address from the board
    visitor: str
    nickname: str
    with_text: bool
    hidden: bool
    waits: bool  # it is handed in when the run has finished, and not on the board yet
    run: Run


class Rooms:
    """The rooms of classes in a store: members, and the runs they hand in."""

    def __init__(self, store: Store) -> None:
        self.store, self.database = store, store.database

    def open(self, owner: str) -> Room:
        """Open a room and return it. Raises TooManyRooms."""
        with self.database.writing() as connection:
            count = connection.execute("SELECT COUNT(*) FROM rooms WHERE owner = ?", (owner,)).fetchone()[0]
            if count >= MOST_ROOMS:
                raise TooManyRooms(limit=MOST_ROOMS)
            while True:
                code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
                with suppress(IntegrityError):
                    connection.execute(
                        "INSERT INTO rooms (code, owner, x, y, unit, created) VALUES (?, ?, ?, ?, ?, ?)",
                        (code, owner, "learning_rate", "hidden_size", UNITS[0], now()),
                    )
                    break
        return self.room(code)

    def room(self, code: str) -> Room:
        """Return a room by its code, in capitals or not. Raises RoomNotFound."""
        with self.database.reading() as connection:
            row = connection.execute("SELECT * FROM rooms WHERE code = ?", (code.strip().upper(),)).fetchone()
        if row is None:
            raise RoomNotFound(length=CODE_LENGTH)
        return Room.of(row)

    def rooms(self, visitor: str) -> list[Room]:
        """Return the rooms a visitor has opened or joined, the newest first."""
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM rooms WHERE owner = ? OR code IN (SELECT room FROM room_members WHERE visitor = ?)"
                " ORDER BY rooms.rowid DESC",
                (visitor, visitor),
            ).fetchall()
        return [Room.of(row) for row in rows]

    def set(self, code: str, **values: Any) -> None:
        """Change anonymous, x, y or unit of a room."""
        if set(values) - {"anonymous", "x", "y", "unit"}:
            raise ValueError(sorted(values))
        self._change(code, ", ".join(f"{name} = ?" for name in values), *values.values())

    def close(self, code: str, closed: bool = True) -> None:
        """Close a room to hand-ins, or open it again."""
        self._change(code, "closed = ?", now() if closed else None)

    def delete(self, code: str) -> None:
        """Delete a room with its nicknames and hand-ins for good; the runs stay with their owners."""
        with self.database.writing() as connection:
            for table, column in (("hand_ins", "room"), ("room_members", "room"), ("rooms", "code")):
                connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (code,))

    def join(self, code: str, visitor: str, nickname: str) -> None:
        """Join a room under a nickname; again: under another one. Raises NicknameMissing, NicknameTaken, also for one that looks like another's,
        or RoomNotFound."""
        nickname = " ".join("".join(sign if sign.isprintable() else " " for sign in nickname).split())
        if not 1 <= len(nickname) <= NICKNAME_LENGTH or not lookalikes.shape(nickname):
            raise NicknameMissing(limit=NICKNAME_LENGTH)
        with self.database.writing() as connection:
            self._require(connection, code)
            others = connection.execute("SELECT nickname FROM room_members WHERE room = ? AND visitor != ?", (code, visitor))
            if lookalikes.shape(nickname) in {lookalikes.shape(row["nickname"]) for row in others}:
                raise NicknameTaken()
            connection.execute(
                "INSERT INTO room_members (room, visitor, nickname) VALUES (?, ?, ?)"
                " ON CONFLICT (room, visitor) DO UPDATE SET nickname = excluded.nickname",
                (code, visitor, nickname),
            )

    def nickname(self, code: str, visitor: str) -> str | None:
        """Return the nickname of a visitor in a room; None for one who has not joined."""
        with self.database.reading() as connection:
            row = connection.execute(
                "SELECT nickname FROM room_members WHERE room = ? AND visitor = ?", (code, visitor)
            ).fetchone()
        return row["nickname"] if row else None

    def hand_in(self, code: str, visitor: str, run_id: str, with_text: bool = False, when_finished: bool = False) -> int:
        """Hand in a run of one's own and return its number on the board; again: with or without its text.

        when_finished: it is on the board once it has finished or is stopped, and stays where it is resumed.
        Raises RoomClosed, RoomFull, RoomNotFound, RunNotFound, or NotAllowed for another's run and for one who has not joined.
        """
        with self.database.writing() as connection:
            self._require(connection, code, open=True)
            run = connection.execute("SELECT owner FROM runs WHERE id = ? AND deleted IS NULL", (run_id,)).fetchone()
            if run is None:
                raise RunNotFound()
            member = connection.execute("SELECT 1 FROM room_members WHERE room = ? AND visitor = ?", (code, visitor)).fetchone()
            if run["owner"] != visitor or member is None:
                raise NotAllowed()
            count, last = connection.execute("SELECT COUNT(*), MAX(place) FROM hand_ins WHERE room = ?", (code,)).fetchone()
            known = connection.execute("SELECT place FROM hand_ins WHERE room = ? AND run = ?", (code, run_id)).fetchone()
            if known is None and count >= MOST_HAND_INS:
                raise RoomFull(limit=MOST_HAND_INS)
            number = known["place"] if known else (last or 0) + 1
            connection.execute(
                "INSERT INTO hand_ins (room, place, run, visitor, with_text, when_finished) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (room, run) DO UPDATE SET with_text = excluded.with_text, when_finished = excluded.when_finished",
                (code, number, run_id, visitor, with_text, when_finished),
            )
        return number

    def take_back(self, code: str, visitor: str, run_id: str) -> None:
        """Take back a hand-in of one's own."""
        with self.database.writing() as connection:
            connection.execute("DELETE FROM hand_ins WHERE room = ? AND run = ? AND visitor = ?", (code, run_id, visitor))

    def hide(self, code: str, number: int, hidden: bool = True) -> None:
        """Hide a hand-in from the board, or show it again."""
        with self.database.writing() as connection:
            connection.execute("UPDATE hand_ins SET hidden = ? WHERE room = ? AND place = ?", (hidden, code, number))

    def board(self, code: str) -> list[HandIn]:
        """Return all that was handed in and not deleted since, hidden ones too, in the order of their numbers."""
        return self._hand_ins(f"NOT ({WAITS})", code)

    def of_visitor(self, code: str, visitor: str) -> list[HandIn]:
        """Return the hand-ins of a visitor, also those that will be on the board when they have finished."""
        return self._hand_ins("hand_ins.visitor = ?", code, visitor)

    def _hand_ins(self, which: str, code: str, *values: Any) -> list[HandIn]:
        with self.database.reading() as connection:
            rows = connection.execute(
                f"SELECT runs.*, place, hand_ins.visitor, nickname, with_text, hidden, {WAITS} AS waits FROM hand_ins"
                " JOIN room_members USING (room, visitor) JOIN runs ON runs.id = run"
                f" WHERE room = ? AND deleted IS NULL AND {which} ORDER BY place",
                (code, *values),
            ).fetchall()
        return [
            HandIn(
                row["place"],
                row["visitor"],
                row["nickname"],
                bool(row["with_text"]),
                bool(row["hidden"]),
                bool(row["waits"]),
                self.store._run(row),
            )
            for row in rows
        ]

    def _require(self, connection: sqlite3.Connection, code: str, open: bool = False) -> None:
        row = connection.execute("SELECT closed FROM rooms WHERE code = ?", (code,)).fetchone()
        if row is None:
            raise RoomNotFound(length=CODE_LENGTH)
        if open and row["closed"]:
            raise RoomClosed()

    def _change(self, code: str, what: str, *values: Any) -> None:
        with self.database.writing() as connection:
            if not connection.execute(f"UPDATE rooms SET {what} WHERE code = ?", (*values, code)).rowcount:
                raise RoomNotFound(length=CODE_LENGTH)
