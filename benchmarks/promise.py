"""Does a run keep its promise of seconds? `python benchmarks/promise.py`.

Presets × tokenizers × texts, each run as a worker trains it. From its plan to its end, over the seconds that were asked for: by
the clock, and in processor time of the training thread, which does not count what else the machine does.
"""

import argparse
import multiprocessing
import os
import sysconfig
import tempfile
import time
from datetime import datetime
from pathlib import Path

from common import as_a_worker, report

if __name__ == "__main__":
    as_a_worker()

from lmcore import presets
from lmcore.runs.queue import starter
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import progress
from lmcore.runs.store.store import Store
from lmcore.runs.worker import run_training
from sample_corpora import fables_en, fables_zh, help_text, village

TOKENIZERS = ("character", "word", "subword")
WIDE = 0.1  # off by so much, at most


def sources(characters: int) -> str:
    """Of the standard library: a long text that does not repeat itself."""
    paths = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    paths += sorted(Path(sysconfig.get_path("stdlib")).glob("*/*.py"))
    return "\n".join(path.read_text(encoding="utf-8", errors="ignore") for path in paths)[:characters]


TEXTS = {
    "village": ("lines", village.text),
    "fables, English": ("blocks", fables_en.text),
    "fables, Chinese": ("blocks", fables_zh.text),
    "help text": ("stream", help_text.text),
    "one page, 2 kB": ("stream", lambda: help_text.text()[:2_000]),
    "5 MB": ("stream", lambda: sources(5_000_000)),
}


def train(data: str, run_id: str, own_core: bool, answer):
    """What a worker does, its clocks read where the plan is made and at the end."""
    if own_core:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    store, read = Store(Path(data)), []
    with RunFolder.of(store.folder, run_id).lock():
        training = run_training.Training(store, progress.claim(store, run_id))
        begin = training.turn.begin

        def noted():
            begin()
            read.append((time.perf_counter(), time.thread_time()))

        training.turn.begin = noted
        outcome = training.until_done()
        training.writer.end(*outcome)
        read.append((time.perf_counter(), time.thread_time()))
    (clock, processor), (clock_end, processor_end) = read
    answer.put((clock_end - clock, processor_end - processor))


def measure(seconds: int, tokenizer: str, name: str, own_core: bool) -> dict:
    kind, text = TEXTS[name]
    with tempfile.TemporaryDirectory() as data:
        store = Store(Path(data))
        kept = store.add_text(owner="anna", name=name, content=text(), kind=kind, encoding="utf-8")
        config = presets.preset(seconds, tokenizer)
        run = store.add_run(owner="anna", text_id=kept.id, name="run", config=config, pinned_context="The ")
        forks = multiprocessing.get_context("fork")  # as the starter makes workers
        answer = forks.SimpleQueue()
        process = forks.Process(target=train, args=(data, run.id, own_core, answer))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(f"the run on {name} failed")
        (clock, processor), run = answer.get(), store.run(run.id)
    from_the_click = datetime.fromisoformat(run.ended) - datetime.fromisoformat(run.created)
    return {
        "asked, s": seconds,
        "tokenizer": tokenizer,
        "text": name,
        "steps": run.planned_steps,
        "clock / asked": clock / seconds,
        "processor / asked": processor / seconds,
        "steps and validation alone": run.seconds / seconds,
        "clock from the click": from_the_click.total_seconds() / seconds,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, nargs="+", default=list(presets.SECONDS), help="the presets to try")
    parser.add_argument("--tokenizers", nargs="+", default=TOKENIZERS, choices=TOKENIZERS)
    parser.add_argument("--texts", nargs="+", default=list(TEXTS), choices=list(TEXTS))
    parser.add_argument("--own-core", action="store_true", help="before all else the machine does (Linux, as root)")
    options = parser.parse_args()
    starter.warm_up()
    rows = [
        measure(seconds, tokenizer, name, options.own_core)
        for seconds in options.seconds
        for tokenizer in options.tokenizers
        for name in options.texts
    ]
    report("promise", rows, "a core of its own" if options.own_core else "")
    for clock in ("clock / asked", "processor / asked"):
        print(f"{clock}: {sum(abs(row[clock] - 1) <= WIDE for row in rows)} of {len(rows)} within {WIDE:.0%}")


if __name__ == "__main__":
    main()
