"""Hostile run files: thousands of changed ones, and what the worst cost the server.

    python benchmarks/hostile_run_files.py [changed files of each kind, 250]

What is changed stands in `tests.runs.hostile`. A file survives where it is refused with a sentence, or where the run it becomes can be
shown, asked and exported again.
"""

import resource
import sys
import tempfile
import threading
import time
import warnings
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import torch
from common import report

from lmcore.errors import LmcoreError
from lmcore.runs.exchange import transfer
from lmcore.runs.store.limits import Limits
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from tests.runs import hostile
from tests.runs.examples import a_run, a_text
from tests.runs.run_files import members, packed, with_json, with_weights


def a_good_one(folder: Path) -> bytes:
    """A run stopped half way: 20 steps of 60, with its text."""
    store = Store(folder)
    run = a_run(store, 60, a_text(store, "the cat sat on the mat 猫\n" * 200))
    worker.work(folder, run.id)
    return transfer.export_run(store, run.id)


def changed(good: bytes, folder: Path, cases: int) -> list[dict]:
    rows = []
    for kind in hostile.KINDS:
        verdicts, failed, began = Counter(), 0, time.perf_counter()
        store = Store(folder / kind, limits=Limits(runs_per_visitor=100_000, texts_per_visitor=100_000))
        for seed in range(cases):
            try:
                verdicts[hostile.verdict(store, hostile.a_case(good, kind, seed))] += 1
            except Exception as error:  # what no visitor may ever see
                failed += 1
                sys.stderr.write(f"{kind} {seed}: {type(error).__name__}: {error}\n")
        taken = verdicts.pop("taken in", 0)
        rows.append(
            {
                "what is changed": kind,
                "tried": cases,
                "refused": sum(verdicts.values()),
                "taken in, harmless": taken,
                "failed": failed,
                "sentences": len(verdicts),
                "ms each": (time.perf_counter() - began) / cases * 1000,
            }
        )
    return rows


def larger_network(found):
    """Settings of 34 million weights over tensors of a small network."""
    changed = {"hidden_size": 1024, "embedding_size": 1024, "layers": 4}
    found = with_json(found, "config.json", lambda values: values["resolved"]["model"].update(changed))
    return packed(with_weights(found, lambda _tensors, header: header["config"]["model"].update(changed)).items())


def many_steps(found):
    """1.3 million steps behind those of the checkpoint, as well squeezed as is allowed."""
    row = b"1,0.0071111111111111115,32.0,2.5675840377807617,0.003333333333333333,0.4143318831920624,0.0075,4255.27\n"
    return squeezed(found, "steps.csv", found["steps.csv"] + row * 1_300_000)


def squeezed(found, name: str, content: bytes) -> bytes:
    """With enough noise in another member that it is not refused for its ratio."""
    noise = zlib.compress(content)
    padded = content + torch.randint(48, 58, (max(0, len(content) // 90 - len(noise)) * 3,), dtype=torch.uint8).numpy().tobytes()
    return packed({**found, name: padded}.items())


def lying(found):
    """A member of 1 GB whose directory says ten bytes, with their CRC."""
    from tests.runs.test_run_files import lying

    return lying(packed({**found, "text.txt": b" " * 1_000_000_000}.items()), "text.txt")


def many_lines(found):
    return packed(
        with_json(found, "config.json", lambda values: values.update(reference_lines=[["uniform", 0, 2.5]] * 10**6)).items()
    )


def a_bomb(found):
    return packed({**found, "text.txt": bytes(500_000_000)}.items(), zipfile.ZIP_BZIP2)


WORST = {
    "a good one": lambda found: packed(found.items()),
    "a network larger than its file": larger_network,
    "1.3 million steps too many": many_steps,
    "1 GB that says 10 bytes": lying,
    "a million reference lines": many_lines,
    "500 MB in a bzip2 member": a_bomb,
}


def worst(good: bytes, folder: Path) -> list[dict]:
    store, rows = Store(folder / "worst"), []
    for name, make in WORST.items():
        data = make(members(good))
        before, watch = held(), Peak()
        began = time.perf_counter()
        with watch:
            try:
                said = f"taken in: step {transfer.import_run(store, 'ben', data).step}"
            except LmcoreError as error:
                said = error.code
        rows.append(
            {
                "file": name,
                "kB": round(len(data) / 1000),
                "answer": said,
                "seconds": time.perf_counter() - began,
                "server: MB more": round((watch.most - before) / 1e6),
                "reader: MB at most, torch included": round(watch.child / 1e6),
            }
        )
    return rows


def held() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


class Peak:
    """The most this process holds, and the most of its children, looked at every few milliseconds."""

    def __enter__(self):
        self.most = self.child = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def look(self):
        me = Path("/proc/self").resolve().name
        while not self.over.wait(0.005):
            self.most = max(self.most, held())
            for path in Path(f"/proc/{me}/task").glob("*/children"):
                try:
                    for child in path.read_text().split():
                        lines = Path(f"/proc/{child}/status").read_text().splitlines()
                        peak = next(line for line in lines if line.startswith("VmHWM"))
                        self.child = max(self.child, int(peak.split()[1]) * 1024)
                except (OSError, StopIteration):
                    continue


def main(cases: int):
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", "Duplicate name")
    with tempfile.TemporaryDirectory() as folder:
        good = a_good_one(Path(folder) / "origin")
        report("hostile_run_files", changed(good, Path(folder), cases), f"{cases} changed files of each kind")
        report("hostile_run_files_worst", worst(good, Path(folder)), "each in a process of its own, as on a server")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 250)
