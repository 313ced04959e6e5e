"""A class on one machine: `python benchmarks/class_load.py`.

Several visitors, each a real websocket with a cookie of its own, open the home page, press *Train it yourself* at the same moment,
watch their curves once a second, look at other pages now and then, and train again when a run is done. The server is a real one with
two workers. Exits with status 1 where a figure is above its limit.
"""

import argparse
import asyncio
import itertools
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import psutil
from common import report

from lmcore.runs.store.store import Store
from lmcore.training.curve_history import thin
from pages.parts.run.model_cache import KEPT
from tests.browser.raw_visitor import Curve, RawVisitor
from tests.browser.server import Server

WORKERS = 2
UPDATE_LIMIT, FIRST_POINT_LIMIT, GROWTH_LIMIT = 0.3, 60.0, 20.0  # seconds, seconds, MB
ARRIVING = 20.0  # seconds in which the visitors open the home page
WATCHING, READING = (15.0, 30.0), (2.0, 5.0)  # seconds on the curve, on another page
LAST_UPDATES = 60.0  # seconds, after the lesson: what has not come by then is lost
SAMPLING = 2.0  # seconds between two looks at the memory
SHARE = 0.2  # of the time after warm-up whose median begins and ends the growth
SENTENCES = {"en": ("the old fox", "a hungry crow"), "zh": ("狐狸说", "乌鸦")}


@dataclass
class Class:
    """What is found out while it goes on."""

    began: float  # monotonic
    until: float
    pressed: dict[int, tuple[str, float]] = field(default_factory=dict)  # visitor -> its first run, and when
    opened: dict[str, list[float]] = field(default_factory=lambda: {"page": [], "press": [], "sentence": []})  # seconds
    models: set = field(default_factory=set)  # (run, about when): what was asked
    tours: int = 0  # visitors who have been on every page
    memory: list[tuple[float, float, float, int]] = field(default_factory=list)  # time, MB of the server, of the workers, tours
    behind: dict[int, int] = field(default_factory=dict)  # visitor -> steps its curve lacked at the end

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.until

    async def wait(self, seconds: float):
        await asyncio.sleep(max(0.0, min(seconds, self.until - time.monotonic())))


async def student(number: int, visitor: RawVisitor, all_here: asyncio.Barrier, lesson: Class, store: Store):
    """One visitor, from the first press to the end of the lesson."""
    chance, language = random.Random(number), visitor.query.split("=")[1]
    others = itertools.cycle(["write", "runs", "text", "compare", "train"])
    pages_seen = 0
    await all_here.wait()
    while not lesson.over:
        pressed = time.monotonic()
        lesson.opened["press"].append(await visitor.press("home.train", leads_to="train"))
        run, home = visitor.run, f"lang={language}"
        if number not in lesson.pressed:
            lesson.pressed[number] = run, pressed
        while not lesson.over:
            await lesson.wait(chance.uniform(*WATCHING))
            if lesson.over:
                break
            for page in ("explore", next(others)):
                query = home if page == "train" else f"{home}&run={run}"
                lesson.opened["page"].append(await visitor.go(page, query))
                if page == "explore" and "explore.context" in visitor.keys:
                    lesson.models.add((run, store.run(run).step))
                    await lesson.wait(chance.uniform(*READING))
                    lesson.opened["sentence"].append(await visitor.type("explore.context", chance.choice(SENTENCES[language])))
                await lesson.wait(chance.uniform(*READING))
            pages_seen += 1
            lesson.tours += pages_seen == 5
            lesson.opened["page"].append(await visitor.go("train", f"{home}&run={run}"))
            if not visitor.polls:  # it is finished
                await lesson.wait(chance.uniform(*READING))
                break
        if not lesson.over:
            lesson.opened["page"].append(await visitor.go("", home))
    await see_the_end(number, visitor, lesson, store, f"{home}&run={run}")


async def see_the_end(number: int, visitor: RawVisitor, lesson: Class, store: Store, address: str):
    """The page goes on a little: its curve must come to hold all that the store has by now."""
    if visitor.page != "train" or visitor.query != address:
        await visitor.go("train", address)
    reached, until = store.run(visitor.run).step, time.monotonic() + LAST_UPDATES
    while visitor.curves[-1].last < reached and time.monotonic() < until:
        await asyncio.sleep(0.1)
    lesson.behind[number] = max(0, reached - visitor.curves[-1].last)


async def watch_memory(server: psutil.Process, lesson: Class):
    while not lesson.over:
        lesson.memory.append((time.monotonic(), own_memory(server), workers_memory(server), lesson.tours))
        await asyncio.sleep(SAMPLING)


def own_memory(process: psutil.Process) -> float:
    """MB, without pages of files such as torch's libraries: they are shared, and the system drops and reads them as it likes."""
    memory = process.memory_info()
    return (memory.rss - getattr(memory, "shared", 0)) / 1e6


def workers_memory(server: psutil.Process) -> float:
    """MB of the starter and its workers; what they share counts once where the system tells."""
    total = 0.0
    for process in server.children(recursive=True):
        try:
            memory = process.memory_full_info()
        except psutil.Error:  # it has just ended
            continue
        total += getattr(memory, "pss", memory.rss) / 1e6
    return total


def lost(store: Store, curve: Curve) -> int:
    """Points of a curve that the store has and the visitor has not, or not so; a long history comes thinned, by intention."""
    points = 0
    for after, last in curve.parts:
        columns = store.steps(curve.run, after=after, most=last - after)
        kept = thin(columns.loss)
        sent = zip(columns.step[kept].tolist(), columns.loss[kept].tolist(), strict=True)
        points += sum(curve.losses.get(step, None) != (None if loss != loss else round(loss, 5)) for step, loss in sent)
        points += last - after - len(columns.step)  # a hole in the store itself
    return points


async def attend(server: Server, store: Store, visitors: int, seconds: float) -> tuple[Class, list[RawVisitor]]:
    begin = time.monotonic()
    there: list[RawVisitor] = []
    lesson = Class(begin, begin + ARRIVING + seconds)
    all_here = asyncio.Barrier(visitors)

    async def one(number: int):
        await asyncio.sleep(ARRIVING * number / visitors)
        language = "zh" if number % 2 else "en"
        async with httpx.AsyncClient() as http:
            cookie = (await http.get(f"{server.url}/")).headers["set-cookie"].split(";")[0]
        async with RawVisitor(server.url, cookie, f"lang={language}") as visitor:
            there.append(visitor)
            await student(number, visitor, all_here, lesson, store)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watch_memory(psutil.Process(server.process.pid), lesson))
        for number in range(visitors):
            tasks.create_task(one(number))
    return lesson, there


def examples_are_trained(store: Store) -> bool:
    runs = store.demos()
    return bool(runs) and all(run.status == "finished" for run in runs)


def processes_of(data: Path) -> list[int]:
    """Of a server on a data folder: it, or its starter and workers, whose command names the folder."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.pid != os.getpid() and any(str(data) in part for part in process.info["cmdline"] or ())
    ]


def files_left(data: Path, temporary: Path) -> list[Path]:
    """Half-written files, and what the server left in the folder for temporary ones."""
    return [*data.rglob("*.partial"), *data.rglob("*.tmp"), *(path for path in temporary.rglob("*") if path.is_file())]


def growth(lesson: Class, visitors: int) -> tuple[float, float]:
    """(MB after warm-up, MB more at the end): medians of the first and the last part of the time after every visitor has been
    on every page and the cache of models is full."""
    warm = [megabytes for _, megabytes, _, tours in lesson.memory if tours >= visitors]
    if len(warm) < 2 / SHARE or len(lesson.models) < KEPT:
        return math.nan, math.nan  # the time was too short for the warm-up
    part = round(len(warm) * SHARE)
    return statistics.median(warm[:part]), statistics.median(warm[-part:]) - statistics.median(warm[:part])


def figures(lesson: Class, there: list[RawVisitor], store: Store, left: tuple[int, int], own_share: float) -> Iterator[tuple]:
    """(what, figure, its limit or None)."""
    updates = np.array([seconds for visitor in there for seconds in visitor.updates])
    firsts = sorted(
        next((visitor.first_points[run] for visitor in there if run in visitor.first_points), float("inf")) - pressed
        for run, pressed in lesson.pressed.values()
    )
    first_memory, grown = growth(lesson, len(there))
    curves = [curve for visitor in there for curve in visitor.curves if curve.run]
    yield "updates of a page", len(updates), None
    yield "update p50, ms", 1000 * float(np.percentile(updates, 50)), None
    yield "update p95, ms", 1000 * float(np.percentile(updates, 95)), 1000 * UPDATE_LIMIT
    for name, seconds in lesson.opened.items():
        what = {"page": "a page opened", "press": "from the press to the run's page", "sentence": "another sentence in Explore"}[
            name
        ]
        yield f"{what} p50, ms", 1000 * float(np.percentile(seconds, 50)), None
        yield f"{what} p95, ms", 1000 * float(np.percentile(seconds, 95)), None
    yield "first point of the median visitor, s", statistics.median(firsts), None
    yield "first point of the last visitor, s", firsts[-1], FIRST_POINT_LIMIT
    yield "points received", sum(len(curve.losses) for curve in curves), None
    yield "points lost", sum(lost(store, curve) for curve in curves) + sum(lesson.behind.values()), 0
    yield "times a browser asked for what was missing", sum(visitor.asked_again for visitor in there), None
    yield "errors on pages", sum(len(visitor.errors) for visitor in there), 0
    yield "models asked", len(lesson.models), None
    yield "memory of the server at the first press, MB", lesson.memory[0][1], None
    yield "memory of the server after warm-up, MB", first_memory, None
    yield "its growth from then on, MB", grown, GROWTH_LIMIT
    yield "memory of starter and workers, most, MB", max(workers for _, _, workers, _ in lesson.memory), None
    yield "processes left behind", left[0], 0
    yield "temporary files left behind", left[1], 0
    yield "share of one core that the visitors took", own_share, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=300.0, help="from the first press to the last update")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as temporary:
        os.environ |= {"NEXT_WORD_WORKERS": str(WORKERS), "TMPDIR": temporary}
        server, store = Server(Path(data)), Store(Path(data))
        server.start()
        try:
            while not examples_are_trained(store):
                time.sleep(1)
            began, processor = time.monotonic(), time.process_time()
            lesson, there = asyncio.run(attend(server, store, options.visitors, options.seconds))
            own_share = (time.process_time() - processor) / (time.monotonic() - began)
        finally:
            server.stop()
        left = len(processes_of(Path(data))), len(files_left(Path(data), Path(temporary)))
        found = list(figures(lesson, there, store, left, own_share))
    rows = [{"what": what, "figure": figure, "limit": "" if limit is None else limit} for what, figure, limit in found]
    report("class_load", rows, f"{options.visitors} visitors, {WORKERS} workers, {options.seconds:.0f} s")
    print(
        "memory of the server, MB:",
        *(f"{megabytes:.0f}" for _, megabytes, _, _ in lesson.memory[:: max(1, len(lesson.memory) // 12)]),
    )
    for message in {message for visitor in there for message in visitor.errors}:
        print("on a page:", message)
    above = [what for what, figure, limit in found if limit is not None and not figure <= limit]  # NaN: not known
    for what in above:
        print("above its limit:", what)
    sys.exit(bool(above))


if __name__ == "__main__":
    main()
