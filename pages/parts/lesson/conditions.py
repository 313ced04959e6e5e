"""What completes a step of a lesson: what happened on the real pages, as they, the store and the address show it.

The names are those that the files of the lessons use. Nothing here may need torch: the card is on the first page of a server, too.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from lmcore.runs.store import marks
from lmcore.runs.store.records import LessonProgress, Run
from pages.parts import demos, texts, visitor
from pages.parts.language import current_language

TOO_LARGE = 1.0  # a learning rate with which the loss of a sentence goes up
ENDED = ("finished", "stopped", "failed")
FAULTS = 4  # in the article's program


@dataclass(frozen=True)
class Here:
    """Where the visitor is, and how far in the lesson."""

    page: str
    progress: LessonProgress

    def shows(self, page: str, view: str | None = None) -> bool:
        """Return whether a page, and a view of it, is shown with a run."""
        run = visitor.chosen_run()
        return self.page == page and run is not None and run.step > 0 and (view is None or shown_view(page) == view)

    @property
    def ended(self) -> list[Run]:
        """The visitor's runs that have ended since the lesson was begun, the newest first."""
        runs = visitor.store().runs(self.progress.visitor)
        return [run for run in runs if run.step and run.shown_status in ENDED and str(run.ended) > self.progress.created]

    @property
    def runs(self) -> list[Run]:
        """Those of them that have a model and were not broken on purpose."""
        return [run for run in self.ended if run.shown_status != "failed" and run not in self.broken]

    @property
    def broken(self) -> list[Run]:
        """Those of them that were broken on purpose."""
        return [run for run in self.ended if marks.values_of(run, marks.BROKEN)]


def shown_view(page: str) -> str | None:
    """The view of a page that its address names, or that it showed last."""
    return st.query_params.get("view") or st.session_state.get(f"{page}.view")


def word_chosen(here: Here) -> bool:
    """The sentence on Home is no longer the example's."""
    sentence = st.session_state.get(f"home.context.{current_language()}")
    return here.page == "home" and sentence not in (None, "", demos.context(current_language()))


def context_changed(here: Here) -> bool:
    """Explore was asked what comes after other words."""
    run, context = visitor.chosen_run(), st.session_state.get("explore.context")
    return here.shows("explore", "next") and context not in (None, "", run.pinned_context)


def text_cut(here: Here) -> bool:
    """A text is cut in another way than the one that is proposed for it."""
    text, chosen = visitor.chosen_text(), st.session_state.get("text.tokenizer")
    return here.page == "text" and text is not None and chosen not in (None, texts.suggested_tokenizer(text))


def own_text_brought(here: Here) -> bool:
    """A text of the visitor's own is looked at."""
    text = visitor.chosen_text()
    return here.page == "text" and text is not None and visitor.owns_text(text) and text.sample is None


def run_finished(here: Here) -> bool:
    return bool(here.runs)


def own_run_finished(here: Here) -> bool:
    """A run on a text of the visitor's own has ended."""
    found = (visitor.store().text(run.text_id) for run in here.runs)
    return any(text is not None and text.owner == here.progress.visitor and text.sample is None for text in found)


def broke(preset: str) -> Callable[[Here], bool]:
    """A run that goes wrong on purpose in this way has ended."""

    def condition(here: Here) -> bool:
        return any((marks.values_of(run, marks.BROKEN) or {}).get("preset") == preset for run in here.broken)

    return condition


def mended(here: Here) -> bool:
    """The run that mends one of these by one change has ended."""
    return any(marks.values_of(run, marks.MENDED) for run in here.ended)


def curve_seen(here: Here) -> bool:
    """The curve of a run that has ended is looked at."""
    return here.shows("train") and visitor.chosen_run().status in ("finished", "stopped")


def scale_seen(here: Here) -> bool:
    """A run and GPT-3 stand on one ruler."""
    return here.shows("scale", "large") and "gpt3" in st.session_state.get("scale.seen", ())


def reading_seen(here: Here) -> bool:
    return here.shows("inside", "reading")


def step_taken(here: Here) -> bool:
    """A training step was opened and taken."""
    return here.shows("inside", "step") and bool(_moves())


def rate_too_large(here: Here) -> bool:
    """Steps were taken with a learning rate that is too large."""
    return here.shows("inside", "step") and any(rate >= TOO_LARGE for _optimizer, rate, _count in _moves())


def _moves() -> tuple:
    return st.session_state.get("inside.step.moves", (None, ()))[1]


def token_opened(here: Here) -> bool:
    """The loss of one token of a sentence was opened."""
    return here.shows("explore", "sentence") and st.session_state.get("chain.tokens.chosen", (None, None))[0] is not None


def sentences_compared(here: Here) -> bool:
    """A second sentence stands beside the first."""
    return here.shows("explore", "sentence") and bool(
        st.session_state.get("explore.two") and st.session_state.get("explore.second")
    )


def why_asked(here: Here) -> bool:
    """It was asked why a token is likely that the visitor chose."""
    return here.shows("explore", "why") and "why.token" in st.session_state


def reach_seen(here: Here) -> bool:
    return here.shows("inside", "past")


def layers_probed(here: Here) -> bool:
    """What probes read from the layers of the run is shown."""
    return here.shows("inside", "layers") and st.session_state.get("inside.layers.probed") == visitor.chosen_run().id


def copies_measured(here: Here) -> bool:
    """A run wrote a text, and what is copied in it was looked up."""
    run = visitor.chosen_run()
    written = st.session_state.get("write.texts", {}).get(run.id) if run else None
    return here.shows("write") and st.session_state.get("write.view_below") == "copied" and bool(written and written.tokens)


def written(here: Here) -> bool:
    """A run wrote a text."""
    run = visitor.chosen_run()
    found = st.session_state.get("write.texts", {}).get(run.id) if run else None
    return here.shows("write") and bool(found and found.tokens)


def failure_seen(here: Here) -> bool:
    """A trained task was asked what its lines never showed, after a guess."""
    return here.page == "applications" and any(str(key).startswith("applications.shown.") for key in st.session_state)


def code_runs(here: Here) -> bool:
    """The article's program was run with all of its faults mended."""
    ran = st.session_state.get("inside.code.ran", ())
    return here.shows("inside", "code") and any(len(mended) == FAULTS for _run, mended, _square in ran)


def answered(_here: Here) -> bool:
    """The right answer is all that is asked for."""
    return True


CONDITIONS: dict[str, Callable[[Here], bool]] = {
    condition.__name__: condition
    for condition in (
        answered, code_runs, context_changed, copies_measured, curve_seen, failure_seen, layers_probed, mended, own_run_finished, own_text_brought,
        reach_seen, rate_too_large, reading_seen, run_finished, scale_seen, sentences_compared, step_taken, text_cut, token_opened, why_asked, word_chosen,
        written,
    )
}  # fmt: skip
CONDITIONS |= {f"broke_{preset}": broke(preset) for preset in ("rate_too_high", "twelve_lines", "shuffled", "context_of_one")}
