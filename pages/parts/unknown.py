"""What a vocabulary does not know of a typed text, said before its probabilities are shown; and how the training text writes it."""

import streamlit as st

from lmcore.inference.trained import TrainedModel
from lmcore.text.decoding import normalise
from lmcore.text.twins import twins, with_twins
from pages.parts.components import token_names
from pages.parts.language import _

SHOWN = 10


def say(trained: TrainedModel, text: str, box: str):
    """box: the key of the text box, whose text may be written as the training text is."""
    tokenizer = trained.tokenizer
    unknown = list(dict.fromkeys(tokenizer.unknown_pieces(trained.marked(text))))
    if not unknown:
        return
    st.warning(_("Not in this model's vocabulary, so read as “unknown”:"))
    st.text(listed([named(piece) for piece in unknown]))
    known = [(piece, found) for piece in unknown if (found := twins(tokenizer, piece))]
    if not known:
        return
    st.caption(_("The training text writes it another way:"))
    st.text(listed([f"{named(piece)} → {' / '.join(map(named, found[:3]))}" for piece, found in known]))

    def write_so():
        st.session_state[box] = with_twins(tokenizer, normalise(st.session_state[box])[0])

    st.button(_("Write it like the training text"), key=f"{box}.twins", icon=":material/spellcheck:", on_click=write_so)


def listed(names: list[str]) -> str:
    return " · ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


def named(piece: str) -> str:
    """Return a piece as it is, or by the names of its characters where it cannot be seen."""
    return token_names.numbered(piece, names()) if token_names.is_unseen(piece) else piece


def names() -> dict[str, str]:
    return {
        " ": _("space"),
        "\n": _("line break"),
        "\t": _("tab"),
        "\u00a0": _("no-break space (U+00A0)"),
        "\u200b": _("zero-width space (U+200B)"),
        "\u200c": _("zero-width non-joiner (U+200C)"),
        "\u200d": _("zero-width joiner (U+200D)"),
        "\u3000": _("full-width space (U+3000)"),
    }
