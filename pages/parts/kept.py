"""What a visitor has typed or played, kept in the server's memory, so that loading a page again loses nothing of it."""

from datetime import timedelta

import streamlit as st

from pages.parts import visitor


def of(name: str) -> dict:
    """Return what is kept under a name for this visitor, to be changed in place; for one without a cookie it lasts as long as the tab."""
    here = visitor.current()
    return _kept(here, name) if here else st.session_state.setdefault(f"kept.{name}", {})


@st.cache_resource(max_entries=1_000, ttl=timedelta(hours=6), show_spinner=False)
def _kept(here: str, name: str) -> dict:
    return {}
