"""The view *Choose a task*: what its lines look like, what is held out, and a run on them."""

import streamlit as st

from lmcore import presets
from lmcore.config import RunConfig
from lmcore.runs.store.records import Run
from pages.parts import links, texts, visitor
from pages.parts.applications import chosen
from pages.parts.applications.chosen import Chosen
from pages.parts.language import _, current_language
from pages.parts.run import run_labels, starting
from sample_corpora.tasks import TASKS, TaskCorpus

KIND, TASK = "applications.kind", "applications.task"
OFFERED = 5  # runs


def show(run: Run | None, current: Chosen | None):
    st.markdown(
        _(
            "Four things that language models are used for, each as what this app does all along: **predict the next word**. A line is a "
            "prompt, a marker and an answer; a model that has read enough such lines is given a prompt and writes on behind the marker."
        )
    )
    corpus = _choose(current)
    st.subheader(chosen.title(corpus))
    st.text(corpus.descriptions[current_language()])
    task = chosen.shipped(corpus.id).task
    rows = chosen.examples(task.training)
    st.code("\n".join(task.separator.join(pair) for pair in rows), language=None, line_numbers=True, wrap_lines=True)
    st.caption(
        _("{count} such lines; between prompt and answer stands the marker {marker}.").format(
            count=f"{len(task.training):,}", marker=task.marker
        )
    )
    st.info(corpus.held_out_rule[current_language()], icon=":material/visibility_off:")
    _train(corpus)


def config_of(corpus: TaskCorpus) -> RunConfig:
    """Return the settings that suit a task, for as long, on the tokens and with the loss that it says."""
    return presets.of_rules(corpus.seconds, corpus.tokenizer, corpus.loss_on)


def _choose(current: Chosen | None) -> TaskCorpus:
    """Draw the choice: a kind, then which of its tasks."""
    asked = st.query_params.get("task")
    corpus = TASKS.get(asked or "") or (current.corpus if current else None)
    if corpus is not None and st.session_state.get(f"{TASK}.asked") != corpus.id:
        st.session_state[KIND], st.session_state[TASK] = corpus.task, corpus.id
        st.session_state[f"{TASK}.asked"] = corpus.id
    labels = chosen.kind_labels()
    kinds = [kind for kind in labels if chosen.of_language(kind)]
    kind = st.segmented_control(
        _("What for?"),
        kinds,
        format_func=labels.get,
        key=KIND,
        default=None if KIND in st.session_state else kinds[0],
        required=True,
    )
    found = [one for corpus in chosen.of_language(kind) for one in (corpus, *chosen.variants(corpus))]
    ids = [corpus.id for corpus in found]
    if st.session_state.get(TASK) not in ids:
        st.session_state[TASK] = ids[0]
    task_id = st.selectbox(_("Task"), ids, format_func=lambda one: chosen.title(TASKS[one]), key=TASK)
    st.query_params["task"] = st.session_state[f"{TASK}.asked"] = task_id
    return TASKS[task_id]


def _train(corpus: TaskCorpus):
    runs = finished(corpus)
    row = st.container(horizontal=True, vertical_alignment="center")
    if runs and row.button(_("Ask a trained model"), type="primary", icon=":material/question_answer:", key="applications.use"):
        open_with(runs[0])
    if row.button(
        _("Train ({seconds} s)").format(seconds=corpus.seconds),
        type="secondary" if runs else "primary",
        icon=":material/model_training:",
        key="applications.train",
    ):
        text = chosen.text_of(corpus)
        starting.start(text, config_of(corpus), f"{corpus.held_out()[0][0]} {chosen.MARKER}")
    if corpus.loss_on == "answer":
        st.caption(
            _("Only the answers count in the loss, so the model learns P(answer | prompt), and nothing about how prompts go on.")
        )
    for run in runs[:OFFERED]:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.text(f"{texts.run_name(run)} · {run_labels.in_short(run)}")
            if st.button(_("Ask this one"), key=f"applications.use.{run.id}"):
                open_with(run)


def finished(corpus: TaskCorpus) -> list[Run]:
    """Return the visitor's runs on a task that can be asked, and those that belong to everyone, the newest first."""
    store, owner = visitor.store(), visitor.current()
    runs = [*(store.runs(owner) if owner else []), *store.demos()]
    return [run for run in runs if run.step and (text := store.text(run.text_id)) and text.sample == corpus.id]


def open_with(run: Run):
    """Open the view that asks a run."""
    links.go("applications", run=run.id, text=None, view="ask")
