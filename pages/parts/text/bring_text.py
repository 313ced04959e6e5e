"""Paste, upload or pick a text; open one of one's own again."""

import streamlit as st

from lmcore.errors import LmcoreError
from pages.parts import language, links, texts, visitor
from pages.parts.error_sentences import sentence
from pages.parts.language import _
from pages.parts.text import encodings
from sample_corpora import SAMPLES

MANY, AT_ONCE = 10, 50  # texts of one visitor: those that a search helps, and those that are listed


def show(opened: bool):
    """The three ways in; after each, the page shows the new text."""
    with st.expander(_("Bring a text"), expanded=opened, icon=":material/note_add:"):
        paste, upload, sample, own = st.tabs([_("Paste"), _("Upload"), _("Samples"), _("Your texts")])
        with paste:
            _paste()
        with upload:
            _upload()
        with sample:
            _samples()
        with own:
            _own()


def _open(add, *arguments):
    """Add a text and show it; a text that cannot be used gets its sentence."""
    if visitor.current() is None:
        st.error(
            _("Your browser does not accept this site's cookie, so a text could not be kept for you. Allow cookies and reload.")
        )
        return
    try:
        text = add(*arguments)
    except LmcoreError as error:
        st.error(sentence(error.code, error.values))
        return
    links.go("text", text=text.id, run=None)


def _paste():
    content = st.text_area(_("Paste a text (up to 1 MB)"), key="text.paste", height=200)
    if st.button(_("Use this text"), type="primary", key="text.use"):
        _open(texts.add_pasted, content)


def _upload():
    files = st.file_uploader(
        _("Text files with any ending (.txt, .md, .csv, .py …), up to {megabytes} MB; several become one text").format(
            megabytes=texts.LIMIT // 1_000_000
        ),
        accept_multiple_files=True,
        max_upload_size=texts.LIMIT // 1_000_000,
        key="text.files",
    )
    encoding = st.selectbox(
        _("Encoding"),
        ["", *encodings.CHOICES],
        format_func=lambda encoding: encodings.choice(encoding) if encoding else _("find out by itself"),
        key="text.encoding",
        help=_("Choose one by hand if the first lines look like nonsense."),
    )
    encodings_of = [encoding or _which_reading(file) for file in files]
    if files and st.button(_("Use these files"), type="primary", key="text.use_files"):
        _open(
            texts.add_uploaded, [(file.name, file.getvalue(), chosen) for file, chosen in zip(files, encodings_of, strict=True)]
        )


def _which_reading(file) -> str | None:
    """The visitor's choice where two encodings are about as probable."""
    found = texts.possible_readings(file.file_id, file.getvalue())
    if len(found) < 2:
        return None
    return st.radio(
        _("“{name}” can be read in more than one way. Which line is right?").format(name=language.literal(file.name)),
        list(found),
        format_func=encodings.name,
        captions=[language.literal(excerpt) for excerpt in found.values()],
        key=f"text.reading.{file.file_id}",
    )


def _samples():
    here = language.current_language()
    for sample in SAMPLES.values():
        words, button = st.columns([5, 1], vertical_alignment="center")
        words.markdown(f"**{sample.title[here]}**  \n{sample.description[here]}")
        if button.button(_("Use"), key=f"text.sample.{sample.id}", width="stretch"):
            _open(texts.sample_text, sample.id)


def _own():
    store, owner = visitor.store(), visitor.current()
    kept = store.texts(owner) if owner else []
    if not kept:
        st.caption(_("The texts you bring are listed here."))
    wanted = st.text_input(_("Search"), key="text.search") if len(kept) > MANY else ""
    for text in [text for text in kept if wanted.lower() in texts.name(text).lower()][:AT_ONCE]:
        words, button = st.columns([5, 1], vertical_alignment="center")
        words.text(_("{name} — {characters} characters").format(name=texts.name(text), characters=f"{text.characters:,}"))
        if button.button(_("Open"), key=f"text.open.{text.id}", width="stretch"):
            links.go("text", text=text.id, run=None)
