"""The box for the sentence that the views of Inside look at: one text for all of them, a held-out line to begin with."""

import numpy as np
import streamlit as st

from lmcore.errors import TextError
from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from pages.parts import visitor
from pages.parts.language import _
from pages.parts.run import guard, held_out, input_checks

KEY = "inside.sentence"


def ask(run: Run, trained: TrainedModel, most: int) -> np.ndarray | None:
    """Draw the box and return the ids (T,) of what stands in it, 1 ≤ T ≤ most; None, with a sentence on the page, where nothing does.

    A longer text is cut at its end, and the page says so.
    """
    guard.begin_with(run, KEY, _first(run, trained))
    text = input_checks.begin_of(st.text_area(_("Read this sentence"), key=KEY, height=80))
    input_checks.say(run, trained, text, KEY)
    ids = trained.encode(text, whole=True)
    if not len(ids):
        st.info(_("Type a sentence to look inside the network while it reads."))
        return None
    if len(ids) > most:
        st.info(_("Read here are the first {most} tokens of {count}.").format(most=f"{most:,}", count=f"{len(ids):,}"))
    return ids[:most]


def _first(run: Run, trained: TrainedModel) -> str:
    """A line that the model was not trained on, where the visitor may read the text and it has one; else the run's pinned context."""
    try:
        if visitor.may_read(visitor.store().text(run.text_id)):
            return held_out.lines(visitor.store(), run, trained)[0].text.strip()
    except (TextError, IndexError):  # its file is missing or damaged; nothing is held out
        pass
    return run.pinned_context
