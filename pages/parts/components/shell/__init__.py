"""What Streamlit's own frame around a page lacks: its fixed English words (screen readers' names, tooltips, menus) in the visitor's
language, and a menu that closes on a narrow window once a page is chosen. What style alone can change is in `css`.
"""

from pathlib import Path

import streamlit as st

from pages.parts.language import _, current_language

_component = st.components.v2.component(
    "next_word_shell",
    js=(Path(__file__).parent / "shell.js").read_text(encoding="utf-8"),
)


def show():
    words, beginnings = _translations() if current_language() != "en" else ({}, {})
    _component(key="menu.shell", data={"language": current_language(), "words": words, "beginnings": beginnings})


def _translations() -> tuple[dict[str, str], dict[str, str]]:
    """(what Streamlit writes -> what it means here, the same for beginnings that a name follows)."""
    words = {
        "Add files": _("Add files"),
        "Choose an option": _("choose …"),
        "Choose options": _("choose …"),
        "Clear all": _("Clear all"),
        "Clear selection": _("Clear selection"),
        "Clear value": _("Clear value"),
        "Close": _("Close"),
        "Close fullscreen": _("Close fullscreen"),
        "Close Search": _("Close search"),
        "Collapse sidebar": _("Collapse sidebar"),
        "Copied": _("Copied to the clipboard"),
        "Copy": _("Copy"),
        "Copy to clipboard": _("Copy"),
        "Copy column name": _("Copy column name"),
        "Decrement": _("Decrease"),
        "Download as CSV": _("Download as CSV"),
        "Expand sidebar": _("Expand sidebar"),
        "Format": _("Format"),
        "Fullscreen": _("Fullscreen"),
        "Hide column": _("Hide column"),
        "Hide password": _("Hide password"),
        "Increment": _("Increase"),
        "Link to heading": _("Link to this heading"),
        "Next Result": _("Next result"),
        "No data": _("No data"),
        "No options to select.": _("Nothing to choose from"),
        "No results": _("No results"),
        "Open": _("Open"),
        "Pin column": _("Pin column"),
        "Previous Result": _("Previous result"),
        "Running...": _("Running …"),
        "Search": _("Search"),
        "Select all": _("Select all"),
        "Selected values": _("Chosen values"),
        "Show password": _("Show password"),
        "Show/hide columns": _("Show or hide columns"),
        "Sidebar": _("Sidebar"),
        "Skip to main content": _("Skip to the page"),
        "file upload": _("Choose files"),
        "Help": _("Help"),
        "Sort ascending": _("Sort ascending"),
        "Sort descending": _("Sort descending"),
        "Stop script": _("Stop"),
        "Unpin column": _("Unpin column"),
        "Autosize": _("Fit the width"),
    }
    beginnings = {
        "Help for ": _("Help for {name}"),
        "Remove ": _("Remove {name}"),
        "Upload ": _("Upload {name}"),
        "Shortcut ": _("Shortcut {name}"),
    }
    return words, beginnings
