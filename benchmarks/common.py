"""What the benchmarks of training share: the environment that workers get, the machine's name, tables and their JSON."""

import json
import os
import platform
import statistics
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # the package may not be installed

from lmcore.runs.queue.pool import ENVIRONMENT  # noqa: E402


def as_a_worker():
    """Begin again in the environment of a worker: it must stand before torch is loaded."""
    if any(os.environ.get(name) != value for name, value in ENVIRONMENT.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ENVIRONMENT})


def machine() -> str:
    """
    The processor, its cores, and the versions that matter.
    """
    from lmcore import processor  # loads torch: only once the environment is a worker's

    versions = f"Python {platform.python_version()}, torch {version('torch')}, NumPy {version('numpy')}"
    return f"{processor.name()}, {os.cpu_count()} cores, {platform.system()}; {versions}"


def in_turn(repeats: int, **ways) -> dict[str, list]:
    """Each way once, then each again, and so on: what the machine does beside it hits all alike. -> results by way."""
    results = {name: [] for name in ways}
    for repeat in range(repeats):
        for name, way in ways.items():
            results[name].append(way(repeat))
    return results


def median(values) -> float:
    return statistics.median(values)


def report(name: str, rows: list[dict], note: str = ""):
    """Print the rows as a Markdown table and write them beside the benchmark as JSON."""
    columns = list(rows[0])
    print(f"{machine()}{'; ' if note else ''}{note}\n")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(_shown(row[column]) for column in columns)} |")
    print(flush=True)
    content = {"machine": machine(), "note": note, "rows": rows}
    (ROOT / "benchmarks" / f"{name}.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


def _shown(value) -> str:
    """
    Three digits that say something: 12,345 · 123 · 12.3 · 1.23 · 0.0123
    """
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
