"""Home: a finished example, one button, and a box for one's own text."""

import streamlit as st

from pages.parts import demos, guard, language, links, models, next_words, run_words, starting, visitor
from pages.parts.language import _
from pages.parts.live_chart import chart_to_come

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


@st.fragment(run_every=1.0 if run_words.is_live(demo) else None)
def example():
    now = visitor.store().run(demo.id)
    if run_words.is_live(now) != run_words.is_live(demo):
        st.rerun()
    sentence = st.text_input(
        _("A sentence to continue"), value=demos.context(language.current_language()), key=box, max_chars=2_000
    )
    trained = models.load(visitor.data_folder(), now)
    if trained is None:
        st.info(_("The example model is being trained for the first time; its first probabilities come in a few seconds."))
        return
    if run_words.is_live(now):
        st.caption(
            _("still learning, step {step} of {planned}").format(step=f"{trained.step:,}", planned=f"{now.planned_steps:,}")
        )
    guard.say_unknown(trained, sentence)
    next_words.show(trained, box, key="home.bars", top=8)
    links.page_link("explore", _("Look at every probability of this model"), run=demo.id)


left, right = st.columns([3, 2], gap="large")
with left:
    example()
with right, st.container(border=True):
    st.subheader(_("Your turn"))
    st.caption(_("About {seconds} seconds, nothing to decide: you watch a new model learn the same fables.").format(seconds=20))
    if st.button(_("Train it yourself"), type="primary", icon=":material/play_arrow:", key="home.train", width="stretch"):
        starting.try_it(demo.text_id)
    pasted = st.text_area(
        _("Or paste a text of your own"),
        key="home.text",
        height=140,
        placeholder=_("A page is enough: a story, a poem, your notes …"),
    )
    if st.button(_("Train on my text"), key="home.own", width="stretch"):
        starting.own_text(pasted)
chart_to_come("home.chart")
