"""How fast a list of 500 runs opens: `python benchmarks/many_runs.py`.

The store's work alone, and whole runs of the scripts of *Your runs* and *Compare* (eight runs over each other), without a browser.
"""

import argparse
import logging
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))  # the package may not be installed

from streamlit.testing.v1 import AppTest  # noqa: E402

from lmcore.config import RunConfig  # noqa: E402
from lmcore.runs import data_folder
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import housekeeping  # noqa: E402
from lmcore.runs.store.records import STEP_FIELDS  # noqa: E402
from lmcore.runs.store.store import Store, new_id  # noqa: E402
from lmcore.runs.worker.snapshots import FRAMES  # noqa: E402
from pages.parts import visitor  # noqa: E402
from pages.parts.run import comparison

OWNER = "benchmark"
MENU = str(Path(__file__).parent.parent / "pages" / "menu.py")
COMPARED = 8
RUNNING_SHARE = 5  # every fifth says that it is running: its lock must be looked at


def fill(store: Store, runs: int, steps: int) -> list[str]:
    """Make runs of one visitor, copies of one row, and return their ids, the newest last. The first few have a curve."""
    text = store.add_text(owner=OWNER, name="text", content="the cat sat on the mat\n" * 200, kind="stream", encoding="UTF-8")
    config = RunConfig()
    first = store.add_run(owner=OWNER, text_id=text.id, name="run", config=config)
    ids = [first.id, *(new_id() for _ in range(runs - 1))]
    with store.database.writing() as connection:
        columns = [
            row["name"] for row in connection.execute("PRAGMA table_info(runs)") if row["name"] not in ("number", "id", "name")
        ]
        copied = ", ".join(columns)
        connection.execute("UPDATE runs SET status = 'finished', step = ?, best_bits_per_byte = 1.5, best_loss = 1", (steps,))
        connection.executemany(
            f"INSERT INTO runs (id, name, {copied}) SELECT ?, ?, {copied} FROM runs WHERE id = ?",
            [(run_id, f"run {number}", first.id) for number, run_id in enumerate(ids[1:], start=2)],
        )
        connection.executemany("UPDATE runs SET status = 'running' WHERE id = ?", [(run_id,) for run_id in ids[::RUNNING_SHARE]])
        for run_id in ids[-COMPARED:]:
            connection.executemany(
                f"INSERT INTO steps (run, {', '.join(STEP_FIELDS)}) VALUES (?, {', '.join('?' * len(STEP_FIELDS))})",
                [(run_id, step, 0.0, 512 * step, 3 / step**0.3, 0.01, 1.0, step / 100, 50_000.0) for step in range(1, steps + 1)],
            )
            connection.executemany(
                "INSERT INTO evaluations (run, step, loss, bits_per_byte, improved, sample, pinned_context, bars)"
                " VALUES (?, ?, ?, ?, 1, 'the cat', '', '[]')",
                [(run_id, step, 2 / step**0.3, 3 / step**0.3) for step in range(1, steps + 1, max(1, steps // 20))],
            )
    for run_id in ids:
        folder = RunFolder.of(store.folder, run_id)
        folder.film_path.mkdir(parents=True)
        frames = [folder.frame_path(number) for number in range(FRAMES)]
        for path in (folder.lock_path, folder.configuration_path, folder.tokenizer_path, folder.checkpoint_path(1), *frames):
            path.write_bytes(b"x")
    return ids


def seconds(work, repeats: int) -> list[float]:
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return taken


def page(name: str, **address: str):
    app = AppTest.from_file(MENU, default_timeout=60)
    for key, value in address.items():
        app.query_params[key] = value
    app.run().switch_page(f"{name}.py")
    if app.run().exception:
        raise RuntimeError(f"{name}: {app.exception[0].message}")
    return app


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--steps", type=int, default=5_000, help="of each run that is compared")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # scripts without a browser are no news here
    with tempfile.TemporaryDirectory() as data:
        os.environ[data_folder.ENVIRONMENT] = data
        visitor.current = lambda: OWNER
        store = visitor.store()
        ids = fill(store, options.runs, options.steps)
        compared = ",".join(ids[-COMPARED:])
        chosen = [store.run(run_id) for run_id in ids[-COMPARED:]]

        def curves():
            comparison._history.clear()
            return [comparison.history(store, run) for run in chosen]

        figures = {
            f"the list of {options.runs} runs": seconds(lambda: store.runs(OWNER), options.repeats),
            "what they take on the disk": seconds(lambda: housekeeping.kept(store, OWNER), options.repeats),
            f"the curves of {COMPARED} runs of {options.steps:,} steps, not yet kept": seconds(curves, options.repeats),
            "script of Your runs": seconds(page("runs", lang="en").run, options.repeats),
            f"script of Compare, {COMPARED} runs": seconds(page("compare", lang="en", runs=compared).run, options.repeats),
        }
    print(f"medians and worst of {options.repeats}\n\n| what | median | worst |\n|---|---|---|")
    for name, taken in figures.items():
        print(f"| {name} | {1000 * statistics.median(taken):.0f} ms | {1000 * max(taken):.0f} ms |")


if __name__ == "__main__":
    main()
