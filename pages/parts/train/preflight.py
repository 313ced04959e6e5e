"""What a visitor should know before a run is started: settings that need too much memory, and how long it will wait."""

from dataclasses import replace

import streamlit as st

from lmcore.errors import LimitError
from lmcore.runs.queue import scheduling
from pages.parts import visitor
from pages.parts.error_sentences import sentence, settings_in_words
from pages.parts.language import _, together
from pages.parts.run import run_labels, starting
from pages.parts.train import settings


def fits(text, config) -> bool:
    """Whether one run may take so much memory here; where not, settings that would fit are one click away."""
    try:
        starting.check_memory(text, config)
    except LimitError as error:
        with st.container(border=True):
            st.markdown(":material/memory: " + sentence(error.code, error.values))
            with st.container(horizontal=True):
                for name in ("fits", "other"):
                    if lower := error.values.get(name):
                        words = settings_in_words(lower)
                        st.button(words, on_click=settings.fill, args=(_with(config, lower),), key=f"train.{name}")
        return False
    return True


def _with(config, lower: dict[str, int]):
    """Some of its settings changed."""
    parts = {owner: {name: lower[name] for name in vars(part).keys() & lower.keys()} for owner, part in vars(config).items()}
    return replace(config, **{owner: replace(part, **parts[owner]) for owner, part in vars(config).items()})


def place(config):
    """One quiet line: that this visitor can't start one more, or how many wait before it. Nothing where it begins at once."""
    store, owner = visitor.store(), visitor.current()
    try:
        store.check_start(owner)
    except LimitError as error:
        st.caption(":material/block: " + sentence(error.code, error.values))
        return
    if owner and (words := wait(scheduling.look(store).joined_by(owner, config))):
        st.caption(":material/hourglass_top: " + words)


def wait(queue) -> str:
    """queue: with the run that is not there yet."""
    before, seconds = queue.position(scheduling.NEWCOMER) - 1, queue.expected_wait(scheduling.NEWCOMER)
    if seconds == 0:
        return ""
    words = (
        _("Runs that wait before this one: {count}.").format(count=before)
        if before
        else _("All places for training are taken; this run is the next.")
    )
    if seconds is None:
        return words
    return together(words, _("Expected wait: about {duration}.").format(duration=run_labels.duration(max(1.0, seconds))))
