"""Lesson: which lessons there are, where the visitor stands in each, and what they wrote."""

import streamlit as st

from pages.parts import links, visitor
from pages.parts.language import _, current_language
from pages.parts.lesson import card, keeping
from pages.parts.lesson.lessons import Lesson, lessons

st.title(_("Lesson"))
st.markdown(
    _(
        "A lesson leads you through the pages of this app: at each step you **guess first**, then do it on the real page, then see. "
        "Its card stays beside the pages; you can leave it at any time and go on later."
    )
)
begun = keeping.progress()


def offer(lesson: Lesson):
    """One lesson: what it is about, how far the visitor is, and the way into it."""
    done = begun.get(lesson.id)
    with st.container(border=True):
        st.subheader(lesson.title)
        st.caption(_("about {minutes} minutes · {count} steps").format(minutes=lesson.minutes, count=len(lesson.steps)))
        st.markdown(lesson.about)
        if done is not None:
            completed, skipped = keeping.counted(lesson, done)
            st.progress(completed / len(lesson.steps), card.said_counts(completed, skipped, len(lesson.steps)))
        row = st.container(horizontal=True)
        if done is not None and row.button(
            _("Go on"), type="primary", icon=":material/play_arrow:", key=f"lesson.{lesson.id}.go_on"
        ):
            step = keeping.unfinished(lesson, done)
            keeping.show(lesson, step)
            links.go(step.page, **card.address(done, step))
        if row.button(
            _("Begin again") if done else _("Begin"),
            type="secondary" if done else "primary",
            icon=":material/replay:" if done else ":material/play_arrow:",
            key=f"lesson.{lesson.id}.begin",
            help=_("What you answered and wrote in this lesson is forgotten.") if done else None,
        ):
            keeping.begin(lesson)
            links.go(lesson.steps[0].page, run=None, text=None)
    if done is not None:
        own_words(lesson)


def own_words(lesson: Lesson):
    """What the visitor wrote in a lesson."""
    written = {
        step.title: said
        for step in lesson.steps
        if step.kind == "words" and (said := keeping.of_step(begun[lesson.id], step).last)
    }
    if not written:
        return
    with st.expander(_("What you wrote in “{lesson}”").format(lesson=lesson.title), expanded=True):
        for title, said in written.items():
            st.caption(title)
            st.text(said)


if visitor.current() is None:
    st.info(_("This browser takes no cookies, so a lesson could not be kept. Allow them for this page and load it again."))
    st.stop()
for lesson in lessons(current_language()).values():
    offer(lesson)
