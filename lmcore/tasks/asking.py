"""What a model makes of one prompt: its answer, given answers ranked, and which words and tokens of the prompt mattered.

Prompts are typed as in the training text, without the marker. Many prompts at once, with a score, are `scoring`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lmcore.errors import MarkerMissing, TooFewCandidates
from lmcore.inference import sampling
from lmcore.inference.sampling import Sampling
from lmcore.inference.trained import TrainedModel
from lmcore.tasks.lanes import GREEDY, Continuation, continuation, continuations, log_probs
from lmcore.tasks.task import SEPARATOR
from lmcore.text.decoding import normalise
from lmcore.text.markers import given_until
from lmcore.tokenizers.base import ITEM_BREAK
from lmcore.tokenizers.word import pieces

LONGEST_ANSWER = 200  # tokens


@dataclass(frozen=True)
class Answer:
    """What a model answered."""

    text: str
    tokens: tuple[str, ...]  # (T,) as they are written
    ids: np.ndarray  # (T,)
    log_probs: np.ndarray  # (T,) nats; (T + 1,) where it ended, that of the end last
    ended: bool  # by itself; False: cut at the most tokens

    @property
    def log_prob(self) -> float:
        """log P(answer | prompt), nats, its end included where it ended."""
        return float(self.log_probs.sum())


@dataclass(frozen=True)
class Ranked:
    """A given answer, and how likely it is, its end included."""

    text: str
    log_probs: np.ndarray  # (T,) nats
    unknown: tuple[str, ...]  # its pieces that the tokenizer does not know

    @property
    def total(self) -> float:
        """log P(answer | prompt), nats: the longer an answer, the lower."""
        return float(self.log_probs.sum())

    @property
    def mean(self) -> float:
        """Nats per token."""
        return float(self.log_probs.mean())


@dataclass(frozen=True)
class Sources:
    """Which tokens of a prompt mattered for which token of an answer."""

    prompt: tuple[str, ...]  # (P,) tokens
    answer: tuple[str, ...]  # (A,) tokens; the last is the end of the item, ""
    influence: np.ndarray  # (A, P) log P(a | prompt) - log P(a | prompt without p), nats: above 0 it made the token more likely


def context_of(trained: TrainedModel, prompt: str, separator: str = SEPARATOR) -> np.ndarray:
    """Return the ids (S,) of a prompt with its marker, as an answer follows it. Raises MarkerMissing for a model of running text."""
    if trained.kind == "stream":
        raise MarkerMissing()
    return trained.encode(_tidy(trained, prompt) + separator).astype(np.int64)


def ids_of(trained: TrainedModel, prompt: str, answer: str, separator: str = SEPARATOR) -> tuple[np.ndarray, np.ndarray]:
    """Return the ids (prompt with its marker (S,), answer with its end (T,)) of an item as training cut it."""
    if trained.kind == "stream":
        raise MarkerMissing()
    before, after = _tidy(trained, prompt) + separator, _tidy(trained, answer)
    item = before + after + ITEM_BREAK
    ids, _, ends = trained.tokenizer.offsets(item)
    cut = int(np.searchsorted(ends, given_until(item, len(before), trained.tokenizer), side="right"))
    return ids[:cut].astype(np.int64), ids[cut:].astype(np.int64)


def answer(
    trained: TrainedModel,
    prompt: str,
    *,
    separator: str = SEPARATOR,
    settings: Sampling = GREEDY,
    seed: int = 1,
    limit: int = LONGEST_ANSWER,
) -> Answer:
    """Return what a model answers to a prompt: by default the most likely token at each step.

    separator: `Task.separator`. settings: to draw instead. limit: tokens. Raises MarkerMissing for a model of running text.
    """
    context, end = context_of(trained, prompt, separator), trained.tokenizer.begin_id
    stop = frozenset() if end is None else frozenset([end])
    drawn = list(sampling.draws(trained.model, context, limit, settings, seed, trained.never, stop))
    return as_answer(trained, continuation(drawn, end))


def answers(
    trained: TrainedModel, prompts: Sequence[str], *, separator: str = SEPARATOR, limit: int = LONGEST_ANSWER
) -> list[Answer]:
    """Return the most likely answers to many prompts, token by token, which are read side by side."""
    contexts = [context_of(trained, prompt, separator) for prompt in prompts]
    return [as_answer(trained, found) for found in continuations(trained, contexts, limit)]


def as_answer(trained: TrainedModel, found: Continuation) -> Answer:
    """Return a continuation in words."""
    tokens = tuple(trained.tokenizer.texts(found.ids))
    return Answer(trained.written(found.ids).strip(), tokens, found.ids, found.log_probs, found.ended)


def rank(trained: TrainedModel, prompt: str, candidates: Sequence[str], *, separator: str = SEPARATOR) -> list[Ranked]:
    """Return given answers, the most likely first, repeated ones once. Raises TooFewCandidates where there are not two."""
    different = list(dict.fromkeys(text for candidate in candidates if (text := candidate.strip())))
    if len(different) < 2:
        raise TooFewCandidates(count=len(different))
    pairs = [ids_of(trained, prompt, text, separator) for text in different]
    scores = log_probs(trained, [context for context, _ in pairs], [ids for _, ids in pairs])
    found = [
        Ranked(text, score, tuple(trained.tokenizer.unknown_pieces(text))) for text, score in zip(different, scores, strict=True)
    ]
    return sorted(found, key=lambda ranked: -ranked.total)


def label_log_probs(
    trained: TrainedModel, prompts: Sequence[str], labels: Sequence[str], *, separator: str = SEPARATOR
) -> np.ndarray:
    """Return (N, L) log P(label | prompt) among these labels: the probabilities of a row sum to 1."""
    pairs = [ids_of(trained, prompt, label, separator) for prompt in prompts for label in labels]
    scores = log_probs(trained, [context for context, _ in pairs], [ids for _, ids in pairs])
    totals = np.array([score.sum() for score in scores]).reshape(len(prompts), len(labels))
    return totals - np.logaddexp.reduce(totals, axis=1, keepdims=True)


def label_probabilities(
    trained: TrainedModel, prompt: str, labels: Sequence[str], *, separator: str = SEPARATOR
) -> dict[str, float]:
    """Return {label: its probability among the labels}."""
    found = np.exp(label_log_probs(trained, [prompt], labels, separator=separator)[0])
    return dict(zip(labels, found.tolist(), strict=True))


def votes(
    trained: TrainedModel, prompt: str, label_a: str, label_b: str, *, separator: str = SEPARATOR
) -> list[tuple[str, float]]:
    """Return each word of a prompt with its vote, in bits: log2 P(a)/P(b) with it, less the same without it. Above 0 it speaks for a."""
    spans = _words(prompt)
    prompts = [prompt, *(prompt[:begin] + prompt[end:].lstrip(" ") for begin, end in spans)]
    found = label_log_probs(trained, prompts, (label_a, label_b), separator=separator)
    odds = (found[:, 0] - found[:, 1]) / math.log(2)
    return [(prompt[begin:end], float(odds[0] - without)) for (begin, end), without in zip(spans, odds[1:], strict=True)]


def sources(trained: TrainedModel, prompt: str, answer: str, *, separator: str = SEPARATOR) -> Sources:
    """Return which tokens of a prompt mattered for which token of an answer, by leaving each out (occlusion)."""
    context, ids = ids_of(trained, prompt, answer, separator)
    whole = len(trained.tokenizer.encode(trained.marked(_tidy(trained, prompt), whole=True)))  # the marker is never left out
    contexts = [context, *(np.delete(context, index) for index in range(whole))]
    scores = np.array(log_probs(trained, contexts, [ids] * len(contexts)))  # (P + 1, A)
    texts = trained.tokenizer.texts(context[:whole])
    return Sources(tuple(texts), (*trained.tokenizer.texts(ids[:-1]), ""), (scores[0] - scores[1:]).T)


def unknown_words(trained: TrainedModel, prompt: str) -> tuple[str, ...]:
    """Return the pieces of a prompt that the tokenizer does not know, each once."""
    return tuple(dict.fromkeys(trained.tokenizer.unknown_pieces(trained.marked(_tidy(trained, prompt), whole=True))))


def _tidy(trained: TrainedModel, prompt: str) -> str:
    """A prompt is part of one item: in a text of lines it has no line break."""
    prompt, _ = normalise(prompt)
    return " ".join(prompt.splitlines()).strip() if trained.kind == "lines" else prompt.strip()


def _words(prompt: str) -> list[tuple[int, int]]:
    spans, end = [], 0
    for piece in pieces(prompt):
        if not piece.isspace():
            begin = prompt.index(piece, end)
            spans.append((begin, end := begin + len(piece)))
    return spans
