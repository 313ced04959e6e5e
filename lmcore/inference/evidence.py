"""Where in the training text: how often a context was followed by a token, and what stands around a place.

What of a text is copied word for word is `copying`. Probabilities from such counts are `models.ngram`; the sorted index behind both is `text_index`.
"""

from dataclasses import dataclass

import numpy as np

from lmcore.text.text_index import TextIndex

LONGEST_CONTEXT = 20  # tokens
PLACES = 5
COMPARED = 1_000  # places
NOWHERE = np.empty(0, int)


@dataclass(frozen=True)
class Evidence:
    """What the training text has to say about a token after the last `length` tokens of a context."""

    length: int
    context_count: int  # the context stands there so often, with something after it
    count: int  # so often followed by the token
    places: tuple[int, ...]  # of the token in the training split, the first few

    @property
    def share(self) -> float:
        """count / context_count, the counted probability; 0 where the context was never seen."""
        return self.count / self.context_count if self.context_count else 0.0


def evidence(context: np.ndarray, token: int, index: TextIndex, most_places: int = PLACES) -> list[Evidence]:
    """One `Evidence` a length of context, from 1 to the first that was never seen, or LONGEST_CONTEXT, or the beginning of the item.

    context: (T,) ids, T ≥ 0.

    >>> index = TextIndex(np.array([0, 1, 2, 0, 1, 3]), vocabulary_size=4)
    >>> [(found.length, found.context_count, found.count, found.places) for found in evidence(np.array([3, 0, 1]), 3, index)]
    [(1, 2, 1, (5,)), (2, 2, 1, (5,)), (3, 0, 0, ())]
    """
    context = _last_item(np.asarray(context), index.begin_id)[-LONGEST_CONTEXT:]
    text = np.append(context, token)
    ranges = index.ranges(text, len(text))
    found = []
    for length in range(1, len(context) + 1):
        place = len(context) - length
        low, high = (int(bound[place]) for bound in ranges[length])
        at_the_end = low < high and int(index.order[low]) + length == len(index.order)  # the shortest suffix sorts first
        begin, end = (int(bound[place]) for bound in ranges[length + 1])
        places = np.sort(index.order[begin:end])[:most_places] + length + index.skipped
        found.append(Evidence(length, high - low - at_the_end, end - begin, tuple(places.tolist())))
        if found[-1].context_count == 0:
            break
    return found


def in_its_place(ids: np.ndarray, index: TextIndex, most: int) -> np.ndarray | None:
    """The tokens that stand before a text in the training text, within its item, at most `most` of them; None where it does not stand
    there. Where it begins an item somewhere, nothing stands before it.

    >>> in_its_place(np.array([1, 2]), TextIndex(np.array([0, 1, 3, 0, 1, 2]), 4), most=2).tolist()
    [3, 0]
    """
    ids = np.asarray(ids)
    low, high = np.zeros(1, dtype=np.int32), np.full(1, len(index.order), dtype=np.int32)
    for length in range(min(len(ids), LONGEST_CONTEXT)):
        low, high = index.narrow(low, high, length, ids[length : length + 1])
    found = index.order[int(low[0]) : int(high[0])][:COMPARED]
    before = [
        _last_item(index.ids[max(0, place - most) : place], index.begin_id, keep_begin=False)
        for place in np.sort(found)
        if np.array_equal(index.ids[place : place + len(ids)], ids)
    ]
    return (max if index.begin_id is None else min)(before, key=len, default=None)


def surroundings(index: TextIndex, place: int, width: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """(ids before, ids after) a place of the training split, at most `width` each, within its item.

    >>> before, after = surroundings(TextIndex(np.array([0, 1, 2, 0, 3, 4]), 5, begin_id=0), place=4)
    >>> before.tolist(), after.tolist()
    ([], [4])
    """
    place -= index.skipped
    before = index.ids[max(0, place - width) : place]
    after = index.ids[place + 1 : place + 1 + width]
    ends = np.flatnonzero(index.ids[place : place + 1 + width] == index.begin_id) if index.begin_id is not None else NOWHERE
    after = after[: max(0, ends[0] - 1)] if len(ends) else after
    return _last_item(before, index.begin_id, keep_begin=False), after


def _last_item(context: np.ndarray, begin_id: int | None, keep_begin: bool = True) -> np.ndarray:
    begins = np.flatnonzero(context == begin_id) if begin_id is not None else NOWHERE
    return context[begins[-1] + (not keep_begin) :] if len(begins) else context
