"""What a page shows when something went wrong in it: one sentence in the visitor's language. The traceback stays in the log."""

import streamlit as st

from lmcore.errors import LmcoreError
from pages.parts.language import sentence


def say_what_happened(error: Exception) -> bool:
    """Streamlit's `on_script_error`; True: its own English notice is not needed."""
    known = isinstance(error, LmcoreError)
    st.error(sentence(error.code, error.values) if known else sentence(LmcoreError.code, {}), icon=":material/error:")
    return True
