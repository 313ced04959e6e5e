"""Who is here, and which text and run the address names. The one seam that page tests replace is `current`."""

import threading
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from lmcore.runs.data_folder import data_folder
from lmcore.runs.queue.pool import Pool
from lmcore.runs.store.records import Run, Text
from lmcore.runs.store.store import Store
from pages.parts import identity, links

_first_use = threading.Lock()  # two visitors at once must not make two pools


def current() -> str | None:
    """The visitor's id; None for one without a valid cookie. A raw client can send any cookie: it is verified at every read."""
    return identity.verify(st.context.cookies.get(identity.cookie_name()))


def begin_session():
    """Clear what a tab remembers when its cookie has become another visitor's, as after “start fresh” in another tab."""
    here = current()
    if st.session_state.get("visitor", here) != here:
        st.session_state.clear()
    st.session_state["visitor"] = here


def store() -> Store:
    with _first_use:
        return _store(data_folder())


def pool() -> Pool:
    with _first_use:
        return _pool(data_folder())


@lru_cache(maxsize=4)
def _store(data: Path) -> Store:
    return Store(data)


@lru_cache(maxsize=4)
def _pool(data: Path) -> Pool:
    return Pool(data)


def chosen_run() -> Run | None:
    """Return the run in the address, which is enough to look at it."""
    run_id = links.asked("run")
    return store().run(run_id) if run_id else None


def chosen_text() -> Text | None:
    """The text in the address, or that of the run in it; None where it may not be read by this visitor."""
    run = chosen_run()
    text_id = run.text_id if run else links.asked("text")
    text = store().text(text_id) if text_id else None
    return text if may_read(text) and text.deleted is None else None


def owns(run: Run) -> bool:
    """Whether this visitor may control, rename or delete a run."""
    return run.owner is not None and run.owner == current()


def may_read(text: Text | None) -> bool:
    """A training text is for its owner; a sample, and one that its owner shares and has not deleted, for everyone who has its
    address."""
    return text is not None and (text.owner is None or text.shared and text.deleted is None or text.owner == current())


def owns_text(text: Text) -> bool:
    return text.owner is not None and text.owner == current()


def time_zone() -> ZoneInfo | None:
    """The visitor's time zone, as the browser says; the server's where it says nothing that is known."""
    try:
        return ZoneInfo(st.context.timezone or "")
    except (ValueError, OSError, LookupError):
        return None
