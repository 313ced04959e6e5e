"""Explore: what comes next, how likely is a sentence, why this word, and how the answers came about."""

import random
from dataclasses import replace

import streamlit as st

from lmcore.inference import alignment
from lmcore.inference.sampling import Sampling
from pages.parts.components import view_choice
from pages.parts.explore import chain, film, model_table, next_words, scoring, two_sentences, why
from pages.parts.language import _
from pages.parts.run import guard, input_checks, setting_labels

st.title(_("Explore"))
run = guard.a_run()
trained = guard.a_model(run)
guard.about(run, trained)


def context() -> str:
    """The text that three of the views ask about."""
    guard.begin_with(run, "explore.context", run.pinned_context)
    text = st.text_area(_("Continue this text"), key="explore.context", height=80)
    text = input_checks.end_of(text)
    input_checks.say(run, trained, text, "explore.context")
    return text


def what_comes_next():
    text = context()
    temperature, top_k, top_p = st.columns(3, gap="large")
    kept = {"persist_state": "session"}
    settings = Sampling(
        temperature.slider(
            _("Temperature"), 0.0, 2.0, 1.0, 0.05, key="explore.temperature", help=setting_labels.help("temperature"), **kept
        ),
        top_k.slider(_("Top-k (0: all)"), 0, 50, 0, key="explore.top_k", help=setting_labels.help("top_k"), **kept),
        top_p.slider(_("Top-p"), 0.05, 1.0, 1.0, 0.05, key="explore.top_p", help=setting_labels.help("top_p"), **kept),
    )
    next_words.show(trained, "explore.context", key="explore.bars", settings=settings, table=True)
    model_table.show(run, trained, text)


def how_likely():
    guard.begin_with(run, "explore.sentence", st.session_state.get("explore.context", run.pinned_context))
    sentence = input_checks.begin_of(st.text_area(_("A sentence to score"), key="explore.sentence", height=80))
    input_checks.say(run, trained, sentence, "explore.sentence")
    second = second_sentence()
    asked = scoring.ask(run, trained, sentence)
    first_scored = scoring.score(trained, sentence, asked)
    if first_scored is None:
        st.info(_("Type a sentence to see the probability of each of its tokens."))
        return
    chain.show(run, trained, *first_scored)
    if second and (second_scored := scoring.score(trained, second, replace(asked, marked=None))) is not None:
        two_sentences.show(run, trained, first_scored[1], second_scored[1], second_scored[0])
    chain.show_models(run, trained, *first_scored)


def second_sentence() -> str:
    """The box for a second sentence, where one is wanted; the button that makes one of the first one's words."""

    def shuffle():
        sentence = st.session_state["explore.sentence"]
        st.session_state["explore.two"] = True
        st.session_state["explore.second"] = alignment.shuffled(sentence, random.Random())
        st.session_state["explore.shuffled"] = (sentence, st.session_state["explore.second"])

    of, made = st.session_state.get("explore.shuffled", (None, None))
    if made is not None and st.session_state.get("explore.second") == made and st.session_state["explore.sentence"] != of:
        shuffle()  # the first one has been changed since, this one not

    row = st.container(horizontal=True, gap="medium", vertical_alignment="center")
    wanted = row.toggle(_("Beside a second sentence"), key="explore.two", persist_state="session")
    row.button(_("Shuffle the words"), icon=":material/shuffle:", key="explore.shuffle", on_click=shuffle)
    if not wanted:
        return ""
    second = input_checks.begin_of(
        st.text_area(_("The second sentence"), key="explore.second", height=80, persist_state="session")
    )
    input_checks.say(run, trained, second, "explore.second")
    return second


VIEWS = {
    "next": (_("What comes next?"), what_comes_next),
    "sentence": (_("How likely is this sentence?"), how_likely),
    "why": (_("Why this word?"), lambda: why.show(run, trained, context())),
    "film": (_("The film"), lambda: film.show(run, trained, context())),
}
view = view_choice.choose("explore", {name: label for name, (label, _show) in VIEWS.items()})
for kept in ("explore.context", "explore.sentence"):  # boxes that this view does not show keep what is in them
    if kept in st.session_state:
        st.session_state[kept] = st.session_state[kept]
VIEWS[view][1]()
