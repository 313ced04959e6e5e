"""Which task the page is about: one of the app's own, or that of a text with prompts and answers, and what of it is held out."""

from dataclasses import dataclass

import streamlit as st

from lmcore.tasks import Pair, Task
from lmcore.text.kinds import guess_kind
from pages.parts import demos, texts, visitor
from pages.parts.language import LANGUAGES, _, current_language
from sample_corpora.tasks import MARKER, TASKS, TaskCorpus

KINDS = ("translation", "summary", "sentiment", "answering")
EXAMPLES = 10


@dataclass(frozen=True)
class Chosen:
    """A task that can be trained, asked and scored."""

    title: str
    kind: str  # one of KINDS; "own" of a visitor's text
    task: Task  # the held-out pairs are those of a whole text, or of the corpus
    corpus: TaskCorpus | None  # None: a visitor's text

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """What nothing was trained on."""
        return self.task.held_out


def kind_labels() -> dict[str, str]:
    return {
        "translation": _("Translation"),
        "summary": _("Summary"),
        "sentiment": _("Sentiment"),
        "answering": _("Questions"),
    }


def shipped(task_id: str) -> Chosen:
    corpus = TASKS[task_id]
    return Chosen(title(corpus), corpus.task, _shipped_task(task_id), corpus)


def has_task(text) -> bool:
    """Return whether the items of a text are prompts with answers that the visitor may read."""
    return text is not None and (text.sample in TASKS or (visitor.may_read(text) and texts.marker(text) is not None))


def of_text(text) -> Chosen | None:
    """Return the task of a text; None where its items are not prompts with answers."""
    if not has_task(text):
        return None
    if text.sample in TASKS:
        return shipped(text.sample)
    return Chosen(texts.name(text), "own", _own_task(text.sha256, text.kind, text.id), None)


def title(corpus: TaskCorpus) -> str:
    """Return the title of a task, with its language where a task in the other one has the same title."""
    titles = [other.titles[current_language()] for other in TASKS.values()]
    own = corpus.titles[current_language()]
    return own if titles.count(own) == 1 else f"{own} · {LANGUAGES[corpus.language]}"


def text_of(corpus: TaskCorpus):
    """Return the text of a task of the app, which every visitor may train on."""
    return demos.sample_text(visitor.store(), corpus)


def of_language(kind: str) -> list[TaskCorpus]:
    """Return the tasks of a kind that stand alone, those in the visitor's language first."""
    found = [corpus for corpus in TASKS.values() if corpus.task == kind and not corpus.variant_of]
    return sorted(found, key=lambda corpus: corpus.language != current_language())


def variants(corpus: TaskCorpus) -> list[TaskCorpus]:
    """Return the tasks that differ from this one in one thing."""
    return [other for other in TASKS.values() if other.variant_of == corpus.id]


def examples(pairs) -> list[Pair]:
    """Return some pairs from all over a list."""
    return [pairs[number * len(pairs) // EXAMPLES] for number in range(EXAMPLES)] if len(pairs) > EXAMPLES else list(pairs)


@st.cache_resource(max_entries=16, show_spinner=False)
def _shipped_task(task_id: str) -> Task:
    corpus = TASKS[task_id]
    return Task(MARKER, tuple(corpus.training()), tuple(corpus.held_out()))


@st.cache_resource(max_entries=4, show_spinner=False)
def _own_task(sha256: str, kind: str, _text_id: str) -> Task:
    content = visitor.store().content(_text_id)
    return Task.from_text(content, kind or guess_kind(content))
