"""Words: every technical term in one sentence, with its name in the other language and the page on which it happens."""

import streamlit as st

from pages.parts import glossary, links
from pages.parts.language import _, current_language

st.title(_("Words"))
wanted = st.text_input(_("Find a word"), key="glossary.find").strip().casefold()
found = [
    term
    for term in glossary.terms(current_language())
    if any(wanted in part.casefold() for part in (*term.forms, *term.others, term.definition))
]
if not found:
    st.info(_("No word with “{text}”. Try a shorter part of it, or the word in the other language.").format(text=wanted))
for page, name in links.titles().items():
    of_page = [term for term in found if term.page == page]
    if of_page:
        st.subheader(name)
        st.markdown("\n".join(f"- **{term.name}** · {' · '.join(term.others)}  \n  {term.definition}" for term in of_page))
        links.page_link(page, _("See it in “{page}”").format(page=name), ":material/arrow_forward:")
