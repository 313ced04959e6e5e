"""What cutting this text into words loses, said before training: words that are unknown, spaces that do not come back."""

import streamlit as st

from lmcore.config import TokenizerConfig
from pages.parts import texts
from pages.parts.language import _, together


def say(text, config: TokenizerConfig):
    if config.level == "word":
        st.caption(":material/content_cut: " + words(text, config))


def words(text, config: TokenizerConfig) -> str:
    lost, held_out = texts.lost_by_words(text, config)
    if not lost.unknown and not lost.misplaced:
        said = _("Cut into words, the held-out text loses nothing: every word is known, every space comes back.")
        if not held_out:
            said = _("Cut into words, the text loses nothing: every word is known, every space comes back.")
    else:
        said = _("Cut into words, {unknown} of the held-out tokens are unknown, and {misplaced} of the spaces come back wrong.")
        if not held_out:
            said = _("Cut into words, {unknown} of the tokens are unknown, and {misplaced} of the spaces come back wrong.")
        said = said.format(unknown=f"{lost.unknown:.1%}", misplaced=f"{lost.misplaced:.1%}")
        charged = _(
            "Bits per byte charge {spelling:.3f} for the unknown words and {spacing:.3f} for the spaces, whatever the model."
        )
        said = together(said, charged.format(spelling=lost.spelling, spacing=lost.spacing))
    if text.characters > texts.LOOKED_AT:
        said = together(said, _("Measured on the first {count} characters.").format(count=f"{texts.LOOKED_AT:,}"))
    return said
