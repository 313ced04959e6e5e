"""The view *Score*: right or wrong on prompts that were never seen, beside ways that need no language model; what went wrong."""

import streamlit as st

from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from lmcore.runs.task_process import Measured
from lmcore.tasks import Score, score
from lmcore.tasks.scoring import COUNT
from pages.parts.applications import ask, figures, learning, measuring
from pages.parts.applications.chosen import Chosen
from pages.parts.components import plots
from pages.parts.language import _, together
from pages.parts.number_format import format_probability
from pages.parts.run import model_cache

MOST_WRONG = 100  # rows


def show(run: Run, trained: TrainedModel, current: Chosen):
    if not current.pairs:
        st.info(_("Nothing is held out of this text: it is too short. Add lines, and train again."))
        return
    with st.spinner(
        _("Asking {count} prompts it has never seen …").format(count=min(COUNT, len(current.pairs))), show_time=False
    ):
        of_model = _of_model(run.id, trained.step, trained, current)
    low, high = of_model.interval
    exact = _("its most likely label is the right one") if current.task.labels else _("it writes exactly the right answer")
    st.metric(_("right"), f"{of_model.share:.1%}", help=exact)
    st.caption(
        _(
            "{correct} of {count} prompts that were never trained on: {what}. With so many prompts, the share of all such prompts lies "
            "between {low} and {high} (95 % interval)."
        ).format(correct=of_model.correct, count=of_model.count, what=exact, low=f"{low:.1%}", high=f"{high:.1%}")
    )
    if current.corpus is None and run.best_step is not None:
        st.caption(
            _(
                "Which step of the run is asked was chosen by the loss on these same prompts, so the share may be a little too high."
            )
        )
    labels = method_labels()
    others = measuring.measured(run, current, "baselines", labels)
    found: dict[str, Score | Measured] = {"model": of_model} | {one.method: one for one in others}
    plots.show(figures.scores(found, labels), key="applications.scores")
    if others:
        st.caption(_beside(of_model, max(others, key=lambda one: one.share), labels))
    with st.expander(_("As a table")):
        st.dataframe(
            {
                _("Way"): [labels[name] for name in found],
                _("Right"): [f"{one.share:.1%}" for one in found.values()],
                _("95 % interval"): ["{:.1%} – {:.1%}".format(*one.interval) for one in found.values()],
            },
            hide_index=True,
            key="applications.scores.table",
        )
    _wrong(run, current, of_model)
    learning.show(run, current)


def method_labels() -> dict[str, str]:
    return {
        "model": _("this model"),
        "majority": _("always the most frequent answer"),
        "nearest": _("answer of the nearest training line"),
        "ngram": _("5-gram"),
        "copy": _("copy of the prompt"),
        "first_words": _("first words of the prompt"),
        "logistic": _("bag of words (logistic regression)"),
    }


@st.cache_data(max_entries=32, show_spinner=False)
def _of_model(run_id: str, step: int, _trained: TrainedModel, _current: Chosen) -> Score:
    with model_cache.asking():
        return score(_trained, _current.pairs, labels=_current.task.labels, separator=_current.task.separator)


def _beside(of_model: Score, best: Measured, labels: dict[str, str]) -> str:
    said = _("The best way without training a network: {way}, {share}.").format(
        way=labels[best.method], share=f"{best.share:.1%}"
    )
    if of_model.interval[0] > best.interval[1]:
        return together(said, _("The intervals do not overlap: the network has learned more than that."))
    return together(said, _("The intervals overlap: on these prompts the network is not clearly better."))


def _wrong(run: Run, current: Chosen, found: Score):
    st.subheader(_("What went wrong"))
    wrong = found.wrong[:MOST_WRONG]
    if not wrong:
        st.success(_("Nothing, on these {count} prompts.").format(count=found.count))
        return
    st.caption(_("The surest mistakes first. Choose a row to ask its prompt."))
    picked = st.dataframe(
        {
            _("Prompt"): [one.prompt for one in wrong],
            _("It says"): [one.given for one in wrong],
            _("Right would be"): [" / ".join(one.wanted) for one in wrong],
            _("How sure"): [format_probability(one.probability) for one in wrong],
            _("Unknown words"): [", ".join(one.unknown) for one in wrong],
        },
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"applications.wrong.{run.id}",
    )
    if rows := picked.selection.rows:
        chosen = wrong[rows[0]]
        with st.container(horizontal=True):
            if st.button(_("Ask this prompt"), key="applications.wrong.ask", icon=":material/question_answer:"):
                st.session_state[ask.PROMPT], st.session_state[f"{ask.PROMPT}.run"] = chosen.prompt, run.id
                st.query_params["view"] = "ask"
                st.rerun()
            if st.button(_("Open in Explore, token by token"), key="applications.wrong.explore", icon=":material/search:"):
                ask.explore(run, f"{chosen.prompt}{current.task.separator}")
