"""One sorted index of a text's tokens: where any sequence of tokens stands, whatever its length.

A suffix array (Manber and Myers, 1993): all positions of the text, sorted by what follows them, so that the positions where a sequence
stands are one range. What is counted with it is `models.ngram_counts`; what is shown of it is `evidence`.
"""

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from lmcore.text.corpus import TokenData

MOST_TOKENS = 5_000_000  # of a longer text only the end is indexed: with counts it takes up to 80 bytes a token


class TextIndex:
    """Where each sequence of tokens occurs in a text.

    ids: (N,) tokens, N ≥ 1. begin_id: the token that begins an item, None in a stream. opening: what a context of a stream
    begins with; the end of the text where it is not known.

    order: (N,) positions, sorted by the tokens that stand from there on; a text that ends is smaller than one that goes on.
    skipped: tokens of the training text before the first one indexed.

    >>> TextIndex(np.array([1, 0, 1, 0, 2]), vocabulary_size=3).order.tolist()  # 0 1 0 2 · 0 2 · 1 0 1 0 2 · 1 0 2 · 2
    [1, 3, 0, 2, 4]
    """

    def __init__(
        self,
        ids: np.ndarray,
        vocabulary_size: int,
        begin_id: int | None = None,
        skipped: int = 0,
        opening: np.ndarray | None = None,
    ) -> None:
        self.ids = np.asarray(ids)
        self.vocabulary_size = vocabulary_size
        self.begin_id = begin_id
        self.skipped = skipped
        opening = self.ids if opening is None else opening
        self.opening = np.asarray(opening if begin_id is None else [begin_id], dtype=np.int32)  # as a network's context begins
        self.tokens = np.append(self.ids.astype(np.int32), np.int32(-1))  # (N + 1,): the end of the text, below every token
        self.order = suffix_array(self.ids, vocabulary_size)
        counts = np.bincount(self.ids, minlength=vocabulary_size)
        self._first = np.append(0, np.cumsum(counts)).astype(np.int32)  # (V + 1,): where each type begins in `order`

    @classmethod
    def of(cls, data: TokenData, vocabulary_size: int) -> "TextIndex":
        """Return the index of the training split, or of its last MOST_TOKENS tokens."""
        skipped = max(0, len(data.train) - MOST_TOKENS)
        begin_id = None if data.kind == "stream" else int(data.opening[0])
        return cls(data.train[skipped:], vocabulary_size, begin_id, skipped, data.opening)

    def to_bytes(self) -> bytes:
        """Return the tokens as a safetensors file. They are sorted again when it is read: 0.1 s for a million."""
        begin_id = -1 if self.begin_id is None else self.begin_id
        header = np.array([self.vocabulary_size, begin_id, self.skipped], dtype=np.int64)
        return save({"ids": self.ids, "header": header, "opening": self.opening})

    @classmethod
    def from_bytes(cls, content: bytes) -> "TextIndex":
        """Return the index that `to_bytes` wrote. Raises ValueError where these are other bytes."""
        try:
            arrays = load(content)
            vocabulary_size, begin_id, skipped = arrays["header"].tolist()
        except (SafetensorError, KeyError) as error:
            raise ValueError("this is not the index of a text") from error
        return cls(arrays["ids"], vocabulary_size, None if begin_id < 0 else begin_id, skipped, arrays.get("opening"))

    def narrow(self, low: np.ndarray, high: np.ndarray, length: int, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the ranges of sequences with one more token, given those of their first `length` tokens. All (S,) -> (S,).

        A range [low, high) of `order` is empty where the sequence stands nowhere.
        """
        tokens = np.asarray(tokens, dtype=np.int32)
        if length == 0:
            return self._first[tokens], self._first[tokens + 1]
        low, high, wanted = np.tile(low, 2), np.tile(high, 2), np.append(tokens, tokens + 1)
        while len(open_ := np.flatnonzero(low < high)):  # two binary searches for each sequence, all side by side
            middle = (low[open_] + high[open_]) >> 1
            below = self.tokens[self.order[middle] + length] < wanted[open_]
            low[open_[below]] = middle[below] + 1
            high[open_[~below]] = middle[~below]
        return low[: len(tokens)], low[len(tokens) :]

    def ranges(self, text: np.ndarray, longest: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return, for each length up to `longest`, the ranges (low, high) of every sequence in a text: entry s is text[s : s + length].

        text: (S,) ids. The entry of length l has S - l + 1 rows (none where the text is shorter).
        """
        size = len(text)
        low, high = np.zeros(size + 1, dtype=np.int32), np.full(size + 1, len(self.order), dtype=np.int32)
        found = [(low, high)]
        for length in range(min(longest, size)):
            low, high = self.narrow(low[:-1], high[:-1], length, text[length:])
            found.append((low, high))
        return found + [(low[:0], high[:0])] * (longest + 1 - len(found))

    def common_prefix(self, longest: int) -> np.ndarray:
        """Return (N,) the tokens, at most `longest`, that the sequences at a position of `order` and at the one before it share."""
        common = np.zeros(len(self.order), dtype=np.uint8)
        alike = np.ones(len(self.order) - 1, dtype=bool)
        for length in range(longest):
            token = self.tokens[np.minimum(self.order + length, len(self.order))]
            alike &= token[1:] == token[:-1]
            common[1:] += alike
        return common


def suffix_array(ids: np.ndarray, vocabulary_size: int) -> np.ndarray:
    """Return (N,) positions sorted by what follows: first by the tokens that fit into one number, then by doubling (Larsson and Sadakane, 2007).

    Only positions whose order is not yet decided are sorted again.
    """
    size = len(ids)
    bits = int(vocabulary_size).bit_length()  # a token takes 1 … V, the end of the text 0
    length = 63 // bits
    following = np.zeros(size + length, dtype=np.int64)
    following[:size] = ids
    following[:size] += 1
    key = np.zeros(size, dtype=np.int64)
    for position in range(length):
        key = (key << bits) | following[position : position + size]
    order = np.argsort(key).astype(np.int32)
    first, alone = _groups(key[order])
    rank = np.empty(size, dtype=np.int32)  # where the group of a position begins in `order`
    rank[order] = first
    slots = np.flatnonzero(~alone)
    while len(slots):
        positions = order[slots]
        after = positions.astype(np.int64) + length
        second = np.where(after < size, rank[np.minimum(after, size - 1)] + 1, 0)
        key = rank[positions] * np.int64(size + 1) + second
        arranged = np.argsort(key)
        order[slots] = positions = positions[arranged]
        first, alone = _groups(key[arranged])
        rank[positions] = slots[first]
        slots = slots[~alone]
        length *= 2
    return order


def _groups(sorted_keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (where each group of equal keys begins (N,), whether a key is unique (N,))."""
    new = np.append(True, sorted_keys[1:] != sorted_keys[:-1])
    first = np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))
    return first, new & np.append(new[1:], True)
