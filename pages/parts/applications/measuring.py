"""What `task_process` measures of a run's task: shown as it comes, kept in the run's folder, from where it is taken the next time."""

import contextlib

import streamlit as st

from lmcore.runs import task_process
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.records import Run
from lmcore.runs.task_process import Measured
from pages.parts import visitor
from pages.parts.applications.chosen import Chosen
from pages.parts.language import _


def measured(run: Run, current: Chosen, question: str, labels: dict[str, str], button: str = "") -> list[Measured]:
    """Return what is known, and measure what is not: at once, or once a visitor has pressed the button. labels: by method.

    Where the text is too large it is not all; only a button can begin that again.
    """
    found = task_process.kept(RunFolder.of(visitor.data_folder(), run.id), question)
    missing = not found or found[-1].done < 1
    pressed = bool(button) and missing and st.button(button, key=f"applications.{question}", icon=":material/play_arrow:")
    wanted = pressed or not (button or found)
    if wanted:
        found = _measure(run, current, question, labels)
        missing = not found or found[-1].done < 1
    if missing and (found or wanted):
        st.warning(
            _("This text is too large for this experiment: it was ended before it was complete. What was measured is shown.")
        )
    return found


def _measure(run: Run, current: Chosen, question: str, labels: dict[str, str]) -> list[Measured]:
    """Measure, with a bar that says what has come."""
    found: list[Measured] = []
    bar = st.progress(0.0, text=_("Training …") if question == "curve" else _("Asking the other ways the same prompts …"))
    with contextlib.suppress(TimeoutError):
        for one in task_process.measure(question, current.task):
            found.append(one)
            said = _("{method}, {lines} lines: {share} right").format(
                method=labels[one.method], lines=f"{one.lines:,}", share=f"{one.share:.0%}"
            )
            bar.progress(one.done, text=said)
    bar.empty()
    task_process.keep(RunFolder.of(visitor.data_folder(), run.id), question, found)
    return found
