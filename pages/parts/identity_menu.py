"""This browser: whose it is, a new visitor on a shared computer, and the code that brings one's runs to another browser."""

import streamlit as st

from lmcore.runs.store import visitors
from pages.parts import visitor
from pages.parts.components.post_form import post_form
from pages.parts.language import _
from pages.parts.server.routes import FRESH, RECOVER


def show():
    with st.popover(_("This browser"), icon=":material/account_circle:", key="menu.browser", type="tertiary"):
        st.markdown(_("There are no accounts: your texts and runs belong to **this browser**."))
        _code()
        st.divider()
        st.caption(_("On a shared computer? The next person begins with nothing of yours. Note your recovery code first."))
        post_form(FRESH, _("Not me, start fresh"), key="menu.fresh")
        st.divider()
        post_form(
            RECOVER, _("Bring my runs here"), key="menu.recover", field="code", label=_("A recovery code from another browser")
        )


def _code():
    """A new one each time it is asked for; the last one is valid, and shown until the page is left."""
    here = visitor.current()
    if here is None:
        return
    if st.button(_("Make a recovery code"), key="menu.code", icon=":material/key:"):
        st.session_state["menu.code.made"] = (here, visitors.new_code(visitor.store(), here))
    owner, code = st.session_state.get("menu.code.made", (None, None))
    if owner == here:
        st.code(code, language=None)
        st.caption(_("Write it down and keep it to yourself: whoever has it has your runs. An older code is no longer valid."))
