"""Train: choose settings, press start, watch the loss fall."""

import streamlit as st

from pages.parts import chosen_text, links, live, run_words, settings, starting, texts, visitor
from pages.parts.language import _

run = visitor.chosen_run()
if run is None:
    st.title(_("Train a model"))
    if st.query_params.get("run"):
        st.warning(_("There is no run with this address. It may have been deleted, or the link is incomplete."))
    text = chosen_text.choose()
    settings.begin_with(text.id, texts.suggested_tokenizer(text))
    config = settings.form(lambda tokenizer: chosen_text.vocabulary_size(text, tokenizer))
    if st.button(_("Start training"), type="primary", icon=":material/play_arrow:", key="train.start"):
        starting.start(text, config)
else:
    text = visitor.store().text(run.text_id)
    st.title(_("Training"))
    st.text(f"{run.name} — {texts.name(text) if text else '…'} — {run_words.model(run)}")
    live.controls(run)
    live.show(run.id)
    with st.container(horizontal=True):
        if st.button(_("Explore its probabilities"), type="primary", icon=":material/search:", key="train.explore"):
            links.go("explore")
        if st.button(_("New run with these settings"), key="train.again"):
            settings.copy(run)
            links.go("train", run=None, text=run.text_id if visitor.may_read(text) else None)
