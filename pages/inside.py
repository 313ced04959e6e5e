"""Inside: what the network computes while it reads and while it learns, on the visitor's own sentence."""

import streamlit as st

from pages.parts.components import view_choice
from pages.parts.inside import code, layers, past, reading, step, words
from pages.parts.language import _
from pages.parts.run import guard

st.title(_("Inside"))
run = guard.a_run()
trained = guard.a_model(run)
guard.about(run, trained)

VIEWS = {
    "step": (_("One step"), step.show),
    "code": (_("The article's code"), code.show),
    "reading": (_("While it reads"), reading.show),
    "layers": (_("What each layer knows"), layers.show),
    "words": (_("Words as points"), words.show),
    "past": (_("How far back"), past.show),
}
view = view_choice.choose("inside", {name: label for name, (label, _show) in VIEWS.items()})
VIEWS[view][1](run, trained)
