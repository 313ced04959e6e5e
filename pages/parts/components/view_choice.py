"""The choice between the views of one page, which the address carries: `?view=`."""

import streamlit as st

from pages.parts.language import _


def choose(page: str, views: dict[str, str]) -> str:
    """Draw the choice and return the name of the chosen view. views: {name: label}, the first is shown where the address names none.

    The choice stays for the session while other pages are shown; a link, or the back button, that names a view goes before it.
    """
    key, seen = f"{page}.view", f"{page}.address"
    asked = st.query_params.get("view")
    if st.session_state.get(seen) != asked or st.session_state.get(key) not in views:
        st.session_state[key] = asked if asked in views else next(iter(views))

    def keep():
        st.query_params["view"] = st.session_state[key]

    view = st.segmented_control(
        _("View"),
        list(views),
        format_func=views.get,
        key=key,
        required=True,
        label_visibility="collapsed",
        on_change=keep,
        persist_state="session",
    )
    st.session_state[seen] = st.query_params.get("view")
    return view
