"""What is said about a text that a visitor typed before a model's numbers for it are shown: what it cannot read, and why."""

import unicodedata
from collections import Counter

import streamlit as st

from lmcore.errors import TextError
from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from pages.parts import unknown, visitor
from pages.parts.language import _

MOST = 20_000  # characters of one box
LOOKED_AT = 200_000  # characters of the training text
FEW = 0.01  # of its letters: a script that it has hardly any of


def end_of(text: str) -> str:
    """The part of a context that is read: what comes next depends on its end."""
    if len(text) > MOST:
        st.info(_("A context is read from its last {most} characters on; the {count} before them are left out.").format(
            most=f"{MOST:,}", count=f"{len(text) - MOST:,}"
        ))  # fmt: skip
    return text[-MOST:]


def begin_of(text: str) -> str:
    """The part of a sentence that is scored, without the white space around it."""
    text = text.strip("\n").rstrip()
    if len(text) > MOST:
        st.info(_("Only the first {most} characters are read; the {count} after them are left out.").format(
            most=f"{MOST:,}", count=f"{len(text) - MOST:,}"
        ))  # fmt: skip
    return text[:MOST]


def say(run: Run, trained: TrainedModel, text: str, box: str):
    """Another script, unknown words: one explanation each, nothing where all is well. box: its key."""
    if in_another_script(scripts(text), _training_scripts(run)):
        st.warning(
            _(
                "This is written in another script than the training text. The model has never seen its characters, so the numbers "
                "below are guesses about something unknown: they say nothing about this text. Write as the training text is written."
            )
        )
    unknown.say(trained, text, box)
    if trained.tokenizer.unknown_id is not None and trained.tokenizer.unknown_pieces(trained.marked(text)):
        st.caption(
            _(
                "Each of them is scored as the one token “⟨unk⟩”, which stands for everything rare: its probability is that of "
                "*some* unknown word here, not of this one."
            )
        )


def scripts(text: str) -> Counter:
    """How many letters of each script, by the first word of their Unicode names.

    >>> scripts("ab 中")
    Counter({'LATIN': 2, 'CJK': 1})
    """
    return Counter(unicodedata.name(letter, "").split(" ")[0].split("-")[0] for letter in text if letter.isalpha())


def in_another_script(typed: Counter, known: Counter) -> bool:
    """Whether most letters are of scripts that the training text has hardly any of.

    >>> in_another_script(Counter(CJK=5), Counter(LATIN=100)), in_another_script(Counter(), Counter(LATIN=100))
    (True, False)
    """
    foreign = sum(count for script, count in typed.items() if known[script] < FEW * known.total())
    return foreign > typed.total() / 2


def _training_scripts(run: Run) -> Counter:
    text = visitor.store().text(run.text_id)
    try:
        return _scripts_of(text.sha256, text.id) if text else Counter()
    except TextError:  # its file is missing or damaged: nothing is known of its scripts
        return Counter()


@st.cache_data(max_entries=256, show_spinner=False)
def _scripts_of(sha256: str, _text_id: str) -> Counter:
    return scripts(visitor.store().content(_text_id)[:LOOKED_AT])
