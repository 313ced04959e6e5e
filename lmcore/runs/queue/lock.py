"""The lock a worker holds on its run: the system frees it when the worker dies, so a free lock means nobody is training."""

import os
from pathlib import Path

from filelock import FileLock, Timeout

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

TAKING_SECONDS = 1.0  # a worker outwaits those who only look


def run_lock(folder: Path) -> FileLock:
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / "lock", timeout=TAKING_SECONDS)


def is_held(folder: Path) -> bool:
    """Looking takes a shared lock where the system has one: any number may look at once and none is taken for a worker."""
    path = Path(folder) / "lock"
    if not path.exists():
        return False
    if fcntl is None:
        return _is_held_by_trying(path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def _is_held_by_trying(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0.05, poll_interval=0.005):
            return False
    except Timeout:
        return True
