"""What moved between two models of nearly the same text: contexts whose next words differ most, and sentences that became likelier.

Both read the same held-out text. Their vocabularies may differ: distributions are compared over the tokens of both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lmcore.inference.trained import TrainedModel
from lmcore.text.corpus import Corpus
from lmcore.text.splits import SHOWN
from lmcore.tokenizers import ITEM_BREAK

NEAR = 4  # tokens: of contexts that end alike only the one that moved most is kept
TOP = 3  # next tokens
PASSAGES, LONGEST = 60, 400  # of held-out text that is read, characters of each


@dataclass(frozen=True)
class Moved:
    """A context after which two models expect different tokens."""

    context: str
    divergence: float  # of Jensen and Shannon, bits: 0 where nothing moved, 1 where no token is possible after both
    before: list[tuple[str, float]]  # the most likely next tokens, with their probabilities
    after: list[tuple[str, float]]


@dataclass(frozen=True)
class Likelier:
    """A held-out line, and by how many nats its probability rose: ln of the ratio."""

    line: str
    nats: float


def passages(corpus: Corpus) -> list[str]:
    """Return pieces of the held-out text, of at most LONGEST characters: items, or lines of running text.

    >>> passages(Corpus("", "lines", train="", validation=ITEM_BREAK.join(["", "a cat", "a dog", ""])))
    ['a cat', 'a dog']
    """
    found = corpus.validation.split(ITEM_BREAK if corpus.kind != "stream" else "\n")
    return [piece[:LONGEST] for piece in dict.fromkeys(map(str.strip, found)) if piece][:PASSAGES]


def divergence(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the Jensen–Shannon divergence of each row, bits (Lin, 1991). one, other: (N, U) probabilities.

    >>> divergence(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([[0.5, 0.5], [0.0, 1.0]])).tolist()
    [0.0, 1.0]
    """
    return _entropy((one + other) / 2) - (_entropy(one) + _entropy(other)) / 2


def most_moved(first: TrainedModel, second: TrainedModel, texts: Sequence[str], most: int = 20) -> list[Moved]:
    """Return the contexts of held-out texts whose next tokens moved most from one model to the other; none where nothing moved."""
    names = list(dict.fromkeys([*first.tokenizer.vocabulary, *second.tokenizer.vocabulary]))
    indices = {name: index for index, name in enumerate(names)}
    found: dict[str, Moved] = {}
    for text in texts:
        for context, near, one, other in _distributions(first, second, text, indices):
            moved = float(divergence(one[None], other[None])[0])
            if moved > 0 and (near not in found or found[near].divergence < moved):
                found[near] = Moved(context, moved, _top(one, names), _top(other, names))
    return sorted(found.values(), key=lambda moved: -moved.divergence)[:most]


def likelier(first: TrainedModel, second: TrainedModel, texts: Sequence[str], most: int = 10) -> list[Likelier]:
    """Return the lines that are likelier by the second model than by the first, the largest ratio first; unknown tokens are left out of
    both, as a model that calls a word unknown says nothing about it."""
    found = []
    for line in dict.fromkeys(line.strip() for text in texts for line in text.split("\n") if line.strip()):
        before, after = (_known_log_prob(model, line) for model in (first, second))
        if before is not None and after is not None and after > before:
            found.append(Likelier(line, after - before))
    return sorted(found, key=lambda entry: -entry.nats)[:most]


def _known_log_prob(model: TrainedModel, line: str) -> float | None:
    """Return ln P of a line; None where it has unknown tokens or none at all."""
    ids = model.encode(line, whole=True)
    if not len(ids) or model.tokenizer.unknown_id in ids.tolist():
        return None
    return float(model.score(ids).log_probs.sum())


def _distributions(
    first: TrainedModel, second: TrainedModel, text: str, indices: dict[str, int]
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Yield (context, its last tokens, probabilities (U,) of the next token by each model) where both cut the text at the same position."""
    rows = []
    for model in (first, second):
        ids, _starts, ends = model.tokenizer.offsets(model.marked(text))
        probs = np.zeros((len(ids), len(indices)))
        probs[:, [indices[name] for name in model.tokenizer.vocabulary]] = np.exp(model.model.log_probabilities(ids))
        rows.append(({int(end): position + 1 for position, end in enumerate(ends)}, probs, ends))
    (one_at, one, ends), (other_at, other, _) = rows
    marked = first.marked(text)
    for end in sorted(one_at.keys() & other_at.keys()):
        position, begin = one_at[end], int(ends[max(0, one_at[end] - 1 - NEAR)]) if one_at[end] > NEAR else 0
        if position < len(one) and other_at[end] < len(other):
            yield _end(marked[:end]), marked[begin:end], one[position], other[other_at[end]]


def _end(text: str) -> str:
    """Return the last SHOWN characters of a context, from the beginning of a word where there is one.

    >>> _end("word " * 20)[:10], len(_end("语" * 100))
    ('word word ', 60)
    """
    kept = text[-SHOWN:]
    first, space, rest = kept.partition(" ")
    return rest if space and len(text) > SHOWN and len(first) < SHOWN // 2 else kept.lstrip()


def _top(probs: np.ndarray, names: list[str]) -> list[tuple[str, float]]:
    order = np.argsort(-probs, kind="stable")[:TOP]
    return [(names[index], float(probs[index])) for index in order]


def _entropy(probs: np.ndarray) -> np.ndarray:
    return -np.sum(probs * np.log2(probs, where=probs > 0, out=np.zeros_like(probs)), axis=-1)
