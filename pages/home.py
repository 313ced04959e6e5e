"""Home: a finished example, one button, and a box for one's own text.

It is the page that a server which has just started shows first, so nothing here waits for torch before it has to.
"""

from itertools import count

import streamlit as st

from lmcore.errors import CheckpointError
from pages.parts import demos, error_sentences, kept, language, links, visitor
from pages.parts.components import plain_bars
from pages.parts.components.live_chart import chart_to_come
from pages.parts.language import _
from pages.parts.run import run_labels
from pages.parts.server import loading

TOP = 8
LOOK_AGAIN_SECONDS = 0.25

st.title(_("What comes next?"))
st.markdown(
    _(
        "A language model reads a text and gives **every possible next token a probability**. "
        "This one was trained on this server, on short fables. Continue its sentence: choose a word."
    )
)

demo = demos.run_for(visitor.store(), language.current_language())
if demo.shown_status == "queued":
    visitor.store().queue_first(demo.id)  # the visitor's language first
box = f"home.context.{language.current_language()}"
torch_was_loaded = loading.over()
looks = count()


def ask_for_a_sentence() -> str:
    words = kept.of("home")
    st.session_state.setdefault(box, words.get(box, demos.context(language.current_language())))
    words[box] = st.text_input(_("A sentence to continue"), key=box, max_chars=2_000)
    return words[box]


@st.fragment(run_every=LOOK_AGAIN_SECONDS if not torch_was_loaded else 1.0 if run_labels.is_live(demo) else None)
def example():
    now = visitor.store().run(demo.id)
    if run_labels.is_live(now) != run_labels.is_live(demo) or loading.over() != torch_was_loaded:
        st.rerun()
    sentence = ask_for_a_sentence() if typed is None else typed
    evaluation = None if torch_was_loaded else visitor.store().latest_evaluation(now.id)
    if evaluation is not None and evaluation.pinned_context == sentence:
        show_what_is_known(now, evaluation)
    else:
        ask_the_model(now, sentence)


def show_what_is_known(now, evaluation):
    """Until torch is loaded: the bars that the run has written down at its last evaluation."""
    say_step(now, evaluation.step)
    plain_bars.show(evaluation.bars[:TOP], key="home.bars")
    st.caption(_("The server has just started: in a moment a word can be chosen."))
    if next(looks):
        loading.let_it_begin()  # the browser has them, and asks again


def ask_the_model(now, sentence: str):
    if now.step == 0:
        say_that_it_is_trained()
        return
    loading.let_it_begin()
    from pages.parts import unknown
    from pages.parts.explore import next_words
    from pages.parts.run import model_cache

    try:
        trained = model_cache.load(visitor.data_folder(), now)
    except CheckpointError as error:
        st.error(error_sentences.sentence(error.code, error.values))
        return
    if trained is None:
        say_that_it_is_trained()
        return
    say_step(now, trained.step)
    unknown.say(trained, sentence, box)
    next_words.show(trained, box, key="home.bars", top=TOP)
    links.page_link("explore", _("Look at every probability of this model"), run=demo.id)


def say_that_it_is_trained():
    st.info(_("The example model is being trained for the first time; its first probabilities come in a few seconds."))


def say_step(now, step: int):
    if run_labels.is_live(now):
        st.caption(_("still learning, step {step} of {planned}").format(step=f"{step:,}", planned=f"{now.planned_steps:,}"))


left, right = st.columns([3, 2], gap="large")
with left:
    # A box that is sent again four times a second can stay empty in a slow browser, so it is no part of what is.
    typed = None if torch_was_loaded else ask_for_a_sentence()
    example()
with right, st.container(border=True):
    st.subheader(_("Your turn"))
    st.caption(_("About {seconds} seconds, nothing to decide: you watch a new model learn the same fables.").format(seconds=20))
    if st.button(_("Train it yourself"), type="primary", icon=":material/play_arrow:", key="home.train", width="stretch"):
        from pages.parts.run import starting

        starting.try_it(demo.text_id)
    pasted = st.text_area(
        _("Or paste a text of your own"),
        key="home.text",
        height=140,
        placeholder=_("A page is enough: a story, a poem, your notes …"),
    )
    if st.button(_("Train on my text"), key="home.own", width="stretch"):
        from pages.parts.run import starting

        starting.own_text(pasted)
chart_to_come("home.chart")
