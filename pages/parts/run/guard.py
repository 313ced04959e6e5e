"""What a page does when something is missing: say so, say what to do, stop. And the line that says which run this is."""

from collections.abc import Callable
from typing import NoReturn

import streamlit as st

from lmcore.errors import CheckpointError
from lmcore.inference.trained import TrainedModel
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store.records import Run
from pages.parts import demos, links, visitor
from pages.parts.error_sentences import sentence
from pages.parts.language import _, current_language, together
from pages.parts.run import curve_summary, model_cache, run_labels

stop: Callable[[], NoReturn] = st.stop  # Streamlit does not say that it never returns


def a_run(example: str = "home"):
    """The run in the address; without one the page invites to train and ends here. example: the page that shows the example."""
    run = visitor.chosen_run()
    if run is not None:
        return run
    if st.query_params.get("run"):
        st.warning(_("There is no run with this address. It may have been deleted, or the link is incomplete."))
    else:
        st.info(_("No run is chosen yet. Train a model, or open one of your runs."))
    invite(example=example)
    return stop()


def invite(here: str = "", example: str = "home"):
    """Where to go from a page, which needs no link to itself."""
    names = {"train": _("Train a model"), "runs": _("Your runs")}
    pages = [page for page in names if page != here]
    *columns, last = st.columns(3)[: len(pages) + 1]
    for column, page in zip(columns, pages, strict=True):
        with column:
            links.page_link(page, names[page], run=None)
    with last:
        example_link(example)


def example_link(page: str):
    """To a page with the finished example; Home shows it by itself, and as long as it has learned nothing."""
    example = demos.find(visitor.store(), current_language()) if page != "home" else None
    shown = example is not None and example.step > 0
    links.page_link(page if shown else "home", _("See the finished example"), run=example.id if shown else None)


def a_model(run: Run) -> TrainedModel:
    """The checkpoint a run is asked from: the best one, or the last where the visitor wants it (`about` asks). While there is none
    the page says so and ends here."""
    try:
        trained = model_cache.load(visitor.data_folder(), run, last=st.session_state.get(f"guard.last.{run.id}", False))
    except CheckpointError as error:
        st.error(sentence(error.code, error.values))
        links.page_link("train", _("Look at its curve"))
        stop()
    if trained is not None:
        return trained
    st.info(
        _("This run has no checkpoint yet: it is {status}. Its first one comes a second or two after training begins.").format(
            status=run_labels.status(run)
        )
    )
    links.page_link("train", _("Watch it train"))
    return stop()


def about(run: Run, trained: TrainedModel):
    """Which step is asked, where there is a choice or the run goes on; whose it is stands in the pipeline above."""
    if run_labels.is_live(run):
        st.caption(
            _("Asked is step {step}; the run is {status}.").format(step=f"{trained.step:,}", status=run_labels.status(run))
        )
    saved = [step_of(path) for path in RunFolder.of(visitor.data_folder(), run.id).checkpoints()]
    if run.best_step not in saved[1:] or trained.step not in (run.best_step, last := saved[0]):
        return
    if trained.step == last:
        words = _("This is its last step. On new text it was better at step {step}: its validation loss was {best:.2f} then.")
    else:
        words = _(
            "You are asking step {step}, the best on new text: its validation loss was {best:.2f}. Training went on to step {last}."
        )
    words = words.format(step=f"{run.best_step:,}", best=run.best_loss, last=f"{last:,}")
    if (loss := curve_summary.got_worse(visitor.store(), run)) is not None:
        words = together(words, _("By its last step the validation loss had risen to {loss:.2f}.").format(loss=loss))
    st.caption(words)
    st.toggle(_("Ask its last step instead"), key=f"guard.last.{run.id}", persist_state="session")


def begin_with(run: Run, key: str, value: str | float):
    """The first content of a box, once for each run; after that it is the visitor's."""
    if st.session_state.get(f"{key}.run") != run.id:
        st.session_state[f"{key}.run"] = run.id
        st.session_state[key] = value
    else:
        st.session_state[key] = st.session_state.get(key, value)  # kept alive while other pages are shown
