"""The script every page runs through: language, navigation, sidebar."""

import streamlit as st

from pages.parts import css, error_notice, identity_menu, links, pipeline, visitor
from pages.parts.components import shell, term_tips
from pages.parts.language import LANGUAGES, _, current_language
from pages.parts.lesson import card
from pages.parts.server import loading

st.set_page_config(page_title=_("Next Word"), page_icon="💬", layout="wide")
visitor.begin_session()


def switch_language():
    """One click; page, run and text stay."""
    languages = list(LANGUAGES)
    other = languages[languages.index(current_language()) - 1]
    if st.button(LANGUAGES[other], icon=":material/translate:", key="menu.language", type="tertiary"):
        st.query_params["lang"] = other
        st.rerun()


# Streamlit's own menu clears the address at every click, so it is hidden and drawn here with links that carry it.
GROUPS = links.groups()
entries = [entry for group in GROUPS.values() for entry in group]
page = st.navigation(
    [
        st.Page(links.PAGES[name], title=title, icon=icon, url_path=name, default=name == links.DEFAULT)
        for name, title, icon in entries
    ],
    position="hidden",
)
st.html(css.css())
with st.sidebar:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"### {_('Next Word')}")
        switch_language()
    for group, group_entries in GROUPS.items():
        st.caption(group)
        for name, title, icon in group_entries:
            links.page_link(name, title, icon)
    identity_menu.show()
    shell.show()
    term_tips.show(page.url_path, links.titles())

error_notice.say_what_was_restored()
if page.url_path:  # not Home
    loading.let_it_begin()
with visitor.store().database.one_connection():
    card.show(page.url_path or links.DEFAULT, links.titles())
    pipeline.show(page.url_path)
    page.run()
