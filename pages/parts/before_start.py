"""What a visitor should know before a run is started: settings that need too much memory, and how long it will wait."""

import streamlit as st

from lmcore.errors import LimitError
from lmcore.runs import memory, scheduling
from pages.parts import knobs, run_words, settings, starting, visitor
from pages.parts.language import _, sentence, together

SHRUNK = {"hidden_size": "model", "batch_size": "training", "sequence_length": "training"}


def fits(text, config) -> bool:
    """Whether one run may take so much memory here; where not, two settings that would fit are one click away."""
    types = starting.too_many_types(text, config)
    if types is None:
        return True
    limits = visitor.store().limits
    with st.container(border=True):
        st.markdown(
            ":material/memory: "
            + _(
                "That is more memory than one run may take on this server ({limit} MB beside the program itself). This would fit:"
            ).format(limit=f"{limits.bytes_per_run / 1e6:,.0f}")
        )
        with st.container(horizontal=True):
            for number, smaller in enumerate(memory.settings_that_fit(config, types, limits.bytes_per_run)):
                if memory.needed(smaller, types) <= limits.bytes_per_run:
                    st.button(_changes(config, smaller), on_click=settings.fill, args=(smaller,), key=f"train.fits.{number}")
    return False


def _changes(config, smaller) -> str:
    return " · ".join(
        f"{knobs.name(field)} {getattr(getattr(smaller, part), field)}"
        for field, part in SHRUNK.items()
        if getattr(getattr(smaller, part), field) != getattr(getattr(config, part), field)
    )


def place(config):
    """One quiet line: that this visitor can't start one more, or how many wait before it. Nothing where it begins at once."""
    store, owner = visitor.store(), visitor.current()
    try:
        store.check_start(owner)
    except LimitError as error:
        st.caption(":material/block: " + sentence(error.code, error.values))
        return
    if owner and (words := wait(store.queue().joined_by(owner, config))):
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
    return together(words, _("Expected wait: about {duration}.").format(duration=run_words.duration(max(1.0, seconds))))
