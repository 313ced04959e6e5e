"""The question of a step: a choice, a sentence, or three points of a loss curve; and the first answer as a ghost beside the truth."""

import streamlit as st

from lmcore.runs.store.records import LessonStep, Run
from pages.parts import visitor
from pages.parts.language import _, together
from pages.parts.lesson import keeping
from pages.parts.lesson.lessons import Lesson, Step

LONGEST = 300  # characters of a sentence
HIGHEST = 10.0  # nats per token, of a curve that is drawn
GUESSED = (6.0, 3.0, 1.0)  # where the points of a curve stand before they are moved
POINTS = 200  # of a run's curve, at most


def ask(lesson: Lesson, step: Step, done: LessonStep):
    """Draw the question; what is answered is kept at once."""
    {"choice": _choice, "words": _words, "curve": _curve}[step.kind](lesson, step, done)


def _choice(lesson: Lesson, step: Step, done: LessonStep):
    key = f"lesson.{lesson.id}.{step.id}"
    if st.session_state.get(key) is None and isinstance(done.last, int):
        st.session_state[key] = done.last

    def answer():
        keeping.change(lesson, step, last=st.session_state[key])

    st.radio(
        step.asked,
        range(len(step.answers)),
        index=None,
        format_func=lambda index: step.answers[index].text,
        key=key,
        on_change=answer,
    )
    if isinstance(done.last, int) and not step.is_right(done.last):
        st.warning(together(step.answers[done.last].feedback, _("Choose again.")))


def _words(lesson: Lesson, step: Step, done: LessonStep):
    key = f"lesson.{lesson.id}.{step.id}"
    st.session_state.setdefault(key, done.last or "")
    st.text_area(step.asked, key=key, max_chars=LONGEST, height=100)

    def keep():
        if said := st.session_state[key].strip():
            keeping.change(lesson, step, last=said)

    st.button(_("Keep my sentence"), key=f"{key}.keep", on_click=keep, type="secondary" if done.last else "primary")


def _curve(lesson: Lesson, step: Step, done: LessonStep):
    st.markdown(step.asked)
    if done.last is not None:
        return
    key = f"lesson.{lesson.id}.{step.id}"
    names = (_("Loss at the beginning"), _("Loss after half of the steps"), _("Loss at the end"))
    points = [
        st.slider(name, 0.0, HIGHEST, start, 0.1, key=f"{key}.{number}")
        for number, (name, start) in enumerate(zip(names, GUESSED, strict=True))
    ]
    st.button(_("That is my guess"), key=f"{key}.keep", type="primary", on_click=keeping.change, args=(lesson, step),
              kwargs={"last": points})  # fmt: skip


def show_beside(step: Step, done: LessonStep, run: Run | None):
    """Draw the first answer beside the right one."""
    if step.kind == "curve":
        _draw_curves(done, run)
        return
    if step.kind == "words":
        st.caption(_("Your sentence"))
        st.text(done.last)
        return
    for index, answer in enumerate(step.answers):
        ghost = f" :gray-badge[{_('your first guess')}]" if index == done.first else ""
        if answer.right:
            st.markdown(f":green[:material/check_circle:] {answer.text}{ghost}")
        elif ghost:
            st.markdown(f":gray[{answer.text}]{ghost}")


def _draw_curves(done: LessonStep, run: Run | None):
    from pages.parts.components import plots
    from pages.parts.run import charts

    guess = done.first if isinstance(done.first, list) and len(done.first) == len(GUESSED) else []
    figure = charts.blank(210, yaxis_title=_("loss (nats per token)"), xaxis_title=_("step"))
    said = []
    if guess:
        last = run.step if run else 1
        figure.add_scatter(
            x=[1, last / 2, last], y=guess, mode="lines+markers", name=_("your guess"),
            line={"color": "rgba(128,128,128,0.7)", "dash": "dot", "shape": "spline"},
        )  # fmt: skip
        said.append(_("Your guess: {losses}.").format(losses=_in_a_row(guess)))
    if run is not None:
        steps = visitor.store().steps(run.id)
        every = max(1, len(steps.step) // POINTS)
        figure.add_scatter(
            x=steps.step[::every], y=steps.loss[::every], mode="lines", name=_("the run"),
            line={"color": charts.PALETTE[0], "width": 2.2},
        )  # fmt: skip
        points = steps.loss[[0, len(steps.loss) // 2, -1]] if len(steps.loss) else []
        said.append(_("The run, at its beginning, half and end: {losses}.").format(losses=_in_a_row(points)))
    figure.update_yaxes(rangemode="tozero")
    figure.update_layout(margin={"l": 40, "r": 4, "t": 24, "b": 36})
    plots.show(figure, key="lesson.curves")
    st.caption(together(*said))


def _in_a_row(losses) -> str:
    """
    >>> _in_a_row([6, 2.25, 0.5])
    '6.0 → 2.2 → 0.5'
    """
    return " → ".join(f"{loss:.1f}" for loss in losses)
