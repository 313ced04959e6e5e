"""A block of the disk that is kept free for the last words: on a full disk a run must still be able to say why it pauses. No torch."""

import contextlib
import os
import shutil
from pathlib import Path

SIZE = 1_000_000  # bytes: many ends of many runs
ROOMY = 100 * SIZE  # of the disk, from which one is put back


def keep(data: Path) -> None:
    """Put it there again, where the disk has room. Its bytes are random: some file systems keep nothing for zeros."""
    path = _path(data)
    with contextlib.suppress(OSError):
        if path.exists() or shutil.disk_usage(data).free < ROOMY:
            return
        aside = path.with_suffix(".partial")
        aside.write_bytes(os.urandom(SIZE))
        os.replace(aside, path)


def give_up(data: Path) -> None:
    """Free it, so that the end of a run can be written."""
    with contextlib.suppress(OSError):
        _path(data).unlink(missing_ok=True)


def _path(data: Path) -> Path:
    return Path(data) / "spare"
