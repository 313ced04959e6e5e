"""Train: choose settings, press start, watch the loss fall."""

import streamlit as st

from lmcore.errors import TextError
from lmcore.runs.store import marks
from pages.parts import links, texts, visitor
from pages.parts.applications import chosen
from pages.parts.classroom import student
from pages.parts.components.live_chart import chart_to_come
from pages.parts.error_sentences import sentence
from pages.parts.language import _, together
from pages.parts.run import run_file, starting, take_home
from pages.parts.text import chosen_text, split_views, word_losses
from pages.parts.train import breaking, change_data, going_on, preflight, run_monitor, settings

run = visitor.chosen_run()
if run is None:
    st.title(_("Train a model"))
    if st.query_params.get("run"):
        st.warning(_("There is no run with this address. It may have been deleted, or the link is incomplete."))
    text = chosen_text.choose()
    settings.begin_with(text.id, texts.suggested_tokenizer(text))
    try:
        config = settings.form(lambda tokenizer: texts.types(text, tokenizer), text.characters, texts.marker(text))
    except TextError as error:  # its words cannot be cut
        st.error(sentence(error.code, error.values))
        st.stop()
    if config is not None:
        word_losses.say(text, config.tokenizer)
    split_views.say_oddities(text)
    fits = config is not None and preflight.fits(text, config)
    with st.container(horizontal=True, vertical_alignment="center", key="train.starting"):
        pressed = st.button(
            _("Start training"), type="primary", icon=":material/play_arrow:", disabled=not fits, key="train.start"
        )
        if config is None:
            st.caption(":material/block: " + together(*settings.refusals()))
        else:
            preflight.place(config)
    breaking.entrance()
    chart_to_come("train.chart")
    if pressed and fits and config is not None:
        starting.start(text, config)
else:
    text = visitor.store().text(run.text_id)
    st.title(_("Training"))
    st.text(texts.named(run))
    run_monitor.controls(run)
    breaking.verdict(run)
    going_on.say(run)
    change_data.say(run)
    run_monitor.show(run.id)
    split_views.say_oddities_of(run)
    change_data.show(run)
    with st.container(horizontal=True):
        if st.button(_("Explore its probabilities"), type="primary", icon=":material/search:", key="train.explore"):
            links.go("explore")
        if chosen.has_task(text) and st.button(_("Ask it"), icon=":material/question_answer:", key="train.applications"):
            links.go("applications", view="ask")
        broken = marks.values_of(run, marks.BROKEN)  # its settings are outside of what the form has
        again = not broken and st.button(_("New run with these settings"), key="train.again")
        counted_in_seconds = run.planned_steps and run.requested.training.stop == "seconds"
        exactly = counted_in_seconds and st.button(
            _("The same steps again"),
            key="train.same_steps",
            help=_("As many steps as this run, however long they take: with the same seed they give the same curve."),
        )
        if again or exactly:
            settings.copy(run, same_steps=bool(exactly))
            links.go("train", run=None, text=run.text_id if visitor.may_read(text) else None)
        if going_on.may_begin(run):
            with st.popover(_("Another text"), key="train.another_text"):
                going_on.offer(run)
                change_data.offer(run)
        if run.step and st.button(
            _("Sweep its size"),
            icon=":material/straighten:",
            key="train.sweep",
            help=_("Five sizes of it, and how the loss falls with them."),
        ):
            links.go("scale", view="law")
        student.offer(run)
        if run_file.may_download(run) and st.button(_("Download"), icon=":material/download:", key="train.download"):
            take_home.dialog(run)
