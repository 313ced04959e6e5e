"""What each kind would mean for a text, in its own lines; and what makes its validation loss say less than it seems to."""

import contextlib
import re
from dataclasses import replace

import streamlit as st

from lmcore.errors import TextError
from lmcore.runs.store.records import Run
from lmcore.runs.worker import restoring
from lmcore.text.kinds import KINDS
from pages.parts import texts, visitor
from pages.parts.language import _, literal
from pages.parts.run import run_labels

ENDED = re.compile(r"(?<=[.!?…。！？])([\"'”’」』)）]*[”])[.。]$")  # a quoted sentence, then a full stop of ours


def kind_names() -> dict[str, str]:
    return {"stream": _("running text"), "lines": _("one item a line"), "blocks": _("items between blank lines")}


def meanings(text):
    """Side by side, so that a wrong guess is seen before anything is trained."""
    st.caption(_("What each choice would mean for this text:"))
    for kind, column in zip(KINDS, st.columns(len(KINDS)), strict=True):
        with column.container(border=kind == text.kind):
            st.markdown(f"**{kind_names()[kind]}**")
            found = texts.meaning(replace(text, kind=kind))
            st.text(one_stop(_how_it_begins(found)))
            st.text(one_stop(_what_is_held_out(found)))


def one_stop(said: str) -> str:
    """A sentence that ends with a quoted one has one full stop.

    >>> one_stop("Such as “It rains.”."), one_stop("Such as “rain”.")
    ('Such as “It rains.”', 'Such as “rain”.')
    """
    return ENDED.sub(r"\1", said)


def _how_it_begins(found) -> str:
    if found.kind == "stream":
        return _(
            "A context goes on from what stands before it; a fresh one goes on from the end of the training part: “{before}”."
        ).format(before=found.before)
    if found.items == 1:
        return _("All of it would be one item.")
    return _("{count} items, each read from a fresh beginning: when “{behind}” begins, nothing is known of “{before}”.").format(
        count=f"{found.items:,}", behind=found.behind, before=found.before
    )


def _what_is_held_out(found) -> str:
    if not found.held_out:
        if found.kind == "stream":
            return _("Nothing is held back: the text is short.")
        return _("Nothing is held back: there are too few different items, or the text is short.")
    share = f"{found.share:.0%}"
    if found.kind == "stream":
        return _("Held back for validation: the end ({share}), from “{begin}” on.").format(share=share, begin=found.held_out[0])
    return _("Held back for validation: {count} of them by lot ({share}), such as “{one}”.").format(
        count=f"{found.held_items:,}", share=share, one=found.held_out[0]
    )


def say_oddities(text):
    """A quiet line for each reason why the loss on the held-out end of this text is not that on any other part of it."""
    for code, values in texts.oddities(text):
        words = {name: f"{value:.0%}" if isinstance(value, float) else literal(value) for name, value in values.items()}
        st.caption(":material/info: " + _sentence(code, values).format(**words))


def say_oddities_of(run: Run):
    """Beside the curves of a run that has ended, for those who may read its text."""
    text = visitor.store().text(run.text_id)
    if text and not run_labels.is_live(run) and run.best_loss is not None and visitor.may_read(text):
        with contextlib.suppress(TextError):  # its file is missing or damaged
            say_oddities(replace(text, kind=restoring.kind_of(visitor.store(), run)))


def _sentence(code: str, values: dict) -> str:
    if code == "repeated":
        return _(
            "{share} of what is held back for validation also stands in the training part, line for line: the validation loss partly measures what is known by heart."
        )
    if code == "new_words":
        return _(
            "The end of this text, which is held back, is not like the rest: {held_out} of its words occur nowhere else, against {elsewhere} in other parts of the same length. The validation loss says little about the rest."
        )
    if values["where"] == "begin":
        return _(
            "The end of this text, which is held back, is not like the rest: {held_out} of its lines begin with “{label}”, against {trained} of those trained on. If each line stands for itself, choose “one item a line”: then lines are held back by lot."
        )
    return _(
        "The end of this text, which is held back, is not like the rest: {held_out} of its lines end with “{label}”, against {trained} of those trained on. If each line stands for itself, choose “one item a line”: then lines are held back by lot."
    )
