"""Tasks as lines `prompt => answer`, what of them is held out, and the true answer of every prompt; README.md lists them."""

from sample_corpora.tasks import reviews_en, reviews_zh, stories, summaries, summaries_zh, translation
from sample_corpora.tasks.task_corpus import MARKER, Lines, Pair, TaskCorpus

__all__ = ["MARKER", "TASKS", "Lines", "Pair", "TaskCorpus"]

_TASKS = (*translation.TASKS, *reviews_en.TASKS, *reviews_zh.TASKS, *stories.TASKS, *summaries.TASKS, *summaries_zh.TASKS)
TASKS: dict[str, TaskCorpus] = {corpus.id: corpus for corpus in _TASKS}  # in the order in which they are shown
