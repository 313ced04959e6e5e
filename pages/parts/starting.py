"""Begins runs: with no question asked, on one's own text, or with chosen settings. Then opens the run's page."""

import streamlit as st

from lmcore.config import RunConfig
from lmcore.errors import LmcoreError
from pages.parts import links, presets, texts, visitor
from pages.parts.language import _, sentence


def start(text, config: RunConfig, pinned_context: str | None = None):
    """Put a run in the queue, wake the pool, show the run."""
    store = visitor.store()
    pinned = texts.begin_of_a_context(text) if pinned_context is None else pinned_context
    run = store.add_run(
        owner=visitor.current(), text_id=text.id, name=_run_name(text, config), config=config, pinned_context=pinned
    )
    visitor.pool().wake()
    links.go("train", run=run.id, text=None)


def try_it(text_id: str):
    """About 20 seconds on the text of the example."""
    text = visitor.store().text(text_id)
    start(text, presets.preset(presets.TRY_IT_SECONDS, texts.suggested_tokenizer(text)))


def own_text(content: str):
    """Keep a pasted text and train on it; bad input gets its sentence."""
    try:
        text = texts.add_pasted(content)
    except LmcoreError as error:
        st.error(sentence(error.code, error.values))
        return
    start(text, presets.preset(presets.TRY_IT_SECONDS, texts.suggested_tokenizer(text)))


def _run_name(text, config: RunConfig) -> str:
    number = sum(1 for run in visitor.store().runs(visitor.current()) if run.text_id == text.id) + 1
    return _("{text}, run {number}").format(text=texts.name(text)[:60], number=number)
