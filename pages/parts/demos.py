"""The two example models of the home page: trained on this server at its first start, without an owner, kept."""

import threading

from lmcore import presets
from lmcore.runs.store.store import Store
from sample_corpora import SAMPLES

SAMPLE = {"en": "fables-en", "zh": "fables-zh"}
_adding = threading.Lock()  # the first visitors of a class come at the same moment


def ensure(store: Store, first: str = "en"):
    """Put the demo runs that are missing into the queue, one language first."""
    existing = {store.text(run.text_id).sample: run for run in store.demos()}
    for language in sorted(SAMPLE, key=lambda language: language != first):
        sample = SAMPLES[SAMPLE[language]]
        if sample.id in existing:
            if existing[sample.id].shown_status in ("interrupted", "failed"):
                store.request(existing[sample.id].id, "run")
            continue
        text = sample_text(store, sample)
        config = presets.preset(presets.DEMO_SECONDS, sample.tokenizer)
        store.add_run(owner=None, text_id=text.id, name=sample.id, config=config, pinned_context=sample.context)


def sample_text(store: Store, sample, name: str | None = None):
    """The text of a sample: one row without an owner, which every visitor may train on. name: None where a page has one for its id."""
    with _adding:
        for text in store.texts(None):
            if text.sample == sample.id:
                return text
        return store.add_text(
            owner=None, name=name or sample.id, content=sample.text(), kind=sample.kind, encoding="UTF-8", sample=sample.id
        )


def find(store: Store, language: str):
    """The demo run in a language, where it is there."""
    return next((run for run in store.demos() if store.text(run.text_id).sample == SAMPLE[language]), None)


def run_for(store: Store, language: str):
    """The demo run in a language; it is there from the server's first start on."""
    if (run := find(store, language)) is not None:
        return run
    ensure(store, first=language)
    return find(store, language)


def context(language: str) -> str:
    return SAMPLES[SAMPLE[language]].context
