"""The server: Streamlit's app with the visitor's cookie, the door of a class, a few routes, and training processes beside it."""

import asyncio
import contextlib
import ctypes
import gc
import importlib
import os
import pkgutil
import shutil
import sqlite3
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import FileResponse
from starlette.routing import Route

from lmcore.errors import NoRoomForBackup, StoreError
from lmcore.runs.store import backups, housekeeping
from lmcore.runs.worker import spare
from pages import parts
from pages.parts import demos, error_notice, visitor
from pages.parts.components.plotly_js import PLOTLY_JS, PLOTLY_ROUTE
from pages.parts.server import class_pin, cookie_header, loading, uploads
from pages.parts.server.class_door import ClassDoor
from pages.parts.server.cookie_header import CookieLimit
from pages.parts.server.hosts import KnownHosts
from pages.parts.server.middleware import SafeHeaders, VisitorCookie
from pages.parts.server.routes import ROUTES

UNDO = timedelta(days=1)
UNDO_ON_A_FULL_DISK = timedelta(minutes=1)  # who deletes something there needs the room
FULL_BYTES = 200_000_000  # of the disk that are left
FORGET_SECONDS = 60.0
TIDY_SECONDS = 10.0
BACK_UP_AGAIN_SECONDS = 600.0  # where the disk had no room
FIRST_PAGE_SECONDS, FIRST_BARS_SECONDS = 4.0, 15.0  # that loading waits for a visitor, and for the first step of the examples
LOOK_AGAIN_SECONDS = 15.0  # at a store that could not be opened


async def plotly_js(request):
    return FileResponse(PLOTLY_JS, media_type="text/javascript", headers={"cache-control": "public, max-age=31536000, immutable"})


def load_first_page():
    """What draws the home page while its browser still loads Streamlit's own scripts: all but torch."""
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


def give_memory_back():
    """What scripts have left in circles, and what the C library keeps of it: each run of a script is a thread, and glibc gives
    each an arena of its own."""
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


@contextlib.asynccontextmanager
async def lifespan(app):
    """The port opens, and the home page is drawn, before torch is loaded. Two processes need it: both at once only when the
    examples have to be trained, otherwise the one that answers first. A store that cannot be used yet is tried again: pages say
    what is wrong."""
    os.umask(0o077)  # other accounts of this machine read nothing of what is written
    cookie_header.take_long_headers()
    class_pin.check_environment()
    ended = threading.Event()
    error_notice.restored = in_order(restore_backup)
    begins = in_order(train_examples)
    loading.begin()

    def load():
        try:
            load_first_page()
            loading.wait_until_it_may(FIRST_BARS_SECONDS if begins else FIRST_PAGE_SECONDS)
            load_everything()
        finally:
            loading.end()
        while not in_order(begin) and not ended.wait(LOOK_AGAIN_SECONDS):
            pass
        forgotten = backed_up = time.monotonic()
        while not ended.wait(TIDY_SECONDS):
            uploads.forget_closed_tabs()
            give_memory_back()
            if error_notice.no_backup and time.monotonic() - backed_up > BACK_UP_AGAIN_SECONDS:
                backed_up = time.monotonic()
                in_order(back_up)
            if time.monotonic() - forgotten > FORGET_SECONDS:
                forgotten = time.monotonic()
                in_order(forget)
                spare.keep(visitor.data_folder())

    threading.Thread(target=load, name="load_everything", daemon=True).start()
    yield
    ended.set()
    await asyncio.to_thread(visitor.pool().stop)


def in_order(act):
    """What act() gives; None, and a line in the log, where the store or its disk does not allow it."""
    try:
        return act()
    except (StoreError, sqlite3.Error, OSError) as error:
        print(f"{act.__name__}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return None


def restore_backup():
    return backups.restore_backup(visitor.data_folder())


def back_up():
    """Where the disk has no room for one, teachers are told until there is one."""
    error_notice.no_backup = None
    try:
        return backups.back_up(visitor.data_folder())
    except NoRoomForBackup as error:
        error_notice.no_backup = error
        raise


def forget():
    """What was deleted long enough ago is removed from the disk; until then the page can bring it back."""
    store = visitor.store()
    undo = UNDO if shutil.disk_usage(store.folder).free > FULL_BYTES else UNDO_ON_A_FULL_DISK
    housekeeping.purge(store, before=(datetime.now(UTC) - undo).isoformat(timespec="milliseconds"))


def tidy():
    """What a server that was killed may have left behind."""
    housekeeping.remove_orphans(visitor.store())
    visitor.store().describe_runs()
    spare.keep(visitor.data_folder())


def train_examples() -> bool:
    """-> whether there is one to train."""
    store, pool = visitor.store(), visitor.pool()
    if not not_trained_yet(store):
        return False
    pool.start()
    demos.ensure(store)
    pool.wake()
    return True


def begin() -> bool:
    """Training goes on; the backup is made beside it."""
    train_examples()
    visitor.store().database.stay_open()
    visitor.pool().wake()
    in_order(forget)
    in_order(tidy)
    in_order(back_up)
    return True


def not_trained_yet(store) -> bool:
    examples = store.demos()
    return len(examples) < len(demos.SAMPLE) or any(run.shown_status != "finished" for run in examples)


app = st.App(
    "pages/menu.py",
    routes=[Route(PLOTLY_ROUTE, plotly_js), *ROUTES],
    middleware=[
        Middleware(SafeHeaders),
        Middleware(KnownHosts),
        Middleware(CookieLimit),
        Middleware(ClassDoor),
        Middleware(VisitorCookie),
        Middleware(uploads.UploadLimit),
    ],
    lifespan=lifespan,
    on_script_error=error_notice.say_what_happened,
)
