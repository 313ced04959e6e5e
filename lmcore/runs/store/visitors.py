"""What is kept of a visitor beside texts and runs: a recovery code, by which they go on in another browser, and how far they are in the
lessons. Of codes only the hashes are kept. Needs no torch.
"""

import hashlib
import json
import secrets
from dataclasses import asdict, replace
from typing import Any

from lmcore.runs.store.database import now
from lmcore.runs.store.records import LessonProgress, LessonStep
from lmcore.runs.store.rooms import ALPHABET
from lmcore.runs.store.store import Store

GROUPS, GROUP_LENGTH = 5, 4  # 20 signs of 30: 98 bits, too many to be guessed, so a plain hash is enough
LONGEST_ANSWER = 600  # characters


def new_code(store: Store, visitor: str) -> str:
    """Return a code to be written down, such as 7KQM-2XTR-9FHD-W3PC-4GJN; an older one of this visitor is no longer valid."""
    groups = ["".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)]
    code = "-".join(groups)
    with store.database.writing() as connection:
        connection.execute("INSERT OR REPLACE INTO recovery_codes (visitor, hash) VALUES (?, ?)", (visitor, _hash(code)))
    return code


def visitor_of(store: Store, code: str) -> str | None:
    """Return whose code this is, however it is spaced; None where it is unknown."""
    with store.database.reading() as connection:
        row = connection.execute("SELECT visitor FROM recovery_codes WHERE hash = ?", (_hash(code),)).fetchone()
    return row["visitor"] if row else None


def lessons(store: Store, visitor: str) -> dict[str, LessonProgress]:
    """Return {lesson: progress} of the lessons a visitor has begun."""
    with store.database.reading() as connection:
        rows = connection.execute("SELECT * FROM lessons WHERE visitor = ?", (visitor,)).fetchall()
    return {row["lesson"]: LessonProgress.of(row) for row in rows}


def begin_lesson(store: Store, visitor: str, lesson: str, shown_step: str) -> None:
    """Begin a lesson at a step; what was done in it before is forgotten. Another one that is going on ends."""
    with store.database.writing() as connection:
        connection.execute("UPDATE lessons SET going = 0 WHERE visitor = ?", (visitor,))
        connection.execute(
            "INSERT OR REPLACE INTO lessons (visitor, lesson, created, going, shown_step, steps) VALUES (?, ?, ?, 1, ?, '{}')",
            (visitor, lesson, now(), shown_step),
        )


def show_lesson(store: Store, visitor: str, lesson: str, shown_step: str | None = None) -> None:
    """Go on with a lesson, at a step where one is named. Another one that is going on ends."""
    with store.database.writing() as connection:
        connection.execute("UPDATE lessons SET going = (lesson = ?) WHERE visitor = ?", (lesson, visitor))
        if shown_step is not None:
            connection.execute(
                "UPDATE lessons SET shown_step = ? WHERE visitor = ? AND lesson = ?", (shown_step, visitor, lesson)
            )


def leave_lesson(store: Store, visitor: str) -> None:
    """Hide the card of the lesson that is going on; what was done is kept."""
    with store.database.writing() as connection:
        connection.execute("UPDATE lessons SET going = 0 WHERE visitor = ?", (visitor,))


def change_step(store: Store, visitor: str, lesson: str, step: str, **changes: Any) -> None:
    """Change fields of `LessonStep` of one step. The first answer stays the first, and words are cut at `LONGEST_ANSWER`."""
    with store.database.writing() as connection:
        row = connection.execute("SELECT * FROM lessons WHERE visitor = ? AND lesson = ?", (visitor, lesson)).fetchone()
        if row is None:
            return
        steps = LessonProgress.of(row).steps
        before = steps.get(step, LessonStep())
        if isinstance(changes.get("last"), str):
            changes["last"] = changes["last"][:LONGEST_ANSWER]
        first = before.first if before.first is not None else changes.get("last")
        steps[step] = replace(before, first=first, **changes)
        connection.execute(
            "UPDATE lessons SET steps = ? WHERE visitor = ? AND lesson = ?",
            (json.dumps({name: asdict(one) for name, one in steps.items()}, ensure_ascii=False), visitor, lesson),
        )


def _hash(code: str) -> str:
    return hashlib.sha256("".join(filter(str.isalnum, code.upper())).encode()).hexdigest()
