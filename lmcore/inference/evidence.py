"""How often a context was followed by a token in the training text, where, and what stands around a position.

What of a text is copied word for word is `copying`. Probabilities from such counts are `models.ngram`; the sorted index behind both is `text_index`.
"""

from dataclasses import dataclass

import numpy as np

from lmcore.text.text_index import TextIndex

LONGEST_CONTEXT = 20  # tokens
POSITIONS = 5
COMPARED = 1_000  # positions
NOWHERE = np.empty(0, int)


@dataclass(frozen=True)
class Evidence:
    """What the training text has to say about a token after the last `length` tokens of a context."""

    length: int
    context_count: int  # how often the context stands there with a token after it
    count: int  # how often this token is the one after it
    positions: tuple[int, ...]  # of the token in the training split, the first few

    @property
    def share(self) -> float:
        """count / context_count, the counted probability; 0 where the context was never seen."""
        return self.count / self.context_count if self.context_count else 0.0


def evidence(context: np.ndarray, token: int, index: TextIndex, most_positions: int = POSITIONS) -> list[Evidence]:
    """Return one `Evidence` for each length of context: from 1 to the first length that was never seen, at most LONGEST_CONTEXT tokens,
    within the item.

    context: (T,) ids, T ≥ 0.

    >>> index = TextIndex(np.array([0, 1, 2, 0, 1, 3]), vocabulary_size=4)
    >>> [(found.length, found.context_count, found.count, found.positions) for found in evidence(np.array([3, 0, 1]), 3, index)]
    [(1, 2, 1, (5,)), (2, 2, 1, (5,)), (3, 0, 0, ())]
    """
    context = _last_item(np.asarray(context), index.begin_id)[-LONGEST_CONTEXT:]
    text = np.append(context, token)
    ranges = index.ranges(text, len(text))
    found = []
    for length in range(1, len(context) + 1):
        position = len(context) - length
        low, high = (int(bound[position]) for bound in ranges[length])
        at_the_end = low < high and int(index.order[low]) + length == len(index.order)  # the shortest suffix sorts first
        begin, end = (int(bound[position]) for bound in ranges[length + 1])
        positions = np.sort(index.order[begin:end])[:most_positions] + length + index.skipped
        found.append(Evidence(length, high - low - at_the_end, end - begin, tuple(positions.tolist())))
        if found[-1].context_count == 0:
            break
    return found


def before_in_training(ids: np.ndarray, index: TextIndex, most: int) -> np.ndarray | None:
    """Return the ids of the last `most` tokens before a text in the training text, within its item; None where the text is not there.

    Empty where it begins an item somewhere. ids: (T,) of the text.

    >>> before_in_training(np.array([1, 2]), TextIndex(np.array([0, 1, 3, 0, 1, 2]), 4), most=2).tolist()
    [3, 0]
    """
    ids = np.asarray(ids)
    low, high = np.zeros(1, dtype=np.int32), np.full(1, len(index.order), dtype=np.int32)
    for length in range(min(len(ids), LONGEST_CONTEXT)):
        low, high = index.narrow(low, high, length, ids[length : length + 1])
    found = index.order[int(low[0]) : int(high[0])][:COMPARED]
    before = [
        _last_item(index.ids[max(0, position - most) : position], index.begin_id, keep_begin=False)
        for position in np.sort(found)
        if np.array_equal(index.ids[position : position + len(ids)], ids)
    ]
    return (max if index.begin_id is None else min)(before, key=len, default=None)


def surroundings(index: TextIndex, position: int, width: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Return (ids before, ids after) a position of the training split, at most `width` each, within its item.

    >>> before, after = surroundings(TextIndex(np.array([0, 1, 2, 0, 3, 4]), 5, begin_id=0), position=4)
    >>> before.tolist(), after.tolist()
    ([], [4])
    """
    position -= index.skipped
    before = index.ids[max(0, position - width) : position]
    after = index.ids[position + 1 : position + 1 + width]
    ends = np.flatnonzero(index.ids[position : position + 1 + width] == index.begin_id) if index.begin_id is not None else NOWHERE
    after = after[: max(0, ends[0] - 1)] if len(ends) else after
    return _last_item(before, index.begin_id, keep_begin=False), after


def _last_item(context: np.ndarray, begin_id: int | None, keep_begin: bool = True) -> np.ndarray:
    begins = np.flatnonzero(context == begin_id) if begin_id is not None else NOWHERE
    return context[begins[-1] + (not keep_begin) :] if len(begins) else context
