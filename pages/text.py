"""Text: bring one, see how it was read, cut and counted."""

import streamlit as st

from pages.parts import links, visitor
from pages.parts.language import _
from pages.parts.text import bring_text, chosen_text, delete_text, text_views

st.title(_("Your text"))
delete_text.undo()
text = visitor.chosen_text()
chosen_text.say_missing(text)
bring_text.show(opened=text is None)
if text is None:
    st.stop()

st.divider()
text_views.how_it_was_read(text)
text_views.kind_and_splits(text)
text_views.sharing(text)
with st.container(horizontal=True):
    if st.button(_("Train a model on this text"), type="primary", icon=":material/model_training:", key="text.train"):
        links.go("train", text=text.id, run=None)
    delete_text.button(text)
text_views.tokens(text)
text_views.counts(text)
