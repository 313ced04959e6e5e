"""Stores damaged at random, and all that pages ask of a store: shared by a test and by `benchmarks/damaged_stores.py`."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from lmcore.runs.queue import scheduling
from lmcore.runs.store import backups, housekeeping, visitors
from lmcore.runs.store.records import EvaluationRow, StepRow
from lmcore.runs.store.rooms import Rooms
from lmcore.runs.store.store import Store
from lmcore.runs.worker.run_writer import RunWriter
from tests.runs.examples import NO_LIMITS, a_config, a_text

VISITORS = ("anna", "ben")


def a_full_store(data: Path) -> Store:
    """Something in every table and in every column, Chinese and English; the file is whole and nothing lies beside it."""
    store = Store(data, NO_LIMITS)
    rooms, code = Rooms(store), ""
    for number, visitor in enumerate(VISITORS * 3):
        text = a_text(store, f"{number} the cat sat on the mat, 猫坐在垫子上。\n" * 30)
        with store.database.writing() as connection:
            connection.execute("UPDATE texts SET owner = ?, changes = ? WHERE id = ?", (visitor, '["bom", "newlines"]', text.id))
        run = store.add_run(owner=visitor, text_id=text.id, name=f"run {number} 训练", config=a_config(), pinned_context="the 猫")
        if not code:
            code = rooms.open(visitor).code
        if number < 2:
            rooms.join(code, visitor, f"nickname {number} 小猫")
            visitors.new_code(store, visitor)
            visitors.begin_lesson(store, visitor, "article", "next")
            visitors.change_step(store, visitor, "article", "next", last="狐狸 fox", completed=True)
            rooms.hand_in(code, visitor, run.id, with_text=number > 0)
        _train(store, run, "running" if number == 4 else "finished")
    with closing(sqlite3.connect(data / backups.STORE)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store


def _train(store: Store, run, status: str):
    with store.database.writing() as connection:
        connection.execute("UPDATE runs SET status = 'running' WHERE id = ?", (run.id,))
    writer = RunWriter(store, run.id)
    writer.begin(0, run.requested, [{"code": "plan.no_bfloat16", "values": {}}])
    for step in range(1, 61):
        writer.steps.append(StepRow(step, step / 20, step * 32, 3.5 / step, 0.01, 0.5, step * 0.1, 320.0))
        if step % 20 == 0:
            writer.evaluations.append(
                EvaluationRow(step, 3.6 / step, 1.2, True, "the cat 猫坐\n", "the 猫", [["cat", 0.5], ["猫", 0.25]])
            )
    writer.reference_lines = [["uniform", 0, 3.2], ["unigram", 1, 2.8], ["bigram", 2, 2.1], ["ngram", 4, 1.9]]
    writer.flush(force=True)
    writer.end(status)


def variants(content: bytes, count: int, seed: int = 12) -> Iterator[tuple[str, bytes]]:
    """(what was done, the file): 1 to 200 flipped bytes for the most part, bytes in a row, pages of nothing, lost ends."""
    page = 4096
    for number in range(count):
        draw, damaged = random.Random(f"{seed} {number}"), bytearray(content)
        kind = draw.choice(("flipped",) * 7 + ("in a row", "zeroed", "cut"))
        if kind == "flipped":
            for position in draw.sample(range(len(content)), draw.randint(1, draw.choice((2, 10, 200)))):
                damaged[position] ^= 1 << draw.randrange(8) if draw.random() < 0.5 else draw.randrange(1, 256)
        elif kind == "in a row":
            start = draw.randrange(len(content))
            damaged[start : start + draw.randint(2, 600)] = b""
        elif kind == "zeroed":
            for start in draw.sample(range(0, len(content), page), draw.randint(1, 3)):
                damaged[start : start + page] = bytes(len(damaged[start : start + page]))
        else:
            del damaged[draw.randrange(1, len(content)) :]
        yield f"{number} {kind}", bytes(damaged)


def ask_everything(store: Store):
    """What pages ask of a store, by one connection as they do: all its texts, runs, curves, rooms and queues."""
    with store.database.one_connection():
        runs = [run for owner in (*VISITORS, None) for run in _of_visitor(store, owner)]
        for run in runs:
            assert store.text(run.text_id) is not None
            store.run(run.id)
            store.steps(run.id)
            store.evaluations(run.id)
            store.latest_evaluation(run.id)
        if runs:
            scheduling.look(store).position(runs[0].id)
            scheduling.look(store).expected_wait(runs[0].id)
        for visitor in VISITORS:
            for room in Rooms(store).rooms(visitor):
                Rooms(store).board(room.code)
                Rooms(store).nickname(room.code, visitor)
            visitors.lessons(store, visitor)


def _of_visitor(store: Store, owner: str | None) -> list:
    for text in store.texts(owner):
        store.text(text.id)
    housekeeping.kept(store, owner)
    store.check_start(owner)
    return store.runs(owner)
