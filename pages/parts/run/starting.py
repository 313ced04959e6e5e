"""Begins runs: with no question asked, on one's own text, or with chosen settings. Then opens the run's page."""

from collections.abc import Iterable

import streamlit as st

from lmcore import presets
from lmcore.config import RunConfig
from lmcore.errors import LimitError, LmcoreError, RunNotFound, TextError, TextNotFound
from lmcore.runs.store.records import Run
from lmcore.runs.worker import memory_limits
from lmcore.text.corpus import encode
from lmcore.text.decoding import one_line
from pages.parts import links, texts, visitor
from pages.parts.error_sentences import sentence
from pages.parts.language import _

SHORT = 500  # characters: what is longer has enough tokens, however it is cut
ENDINGS = " .,;:!?。，；：！？、"  # of a text's first words, which are its name


def start(
    text,
    config: RunConfig,
    pinned_context: str | None = None,
    *,
    name: str | None = None,
    notes: Iterable[dict] = (),
    begin_with: tuple[str, int] | None = None,
):
    """Put a run in the queue, wake the pool, show the run; one that this server cannot take gets its sentence.

    name: None for that of its text; notes: of `marks`; begin_with: (run, step) whose weights it begins with."""
    try:
        run = queue(text, config, name or _run_name(text, config), pinned_context, notes, begin_with)
    except (LimitError, TextError, TextNotFound, RunNotFound) as error:
        st.error(sentence(error.code, error.values))
        return
    visitor.pool().wake()
    links.go("train", run=run.id, text=None)


def queue(
    text,
    config: RunConfig,
    name: str,
    pinned_context: str | None = None,
    notes: Iterable[dict] = (),
    begin_with: tuple[str, int] | None = None,
) -> Run:
    """Put a run in the queue; `start` says what the arguments are. Raises a LimitError, a TextError, TextNotFound or RunNotFound where this
    server cannot take it."""
    _check_length(text, config)
    check_memory(text, config)
    pinned = texts.begin_of_a_context(text) if pinned_context is None else pinned_context
    return visitor.store().add_run(
        owner=visitor.current(),
        text_id=text.id,
        name=name,
        config=config,
        pinned_context=pinned,
        notes=notes,
        begin_with=begin_with,
    )


def again(run: Run, config: RunConfig):
    """The same text with other settings."""
    start(visitor.store().text(run.text_id), config, run.pinned_context)


def resume(run: Run):
    """Put a run back in the queue, where there is room for it; then show it."""
    try:
        visitor.store().request(run.id, "run")
    except (LimitError, TextError) as error:
        st.error(sentence(error.code, error.values))
        return
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


def _check_length(text, config: RunConfig):
    """Raises TextTooShort or WordsNotCut, rather than let a run fail that has hardly begun."""
    if text.characters < SHORT:
        encode(texts.corpus(text), texts.tokenizer(text, config.tokenizer))


def check_memory(text, config: RunConfig):
    """Raises TooMuchMemory or TextTakesTooMuchMemory.

    The text is cut into tokens only where the most types it may have would be too many.
    """
    most, types = visitor.store().limits.bytes_per_run, config.tokenizer.vocabulary_size
    if memory_limits.needed(config, types, text.characters) > most:
        memory_limits.check(config, texts.types(text, config.tokenizer)[1], most, text.characters)


def _run_name(text, config: RunConfig) -> str:
    number = sum(1 for run in visitor.store().runs(visitor.current()) if run.text_id == text.id) + 1
    return _("{text}, run {number}").format(text=one_line(texts.name(text), 60).rstrip(ENDINGS), number=number)
