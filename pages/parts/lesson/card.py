"""The card of the lesson that is going on, at the side of every page; on a narrow window above it, and it can be folded."""

import html

import streamlit as st

from lmcore.runs.store.records import LessonProgress, LessonStep, Run
from pages.parts import demos, links, visitor
from pages.parts.language import _, current_language
from pages.parts.lesson import keeping, question
from pages.parts.lesson.conditions import CONDITIONS, Here, shown_view
from pages.parts.lesson.lessons import Lesson, Step
from pages.parts.run import run_labels
from sample_corpora.tasks import TASKS

LOOK_AGAIN_SECONDS = 1.5
STYLE = """<style>
.st-key-lesson-card [data-testid=stExpander] details { border-color: rgba(0,114,178,0.55); border-radius: 0.8rem; }
.st-key-lesson-card [data-testid=stExpander] summary p { font-weight: 600; }
.lesson-steps { display: flex; gap: 0.28rem; flex-wrap: wrap; margin: 0 0 0.1rem; }
.lesson-steps i { width: 0.7rem; height: 0.7rem; border-radius: 50%; border: 1.5px solid rgba(128,128,128,0.65); box-sizing: border-box; }
.lesson-steps i.done { background: #009E73; border-color: #009E73; }
.lesson-steps i.skipped { border-style: dashed; opacity: 0.7; }
.lesson-steps i.here { box-shadow: 0 0 0 2px rgba(0,114,178,0.75); }
@media (max-width: 1199px) { .st-key-lesson-card { margin-top: 1.5rem; } }
@media (min-width: 1200px) {
  [data-testid=stMain]:has(.st-key-lesson-card) [data-testid=stMainBlockContainer] { padding-left: 2.5rem; padding-right: 24.5rem; }
  .st-key-lesson-card { position: fixed; top: 4.2rem; right: 1.4rem; width: 21.5rem !important; max-height: calc(100vh - 5.5rem);
    overflow-y: auto; z-index: 90; }
}
</style>"""


def show(page: str, titles: dict[str, str]):
    """Draw the card, where a lesson is going on. page: which one it stands beside; titles: {page: its name in the menu}."""
    found = keeping.going()
    if found is None:
        return
    lesson, progress = found
    step = lesson.step(progress.shown_step)
    done = _look(Here(page, progress), lesson, step)
    waits = not done.completed and step.is_right(done.last)
    st.html(STYLE)

    @st.fragment(run_every=LOOK_AGAIN_SECONDS if waits else None)
    def card():
        now = keeping.going()
        if now is None or now[1].shown_step != step.id:
            st.rerun()  # by another tab
        found = _look(Here(page, now[1]), lesson, step)
        if (found.completed, step.is_right(found.last)) != (done.completed, step.is_right(done.last)):
            st.rerun()  # the timer begins or ends
        with st.expander(f"{_place(lesson, step)} · {step.title}", expanded=True):
            _draw(page, titles, now[1], lesson, step)

    with st.container(key="lesson-card"):
        card()


def _place(lesson: Lesson, step: Step) -> str:
    return f"{lesson.steps.index(step) + 1}/{len(lesson.steps)}"


def _look(here: Here, lesson: Lesson, step: Step) -> LessonStep:
    """Return how far the step is; where what completes it has happened, it is completed."""
    done = keeping.of_step(here.progress, step)
    if done.completed or not step.is_right(done.last) or not CONDITIONS[step.done](here):
        return done
    keeping.change(lesson, step, completed=True, skipped=False)
    return LessonStep(done.first, done.last, True)


def _draw(page: str, titles: dict[str, str], progress: LessonProgress, lesson: Lesson, step: Step):
    done = keeping.of_step(progress, step)
    _steps(lesson, progress, step)
    st.caption(f"**{_('Goal')}** · {step.goal}")
    st.markdown(step.text)
    if step.kind == "choice" and step.is_right(done.last):
        st.caption(step.asked)
    if done.completed:
        question.show_beside(step, done, _own_run(progress))
        if step.task:
            st.caption(f":material/touch_app: {step.task}")
        st.success(step.reveal, icon=":material/task_alt:")
    else:
        if step.kind == "choice" and step.is_right(done.last):
            question.show_beside(step, done, None)
        else:
            question.ask(lesson, step, done)
        if step.task and done.first is not None:
            st.info(step.task, icon=":material/touch_app:")
            if not _is_shown(page, step):
                _link(titles, progress, step)
    _buttons(lesson, step, done, progress)


def _steps(lesson: Lesson, progress: LessonProgress, here: Step):
    """A dot a step: completed, skipped, or still to come."""
    dots = []
    for step in lesson.steps:
        done = keeping.of_step(progress, step)
        names = ["done" if done.completed else "skipped" if done.skipped else "", "here" if step is here else ""]
        dots.append(f"<i class='{' '.join(filter(None, names))}'></i>")
    completed, skipped = keeping.counted(lesson, progress)
    said = html.escape(said_counts(completed, skipped, len(lesson.steps)), quote=True)
    st.html(f"<div class='lesson-steps' role='img' aria-label='{said}' title='{said}'>{''.join(dots)}</div>")


def said_counts(completed: int, skipped: int, count: int) -> str:
    words = (
        _("{completed} of {count} steps completed")
        if not skipped
        else _("{completed} of {count} steps completed, {skipped} skipped")
    )
    return words.format(completed=completed, skipped=skipped, count=count)


def _own_run(progress: LessonProgress) -> Run | None:
    """The visitor's newest run of this lesson that has ended and reads running text, not prompts and answers."""
    store = visitor.store()
    return next((run for run in Here("", progress).runs if (store.text(run.text_id).sample or "") not in TASKS), None)


def address(progress: LessonProgress, step: Step) -> dict[str, str | None]:
    """What the link of a step changes in the address."""
    runs = {"own": _own_run(progress), "broken": next(iter(Here("", progress).broken), None)}
    run = runs.get(step.run or "") or (demos.find(visitor.store(), current_language()) if step.run else None)
    return {"view": step.view, "run": run.id if run else None, "text": None if run else links.asked("text")}


def _is_shown(page: str, step: Step) -> bool:
    """Whether the visitor is where the step is done, or watches a run that was begun for it."""
    run = visitor.chosen_run()
    if page == "train" and run is not None and run_labels.is_live(run):
        return True
    right_run = run is not None if step.run else page != "train" or run is None
    return page == step.page and right_run and (step.view is None or shown_view(page) == step.view)


def _link(titles: dict[str, str], progress: LessonProgress, step: Step):
    words = _("Go to the page “{page}”").format(page=titles[step.page])
    links.page_link(step.page, words, ":material/arrow_forward:", **address(progress, step))


def _buttons(lesson: Lesson, step: Step, done: LessonStep, progress: LessonProgress):
    number = lesson.steps.index(step)
    following = lesson.steps[number + 1] if number + 1 < len(lesson.steps) else None
    key = f"lesson.{step.id}"
    row = st.container(horizontal=True, vertical_alignment="center")
    if number and row.button(_("Back"), key=f"{key}.previous", icon=":material/arrow_back:", type="tertiary"):
        _open(lesson, lesson.steps[number - 1], progress)
    words = _("Next") if following else _("Finish")
    if row.button(words if done.completed else _("Skip"), key=f"{key}.next", type="primary" if done.completed else "tertiary"):
        if not done.completed:
            keeping.change(lesson, step, skipped=True)
        if following:
            _open(lesson, following, progress)
        else:
            keeping.leave()
            links.go("lesson")
    if row.button(
        _("Leave"), key=f"{key}.leave", icon=":material/close:", type="tertiary", help=_("What you have done is kept.")
    ):
        keeping.leave()
        st.rerun()


def _open(lesson: Lesson, step: Step, progress: LessonProgress):
    """Go on with a step, on its page."""
    keeping.show(lesson, step)
    links.go(step.page, **address(progress, step))
