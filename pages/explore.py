"""Explore: what comes next, and how likely is this sentence?"""

import streamlit as st

from lmcore.sampling import Sampling
from pages.parts import chain, guard, knobs, next_words
from pages.parts.language import _

st.title(_("Explore"))
run = guard.a_run()
trained = guard.a_model(run)
guard.about(run, trained)

st.subheader(_("What comes next?"))
guard.begin_with(run, "explore.context", run.pinned_context)
st.text_area(_("Continue this text"), key="explore.context", height=80, max_chars=20_000)
temperature, top_k, top_p = st.columns(3, gap="large")
sampling = Sampling(
    temperature.slider(_("Temperature"), 0.0, 2.0, 1.0, 0.05, key="explore.temperature", help=knobs.help("temperature")),
    top_k.slider(_("Top-k (0: all)"), 0, 50, 0, key="explore.top_k", help=knobs.help("top_k")),
    top_p.slider(_("Top-p"), 0.05, 1.0, 1.0, 0.05, key="explore.top_p", help=knobs.help("top_p")),
)
guard.say_unknown(trained, st.session_state["explore.context"])
next_words.show(trained, "explore.context", key="explore.bars", settings=sampling, table=True)

st.subheader(_("How likely is this sentence?"))
guard.begin_with(run, "explore.sentence", st.session_state["explore.context"])
sentence = st.text_area(_("A sentence to score"), key="explore.sentence", height=80, max_chars=20_000)
guard.say_unknown(trained, sentence)
chain.show(trained, sentence)
