"""How far this visitor is in the lessons, read from the store and written to it."""

from typing import Any

from lmcore.runs.store import visitors
from lmcore.runs.store.records import LessonProgress, LessonStep
from pages.parts import visitor
from pages.parts.language import current_language
from pages.parts.lesson.lessons import Lesson, Step, lessons


def progress() -> dict[str, LessonProgress]:
    """Return {lesson: progress} of the lessons this visitor has begun; none for one without a cookie."""
    here = visitor.current()
    return visitors.lessons(visitor.store(), here) if here else {}


def going() -> tuple[Lesson, LessonProgress] | None:
    """Return the lesson whose card is shown, in the language of the page."""
    found = next((one for one in progress().values() if one.going), None)
    lesson = lessons(current_language()).get(found.lesson) if found else None
    return (lesson, found) if lesson and found else None


def begin(lesson: Lesson) -> None:
    visitors.begin_lesson(visitor.store(), str(visitor.current()), lesson.id, lesson.steps[0].id)


def show(lesson: Lesson, step: Step | None = None) -> None:
    visitors.show_lesson(visitor.store(), str(visitor.current()), lesson.id, step.id if step else None)


def leave() -> None:
    visitors.leave_lesson(visitor.store(), str(visitor.current()))


def change(lesson: Lesson, step: Step, **changes: Any) -> None:
    visitors.change_step(visitor.store(), str(visitor.current()), lesson.id, step.id, **changes)


def of_step(progress: LessonProgress, step: Step) -> LessonStep:
    return progress.steps.get(step.id, LessonStep())


def unfinished(lesson: Lesson, progress: LessonProgress) -> Step:
    """Return where to go on: the step that was left, or the first one to be completed where that is."""
    left = lesson.step(progress.shown_step)
    open_steps = [step for step in lesson.steps if not of_step(progress, step).completed]
    return left if left in open_steps or not open_steps else open_steps[0]


def counted(lesson: Lesson, progress: LessonProgress) -> tuple[int, int]:
    """Return how many steps are completed, and how many skipped."""
    steps = [of_step(progress, step) for step in lesson.steps]
    return sum(step.completed for step in steps), sum(step.skipped and not step.completed for step in steps)
