"""Which text shall a new run learn from? The one in the address, one of one's own, or a sample."""

from collections import Counter

import streamlit as st

from pages.parts import demos, links, texts, visitor
from pages.parts.language import _, current_language
from sample_corpora import SAMPLES


def choose():
    """The text in the address; a box changes it. Without one: the fables in the visitor's language."""
    store = visitor.store()
    own = store.texts(visitor.current()) if visitor.current() else []
    samples = [
        texts.sample_text(sample_id) for sample_id in sorted(SAMPLES, key=lambda name: name != demos.SAMPLE[current_language()])
    ]
    options = {text.id: text for text in (*own, *samples)}
    asked = visitor.chosen_text()
    say_missing(asked)
    if asked is not None:
        options.setdefault(asked.id, asked)
    current = asked.id if asked is not None else samples[0].id
    if st.session_state.get("train.text") not in options:
        st.session_state["train.text"] = current

    def remember():
        st.query_params["text"] = st.session_state["train.text"]

    names = _names(options)
    chosen = st.selectbox(_("Text"), list(options), format_func=names.get, key="train.text", on_change=remember)
    links.page_link("text", _("Look at this text, or bring another"), text=chosen)
    return options[chosen]


def _names(options: dict) -> dict[str, str]:
    """Text id -> a name that no other has: a box tells its options apart by what it shows. The oldest of equal names has no number."""
    found, names = Counter(), {}
    for text_id, text in reversed(options.items()):
        name = texts.name(text)
        found[name] += 1
        names[text_id] = name if found[name] == 1 else f"{name} ({found[name]})"
    return names


def say_missing(asked):
    """A text in the address that is not there, or not for this visitor."""
    if asked is None and st.query_params.get("text"):
        st.warning(_("There is no text with this address that you may read. It may have been deleted, or it is someone else's."))
