"""What a server does beside answering: at its start it restores the store, loads what pages import and trains the examples; later it
backs up, deletes for good and gives memory back. How loading and the first page take turns is `loading`.
"""

import contextlib
import ctypes
import gc
import importlib
import pkgutil
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from lmcore.errors import NoRoomForBackup, StoreError
from lmcore.runs.store import backups, housekeeping
from lmcore.runs.store.store import Store
from lmcore.runs.worker import spare
from pages import parts
from pages.parts import demos, error_notice, visitor
from pages.parts.server import loading, uploads

UNDO = timedelta(days=1)
UNDO_ON_A_FULL_DISK = timedelta(minutes=1)  # deleting is how a visitor makes room there
FULL_BYTES = 200_000_000  # of the disk that are left
PURGE_SECONDS = 60.0
TIDY_SECONDS = 10.0
BACK_UP_AGAIN_SECONDS = 600.0  # where the disk had no room
FIRST_PAGE_SECONDS, FIRST_BARS_SECONDS = 4.0, 15.0  # that loading waits for a visitor, and for the first step of the examples
LOOK_AGAIN_SECONDS = 15.0  # at a store that could not be opened
Result = TypeVar("Result")


def start() -> threading.Event:
    """Restore a damaged store, then load and maintain in a thread of its own. Set the event that is returned to end it.

    The port opens, and the home page is drawn, before torch is loaded. Two processes need torch: both load it at once only when the
    examples have to be trained, otherwise the one that answers first. A store that cannot be used yet is tried again; pages say what
    is wrong.
    """
    ended = threading.Event()
    error_notice.restored = attempt(restore_backup)
    examples_train = bool(attempt(train_examples))
    loading.begin()
    threading.Thread(target=_run, args=(ended, examples_train), name="maintenance", daemon=True).start()
    return ended


def _run(ended: threading.Event, examples_train: bool):
    try:
        load_first_page()
        loading.wait_until_it_may(FIRST_BARS_SECONDS if examples_train else FIRST_PAGE_SECONDS)
        load_everything()
    finally:
        loading.end()
    while not attempt(begin) and not ended.wait(LOOK_AGAIN_SECONDS):
        pass
    purged = backed_up = time.monotonic()
    while not ended.wait(TIDY_SECONDS):
        uploads.forget_closed_tabs()
        release_memory()
        if error_notice.no_backup and time.monotonic() - backed_up > BACK_UP_AGAIN_SECONDS:
            backed_up = time.monotonic()
            attempt(back_up)
        if time.monotonic() - purged > PURGE_SECONDS:
            purged = time.monotonic()
            attempt(purge)
            spare.keep(visitor.data_folder())


def load_first_page():
    """Import what draws the home page while its browser still loads Streamlit's own scripts: all but torch."""
    import pandas  # noqa: F401

    from pages.parts import texts  # noqa: F401


def load_everything():
    """Import what pages use, then freeze the garbage collector: what was loaded once never needs to be looked at again. That
    Streamlit does not collect after every script run is said in its configuration."""
    import torch  # first: the bars of the home page wait for nothing else

    torch.set_num_threads(1)
    for module in pkgutil.walk_packages(parts.__path__, "pages.parts."):
        importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def release_memory():
    """Collect the circles that scripts have left, and return to the system what the C library keeps of them: each run of a script is
    a thread, and glibc gives each an arena of its own."""
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def attempt(act: Callable[[], Result]) -> Result | None:
    """Return act(); None, with a line in the log, where the store or its disk does not allow it."""
    try:
        return act()
    except (StoreError, sqlite3.Error, OSError) as error:
        print(f"{act.__name__}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return None


def begin() -> bool:
    """Go on training what was queued; the backup is made beside it."""
    train_examples()
    visitor.store().database.stay_open()
    visitor.pool().wake()
    attempt(purge)
    attempt(remove_leftovers)
    attempt(back_up)
    return True


def restore_backup():
    return backups.restore_backup(visitor.data_folder())


def back_up():
    """Where the disk has no room for a backup, teachers are told until there is one."""
    error_notice.no_backup = None
    try:
        return backups.back_up(visitor.data_folder())
    except NoRoomForBackup as error:
        error_notice.no_backup = error
        raise


def purge():
    """Remove from the disk what was deleted long enough ago; until then a page can bring it back."""
    store = visitor.store()
    undo = UNDO if shutil.disk_usage(store.folder).free > FULL_BYTES else UNDO_ON_A_FULL_DISK
    housekeeping.purge(store, before=(datetime.now(UTC) - undo).isoformat(timespec="milliseconds"))


def remove_leftovers():
    """Remove what a server that was killed may have left behind."""
    housekeeping.remove_orphans(visitor.store())
    visitor.store().describe_runs()
    spare.keep(visitor.data_folder())


def train_examples() -> bool:
    """Train the examples that are not finished; return whether there is one."""
    store, pool = visitor.store(), visitor.pool()
    if not _unfinished_examples(store):
        return False
    pool.start()
    demos.ensure(store)
    pool.wake()
    return True


def _unfinished_examples(store: Store) -> bool:
    examples = store.demos()
    return len(examples) < len(demos.SAMPLE) or any(run.shown_status != "finished" for run in examples)
