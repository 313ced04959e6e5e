"""Builds every link inside the app, carrying language, run, text and room: the address says all that a page shows.

Streamlit clears the address whenever a page is switched without `query_params`; nothing but this module switches pages.
"""

import re

import streamlit as st

from pages.parts.language import LANGUAGES, _

PAGES = {
    "home": "home.py",
    "lesson": "lesson.py",
    "glossary": "glossary.py",
    "text": "text.py",
    "train": "train.py",
    "runs": "runs.py",
    "explore": "explore.py",
    "write": "write.py",
    "inside": "inside.py",
    "compare": "compare.py",
    "applications": "applications.py",
    "scale": "scale.py",
    "game": "game.py",
    "classroom": "classroom.py",
}
DEFAULT = "home"  # its address is the bare server
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_COMPARED = 8


def groups() -> dict[str, list[tuple[str, str, str]]]:
    """Return {group of the menu: [(page, its name, icon)]}."""
    return {
        _("start"): [
            ("home", _("Home"), ":material/home:"),
            ("lesson", _("Lesson"), ":material/school:"),
            ("glossary", _("Words"), ":material/menu_book:"),
        ],
        _("make"): [
            ("text", _("Text"), ":material/description:"),
            ("train", _("Train"), ":material/model_training:"),
            ("runs", _("Runs"), ":material/list:"),
        ],
        _("look"): [
            ("explore", _("Explore"), ":material/search:"),
            ("write", _("Write"), ":material/edit_note:"),
            ("inside", _("Inside"), ":material/neurology:"),
        ],
        _("beyond"): [
            ("applications", _("Applications"), ":material/apps:"),
            ("compare", _("Compare"), ":material/compare_arrows:"),
            ("scale", _("Scale"), ":material/straighten:"),
        ],
        _("class"): [
            ("classroom", _("Class"), ":material/groups:"),
            ("game", _("Beat the machine"), ":material/sports_esports:"),
        ],
    }


def titles() -> dict[str, str]:
    """Return {page: its name in the menu}."""
    return {page: title for group in groups().values() for page, title, _icon in group}


def asked(name: str) -> str | None:
    """The id of a run or text in the address; None where there is none, or where it can't be one."""
    value = st.query_params.get(name, "")
    return value if ID.fullmatch(value) else None


def asked_runs() -> list[str]:
    """The ids of the runs in the address that are compared: `?runs=id1,id2`, each once, what can't be an id left out."""
    ids = st.query_params.get("runs", "").split(",")
    return [run_id for run_id in dict.fromkeys(ids) if ID.fullmatch(run_id)][:MOST_COMPARED]


def parameters(**changes: str | None) -> dict[str, str]:
    """The address's parameters with changes; None leaves one out."""
    language = st.query_params.get("lang")
    carried = {
        "lang": language if language in LANGUAGES else None,
        "run": asked("run"),
        "text": asked("text"),
        "runs": ",".join(asked_runs()) or None,
        "room": asked("room"),
    }
    return {name: value for name, value in {**carried, **changes}.items() if value is not None}


def go(page: str, **changes: str | None):
    """Open a page of the app."""
    st.switch_page(PAGES[page], query_params=parameters(**changes))


def page_link(page: str, label: str, icon: str | None = None, help: str | None = None, **changes: str | None):
    st.page_link(PAGES[page], label=label, icon=icon, help=help, query_params=parameters(**changes))
