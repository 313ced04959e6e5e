"""Scale: what a run took in numbers, how far it is to a large one, and how its loss falls with its size."""

import streamlit as st

from pages.parts.components import view_choice
from pages.parts.language import _
from pages.parts.run import guard
from pages.parts.scale import large, law, run_numbers, why

st.title(_("Scale"))
run = guard.a_run()
trained = guard.a_model(run)
guard.about(run, trained)

VIEWS = {
    "run": (_("My run in numbers"), run_numbers.show),
    "large": (_("How far to a large one?"), large.show),
    "law": (_("A law of one's own"), law.show),
    "why": (_("Why at all?"), why.show),
}
view = view_choice.choose("scale", {name: label for name, (label, _show) in VIEWS.items()})
VIEWS[view][1](run, trained)
