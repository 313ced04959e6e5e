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
from lmcore.tasks.baselines import baseline_scores, counting_model, nearest
from lmcore.tasks.classifiers import METHODS, CurvePoint, classify, learning_curve, train_class_models, train_next_token
from lmcore.tasks.scoring import Result, Score, drawn, score, wilson
from lmcore.tasks.table import Table, read_table
from lmcore.tasks.task import MOST_LABELS, MOST_PAIRS, SEPARATOR, Cleaning, Pair, Task

__all__ = [
    "METHODS",
    "MOST_LABELS",
    "MOST_PAIRS",
    "SEPARATOR",
    "Answer",
    "Cleaning",
    "CurvePoint",
    "Pair",
    "Ranked",
    "Result",
    "Score",
    "Sources",
    "Table",
    "Task",
    "answer",
    "answers",
    "baseline_scores",
    "classify",
    "counting_model",
    "drawn",
    "label_log_probs",
    "label_probabilities",
    "learning_curve",
    "nearest",
    "rank",
    "read_table",
    "score",
    "sources",
    "train_class_models",
    "train_next_token",
    "unknown_words",
    "votes",
    "wilson",
]
