"""The lessons as data: one Markdown file a lesson and language in `pages/lessons/`.

    # Title of the lesson
    minutes: 45

    What it is about, in one sentence.

    ## Title of a step
    id: next
    goal: What one can do after it.
    page: explore
    view: sentence
    run: own
    done: token_opened

    What is said before the question, at most 60 words.

    ### question
    What is asked before anything is shown?

    - [x] The right answer
    - [ ] A wrong one
      What it gets wrong, with the name of the misconception.

    ### do
    What to do on the page.

    ### reveal
    What is said when the step is completed.

`run` names the run that the link of the step carries: `own` for the visitor's newest one and `broken` for the newest one that was broken
on purpose, else the example's; `example`; without it none.
`done` is a name in `conditions.CONDITIONS`. `question: words` asks for words and `question: curve` for three points of a loss curve
instead of a choice. A step whose page the app does not have is left out.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pages.parts import links
from pages.parts.language import LOCALES

OFFERED = ("article", "break_it", "own_text")  # in this order
FOLDER = Path(__file__).parent.parent.parent / "lessons"
SECTION = re.compile(r"^### (\w+)$", re.MULTILINE)
HEAD = re.compile(r"([a-z]+): (.+)")
ANSWER = re.compile(r"- \[([ x])\] (.+)")
OF_STEP = {"id", "goal", "page", "view", "run", "done", "question"}


@dataclass(frozen=True)
class Answer:
    """One of the answers to choose from; feedback: what is said to one that is wrong."""

    text: str
    right: bool
    feedback: str


@dataclass(frozen=True)
class Step:
    """A step of a lesson; the fields are described above."""

    id: str
    title: str
    goal: str
    text: str
    asked: str  # the question in words
    kind: str  # of the question: choice, words or curve
    answers: tuple[Answer, ...]
    page: str
    view: str | None
    run: str | None
    task: str
    done: str
    reveal: str

    def is_right(self, answer: int | float | str | list | None) -> bool:
        """Return whether an answer is right. Words and a curve are guesses, and none of them is wrong."""
        if self.kind != "choice":
            return answer is not None
        return isinstance(answer, int) and answer < len(self.answers) and self.answers[answer].right


@dataclass(frozen=True)
class Lesson:
    """A lesson in one language."""

    id: str
    title: str
    minutes: int
    about: str
    steps: tuple[Step, ...]

    def step(self, step_id: str) -> Step:
        """Return a step; the first one where there is none of this name any more."""
        return next((step for step in self.steps if step.id == step_id), self.steps[0])


def lessons(language: str) -> dict[str, Lesson]:
    """Return {id: lesson} in a language, in the order in which they are offered."""
    folder = FOLDER / LOCALES.get(language, language)
    paths = [path for name in OFFERED if (path := folder / f"{name}.md").exists()]
    return {path.stem: _read(path, path.stat().st_mtime_ns) for path in paths}


@lru_cache(maxsize=16)
def _read(path: Path, _changed: int) -> Lesson:
    lesson = parse(path.read_text(encoding="utf-8"), path.stem)
    steps = tuple(step for step in lesson.steps if step.page in links.PAGES)
    return Lesson(lesson.id, lesson.title, lesson.minutes, lesson.about, steps)


def parse(content: str, lesson_id: str) -> Lesson:
    """Return the lesson that a file describes, with the steps whose page is missing. Raises ValueError for a file that is none."""
    first, *parts = re.split(r"^## ", content, flags=re.MULTILINE)
    title, head, about = _headed(first.removeprefix("# "))
    steps = tuple(map(_step, parts))
    if not steps:
        raise ValueError(f"{lesson_id} has no steps")
    return Lesson(lesson_id, title, int(head["minutes"]), about, steps)


def _headed(part: str) -> tuple[str, dict[str, str], str]:
    """Return (title, {name: value} of the lines below it, what comes after an empty line)."""
    head, _, body = part.strip().partition("\n\n")
    title, *lines = head.splitlines()
    matches = [HEAD.fullmatch(line) for line in lines]
    if not all(matches):
        raise ValueError(f"{title}: each line of the head must be `name: value`")
    return title.strip(), {match[1]: match[2].strip() for match in matches if match}, body.strip()


def _step(part: str) -> Step:
    title, head, body = _headed(part)
    text, *sections = SECTION.split(body)
    said = dict(zip(sections[::2], map(str.strip, sections[1::2]), strict=True))
    if unknown := (head.keys() - OF_STEP) | (said.keys() - {"question", "do", "reveal"}):
        raise ValueError(f"{title}: unknown {sorted(unknown)}")
    asked, answers = _question(said.get("question", ""))
    return Step(
        id=head["id"], title=title, goal=head["goal"], text=text.strip(), asked=asked, kind=head.get("question", "choice"),
        answers=answers, page=head["page"], view=head.get("view"), run=head.get("run"), task=said.get("do", ""),
        done=head.get("done", "answered"), reveal=said["reveal"],
    )  # fmt: skip


def _question(section: str) -> tuple[str, tuple[Answer, ...]]:
    """Return (the question, its answers)."""
    asked: list[str] = []
    found: list[tuple[str, bool, list[str]]] = []
    for line in section.splitlines():
        if match := ANSWER.fullmatch(line):
            found.append((match[2], match[1] == "x", []))
        elif line.strip():
            (found[-1][2] if found else asked).append(line.strip())
    return "\n".join(asked), tuple(Answer(text, right, " ".join(feedback)) for text, right, feedback in found)
