"""A reserved file on the disk: removed when the disk is full, so that a run can still write why it pauses. Needs no torch."""

import contextlib
import os
import shutil
from pathlib import Path

SIZE = 1_000_000  # bytes: many ends of many runs
ROOMY = 100 * SIZE  # of the disk, from which one is put back


def keep(data: Path) -> None:
    """Write the reserved file where the disk has room. Its bytes are random, because some file systems reserve nothing for zeros."""
    path = _path(data)
    with contextlib.suppress(OSError):
        if path.exists() or shutil.disk_usage(data).free < ROOMY:
            return
        aside = path.with_suffix(".partial")
        aside.write_bytes(os.urandom(SIZE))
        os.replace(aside, path)


def give_up(data: Path) -> None:
    """Remove the reserved file, so that the end of a run can be written."""
    with contextlib.suppress(OSError):
        _path(data).unlink(missing_ok=True)


def _path(data: Path) -> Path:
    return Path(data) / "spare"
