"""1, 2, 4 and 8 runs at once, each a process of its own: `python benchmarks/side_by_side.py`.

Tokens a second of all together, and of the slowest beside its fair share of the cores; with busy neighbours; with two threads each.
"""

import argparse
import os
import subprocess
import sys
import time

from common import as_a_worker, in_turn, median, report

if __name__ == "__main__":
    as_a_worker()

SCENES = {  # runs, busy neighbours, threads of each run
    "1 run": (1, 0, 1),
    "2 runs": (2, 0, 1),
    "4 runs": (4, 0, 1),
    "8 runs": (8, 0, 1),
    "1 run beside 1 busy process": (1, 1, 1),
    "2 runs beside 1 busy process": (2, 1, 1),
    "1 run, 2 threads": (1, 0, 2),
    "1 run, 2 threads, beside 1 busy process": (1, 1, 2),
    "2 runs, 2 threads each": (2, 0, 2),
}
HIDDEN = 192
BUSY = "while True: pass"


def child(seconds: float, threads: int):
    """Prepare, say so, wait for the word, then train -> tokens a second on standard output."""
    import numpy as np

    from lmcore.config import ModelConfig, TrainingConfig
    from lmcore.models import build_model
    from lmcore.runs.worker.cpu_slice import take_long_turns
    from lmcore.text.corpus import TokenData
    from lmcore.training.loop import fit
    from lmcore.training.planning import fit_to_machine

    take_long_turns()
    ids = np.random.default_rng(1).integers(0, 65, 100_000).astype(np.uint8)
    data = TokenData("stream", ids, ids[:0], 0, 0, ids[:8])
    config, _ = fit_to_machine(TrainingConfig(planned_steps=10**8, evaluation_interval=10**6, threads=threads))
    events = fit(build_model(ModelConfig(hidden_size=HIDDEN), 65), data, config)
    before = next(events).tokens
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    event = next(event for event in events if time.perf_counter() - began > seconds)
    print((event.tokens - before) / (time.perf_counter() - began), flush=True)


def scene(runs: int, neighbours: int, threads: int, seconds: float) -> list[float]:
    """Tokens a second of each run."""
    command = [sys.executable, __file__, "--child", str(seconds), str(threads)]
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(runs)]
    for process in children:
        process.stdout.readline()
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(neighbours)]
    for process in children:
        process.stdin.write("go\n")
        process.stdin.flush()
    speeds = [float(process.stdout.readline()) for process in children]
    for process in [*busy, *children]:
        process.kill()
        process.wait()
    return speeds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="how often each is measured; the median is shown")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--child", nargs=2, type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], int(options.child[1]))
        return
    ways = {name: lambda _, what=what: scene(*what, options.seconds) for name, what in SCENES.items()}
    found = in_turn(options.repeats, **ways)
    alone, cores, rows = median(sum(speeds) for speeds in found["1 run"]), os.cpu_count(), []
    for name, (runs, neighbours, _) in SCENES.items():
        total = median(sum(speeds) for speeds in found[name])
        share = alone * min(1, cores / (runs + neighbours))
        rows.append(
            {
                "at once": name,
                "tokens/s together": total,
                "times one run": total / alone,
                "slowest, of its fair share": median(min(speeds) for speeds in found[name]) / share,
            }
        )
    report("side_by_side", rows, f"LSTM {HIDDEN}, medians of {options.repeats} × {options.seconds:g} s")


if __name__ == "__main__":
    main()
