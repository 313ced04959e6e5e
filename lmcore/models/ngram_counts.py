"""How often each sequence of one to five tokens occurs in the training text, in arrays. How counts become probabilities is `ngram`.

Built once from a sorted index, for every order and every smoothing.
"""

from dataclasses import dataclass

import numpy as np

from lmcore.text.text_index import TextIndex

HIGHEST_ORDER = 5


@dataclass(frozen=True)
class Order:
    """The G different n-grams of one length n, sorted: those with the same first n - 1 tokens stand together.

    A count of a range of them is a difference of two cumulated numbers.
    """

    starts: np.ndarray  # (G,) where in the sorted index the positions of each begin
    tokens: np.ndarray  # (G,) the last token of each
    counts: np.ndarray  # (G + 1,) cumulated: occurrences
    continuations: np.ndarray  # (G + 1,) cumulated: different tokens in front (Kneser and Ney)

    @property
    def types(self) -> int:
        return len(self.starts)


class Counts:
    """Counts of n-grams in the text of an index, n = 1 … 5. In a text of items no n-gram reaches over a begin token:
    it can only be the first token (of a context) or the last (what is predicted), and the very first is never predicted.

    Nothing stands in front of a begin token, so n-grams that start with one keep their occurrences as `continuations`
    (Heafield et al., 2013, "adjusted counts"). The beginning of a stream counts as one more token in front.
    """

    def __init__(self, index: TextIndex) -> None:
        self.index = index
        common = index.common_prefix(HIGHEST_ORDER)
        begins = np.append(0, np.cumsum(index.tokens == (-2 if index.begin_id is None else index.begin_id)))
        self.orders = [_order(index, common, begins, length) for length in range(1, HIGHEST_ORDER + 1)]


def _order(index: TextIndex, common: np.ndarray, begins: np.ndarray, length: int) -> Order:
    positions, tokens, size = index.order, index.tokens, len(index.order)
    new = common < length
    group = np.cumsum(new, dtype=np.int32) - 1  # (N,) which n-gram stands at each sorted position
    last = positions + (length - 1)
    counted = last < size
    if index.begin_id is not None:
        if length == 1:
            counted &= (positions > 0) | (tokens[0] != index.begin_id)  # given, never predicted
        else:
            counted &= begins[np.minimum(last, size)] == begins[np.minimum(positions + 1, size)]
    groups = int(group[-1]) + 1
    group, front = group[counted], tokens[positions[counted] - 1]  # in front of position 0 stands -1, the end of `tokens`
    counts = np.bincount(group, minlength=groups)
    pairs = np.sort(group.astype(np.int64) * (index.vocabulary_size + 1) + (front + 1))
    different = pairs[np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)]]
    continuations = np.bincount(different // (index.vocabulary_size + 1), minlength=groups)
    kept = counts > 0
    starts = np.flatnonzero(new)[kept].astype(np.int32)
    counts, continuations = counts[kept], continuations[kept]
    if index.begin_id is not None and length > 1:
        continuations = np.where(tokens[positions[starts]] == index.begin_id, counts, continuations)
    return Order(starts, tokens[positions[starts] + (length - 1)], _cumulated(counts), _cumulated(continuations))


def _cumulated(numbers: np.ndarray) -> np.ndarray:
    return np.append(0, np.cumsum(numbers)).astype(np.int32)
