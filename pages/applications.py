"""Applications: translation, summary, sentiment and questions, each as the next words of a line `prompt => answer`."""

import streamlit as st

from pages.parts import visitor
from pages.parts.applications import ask, choose, chosen, fails, own_data, score
from pages.parts.components import view_choice
from pages.parts.language import _
from pages.parts.run import guard

st.title(_("Applications"))
run = visitor.chosen_run()
current = chosen.of_text(visitor.store().text(run.text_id)) if run else None
if run is None and st.query_params.get("run"):
    st.warning(_("There is no run with this address. It may have been deleted, or the link is incomplete."))
elif run is not None and current is None:
    st.info(_("The text of the chosen run has no prompts and answers. Choose a task below, or leave that run."))

VIEWS = {"choose": _("Choose a task")}
if current is not None:
    VIEWS |= {"ask": _("Ask"), "score": _("Score"), "fails": _("Where it fails")}
view = view_choice.choose("applications", {**VIEWS, "data": _("Your own data")})
if view == "data":
    own_data.show()
elif current is None or run is None or view == "choose":
    choose.show(run, current)
else:
    trained = guard.a_model(run)
    guard.about(run, trained)
    if trained.kind == "stream":
        st.info(
            _(
                "This run has read its lines as running text, so it does not know where an answer ends. Train one on lines of their own."
            )
        )
        st.stop()
    {"ask": ask.show, "score": score.show, "fails": fails.show}[view](run, trained, current)
