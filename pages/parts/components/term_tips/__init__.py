"""What a technical term means, where it stands on a page: at its first place it is underlined with dots, and a pointer or a tap on it
shows its definition; a list of the page's terms in the menu shows the same to keyboards and screen readers.

The page's own elements are left as they are: terms are marked as ranges of text (CSS Custom Highlight API), their style is in `css`.
"""

from pathlib import Path

import streamlit as st

from pages.parts import links
from pages.parts.glossary import terms
from pages.parts.language import _, current_language

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "next_word_term_tips",
    html="<details hidden><summary>…</summary><dl></dl></details>",
    css=(HERE / "term_tips.css").read_text(encoding="utf-8"),
    js=(HERE / "term_tips.js").read_text(encoding="utf-8"),
)


def show(page: str, titles: dict[str, str]) -> None:
    """page: the open one; that of the glossary needs none. titles: {page: its name in the menu}; a term's link leads to its page."""
    data = {
        "words": {"list": _("Words on this page ({count})"), "see": _("See it in “{page}”")},
        "terms": [
            {
                "name": term.name, "others": " · ".join(term.others), "forms": term.forms, "definition": term.definition,
                "page": term.page, "view": term.view, "title": titles[term.page],
            }
            for term in (terms(current_language()) if page != "glossary" else ())
        ],
    }  # fmt: skip
    chosen = _component(key="menu.terms", data=data, on_chosen_change=lambda: None).chosen
    if chosen:
        links.go(chosen["page"], view=chosen["view"])
