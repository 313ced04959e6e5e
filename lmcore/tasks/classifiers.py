"""Three ways to tell classes apart, by how many training lines they need: the label as the next token, one language model a class with
Bayes' rule, and logistic regression on a bag of words.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.errors import OneLabelOnly, TooManyLabels
from lmcore.inference.trained import TrainedModel
from lmcore.models import Counts, NeuralLanguageModel, NgramModel, build_model
from lmcore.tasks.asking import label_log_probs
from lmcore.tasks.bag_of_words import BagOfWords
from lmcore.tasks.lanes import log_probs
from lmcore.tasks.scoring import COUNT, Score, drawn, scored
from lmcore.tasks.task import MOST_LABELS, Pair, Task, labels_of
from lmcore.text.corpus import Corpus, encode
from lmcore.text.text_index import TextIndex
from lmcore.tokenizers import Tokenizer, build_tokenizer, suited_level
from lmcore.tokenizers.base import ITEM_BREAK
from lmcore.training.loop import TrainingState, fit
from lmcore.training.planning import resolve

SIZES = (20, 100, 500, None)  # training lines; None: all
STEPS = 300  # of training, shared by the models of one classifier
LEARNING_RATE = 0.03
ORDER = 3  # of the counting models a class
FEWEST_CHARACTERS = 200  # of a text to train on: a shorter one is repeated


class Classifier(Protocol):
    """What says of each prompt how likely each label is."""

    def log_probs(self, prompts: Sequence[str]) -> np.ndarray:
        """Return (N, L) log P(label | prompt)."""


@dataclass(frozen=True)
class ClassModels:
    """One language model a class: P(label | prompt) ∝ P(label) P(prompt | label), Bayes' rule (Yogatama et al., 2017).

    It knows what a prompt of each class looks like, not only what tells classes apart, so it needs fewer lines than a model of the label
    alone; with many lines it is usually the worse of the two.
    """

    models: tuple[TrainedModel, ...]  # of prompts, with one tokenizer, so that they divide the same probability
    log_prior: np.ndarray  # (L,) of the classes, counts + 1

    def log_probs(self, prompts: Sequence[str]) -> np.ndarray:
        """Return (N, L) log P(label | prompt)."""
        nothing = np.empty(0, dtype=np.int64)
        columns = []
        for model in self.models:
            ids = [model.tokenizer.encode(prompt + ITEM_BREAK).astype(np.int64) for prompt in prompts]
            columns.append([float(score.sum()) for score in log_probs(model, [nothing] * len(ids), ids)])
        joint = np.array(columns).T + self.log_prior
        return joint - np.logaddexp.reduce(joint, axis=1, keepdims=True)


@dataclass(frozen=True)
class NextToken:
    """The label as the next token of a line, among the labels."""

    model: TrainedModel
    labels: tuple[str, ...]
    separator: str

    def log_probs(self, prompts: Sequence[str]) -> np.ndarray:
        """Return (N, L) log P(label | prompt)."""
        return label_log_probs(self.model, prompts, self.labels, separator=self.separator)


@dataclass(frozen=True)
class CurvePoint:
    """The score of a classifier trained on `lines` training lines."""

    method: str  # one of METHODS
    lines: int
    score: Score


def train_class_models(
    training: Sequence[Pair], labels: Sequence[str], *, networks: bool = True, steps: int = STEPS, seed: int = 1
) -> ClassModels:
    """Return one language model a class. networks: small ones, which share the steps; else counting models, at once."""
    corpus = Corpus.from_text("\n".join(prompt for prompt, _ in training), "lines", validation_share=0.0)
    tokenizer = build_tokenizer(TokenizerConfig(suited_level(corpus.train)), corpus.train)
    counted = Counter(label for _, label in training)
    models = []
    for label in labels:
        own = [prompt for prompt, answer in training if answer == label] or [prompt for prompt, _ in training]
        text = _long_enough("\n".join(own) + "\n")
        part = Corpus.from_text(text, "lines", validation_share=0.0)
        models.append(_network(part, tokenizer, steps // len(labels), seed) if networks else _counting(part, tokenizer))
    prior = np.log([counted[label] + 1 for label in labels]) - math.log(len(training) + len(labels))
    return ClassModels(tuple(models), prior)


def train_next_token(task: Task, *, steps: int = STEPS, seed: int = 1) -> NextToken:
    """Return a network of the training lines, its loss on the labels alone."""
    corpus = Corpus.from_text(_long_enough(task.text), "lines", validation_share=0.0)
    tokenizer = build_tokenizer(TokenizerConfig(suited_level(corpus.train)), corpus.train)
    return NextToken(_network(corpus, tokenizer, steps, seed, loss_on="answer"), labels_of(task.training), task.separator)


METHODS: dict[str, Callable[[Task, tuple[str, ...], int, int], Classifier]] = {
    "next_token": lambda task, labels, steps, seed: replace(train_next_token(task, steps=steps, seed=seed), labels=labels),
    "class_models": lambda task, labels, steps, seed: train_class_models(task.training, labels, steps=steps, seed=seed),
    "class_counts": lambda task, labels, steps, seed: train_class_models(task.training, labels, networks=False),
    "logistic": lambda task, labels, steps, seed: BagOfWords.train(task.training, labels),
}


def classify(classifier: Classifier, labels: Sequence[str], pairs: Sequence[Pair], count: int = COUNT, seed: int = 0) -> Score:
    """Return how often a classifier is right, on the prompts that `scoring.score` draws from the same pairs."""
    prompts, wanted = drawn(pairs, count, seed)
    found = classifier.log_probs(prompts)
    return scored(prompts, wanted, [labels[index] for index in found.argmax(axis=1)], np.exp(found.max(axis=1)).tolist())


def learning_curve(
    task: Task,
    sizes: Sequence[int | None] = SIZES,
    *,
    methods: Sequence[str] = tuple(METHODS),
    steps: int = STEPS,
    count: int = COUNT,
    seed: int = 1,
    on_progress: Callable[[float, CurvePoint], None] = lambda share, point: None,
) -> list[CurvePoint]:
    """Return how often each classifier is right on held-out prompts, for each number of training lines.

    sizes: training lines, None for all; smaller ones are parts of larger ones, and each label has a line where there are enough. steps:
    of training, for each classifier that is a network. on_progress: called after each point with the share that is done and the point.
    Raises TooManyLabels where the answers are no classes, OneLabelOnly.
    """
    labels = task.labels
    if not labels:
        different = {answer for _, answer in task.training}
        if len(different) == 1:
            raise OneLabelOnly(label=different.pop(), count=len(task.training))
        raise TooManyLabels(count=len(different), limit=MOST_LABELS)
    lines = _mixed(task.training, labels, seed)
    counts = sorted({min(size or len(lines), len(lines)) for size in sizes})
    points: list[CurvePoint] = []
    for number in counts:
        part = replace(task, training=tuple(lines[:number]))
        for method in methods:
            classifier = METHODS[method](part, labels, steps, seed)
            points.append(CurvePoint(method, number, classify(classifier, labels, task.held_out, count)))
            on_progress(len(points) / (len(counts) * len(methods)), points[-1])
    return points


def _mixed(training: Sequence[Pair], labels: Sequence[str], seed: int) -> list[Pair]:
    """Return the pairs in an order drawn at random, but for one of each label first."""
    order = [training[index] for index in np.random.default_rng(seed).permutation(len(training))]
    first = [next(pair for pair in order if pair[1] == label) for label in labels]
    taken = set(first)
    return [*first, *(pair for pair in order if pair not in taken)]


def _long_enough(text: str) -> str:
    return text * math.ceil(FEWEST_CHARACTERS / len(text))


def _counting(corpus: Corpus, tokenizer: Tokenizer) -> TrainedModel:
    data = encode(corpus, tokenizer)
    model = NgramModel(Counts(TextIndex.of(data, tokenizer.vocabulary_size)), ORDER)
    return TrainedModel.of(model, tokenizer, "lines", opening=data.opening)


def _network(corpus: Corpus, tokenizer: Tokenizer, steps: int, seed: int, loss_on: str = "all") -> TrainedModel:
    """Return a small network after `steps` steps."""
    data = encode(corpus, tokenizer, loss_on=loss_on)
    steps = max(1, steps)
    plan = TrainingConfig(
        stop="steps", stop_after=float(steps), seed=seed, loss_on=loss_on, learning_rate=LEARNING_RATE, precision="float32"
    )
    config = RunConfig(TokenizerConfig("word"), ModelConfig(embedding_size=64, hidden_size=64, tied=True), plan)
    config, _ = resolve(config, data, tokenizer.vocabulary_size, cost=lambda *_: (0.01, 0.01))  # nothing depends on a clock
    network = build_model(config.model, tokenizer.vocabulary_size, seed)
    state = TrainingState(network, data, config.training)
    for _ in fit(network, data, config.training, state):
        pass
    model = NeuralLanguageModel(network.eval(), data.opening, tokenizer.begin_id)
    return TrainedModel.of(model, tokenizer, "lines", state.step, data.opening)
