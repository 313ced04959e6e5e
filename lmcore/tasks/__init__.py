"""Translation, summary, sentiment, questions: each as the next words of a line, `prompt => answer`.

from lmcore import Corpus, train
from lmcore.tasks import Task, answer, score

task = Task.from_pairs(pairs)
model = train(Corpus.from_text(task.text, "lines"))
print(answer(model, "the tea was cold").text, score(model, task.held_out, labels=task.labels).share)
"""

from lmcore.tasks.asking import (
    Answer,
    Ranked,
    Sources,
    answer,
    answers,
    label_log_probs,
    label_probabilities,
    rank,
    sources,
    unknown_words,
    votes,
)
from lmcore.tasks.scoring import Result, Score, drawn, score, wilson
from lmcore.tasks.task import Cleaning, Pair, Task

__all__ = [
    "Answer",
    "Cleaning",
    "Pair",
    "Ranked",
    "Result",
    "Score",
    "Sources",
    "Task",
    "answer",
    "answers",
    "drawn",
    "label_log_probs",
    "label_probabilities",
    "rank",
    "score",
    "sources",
    "unknown_words",
    "votes",
    "wilson",
]
