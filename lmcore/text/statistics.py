"""Counts of tokens: frequencies by rank, types seen once, the share of unknown ones, what a tokenizer of words loses of a text."""

from dataclasses import dataclass

import numpy as np

from lmcore.tokenizers import WordTokenizer

AT_ONCE = 1 << 20  # tokens


@dataclass(frozen=True)
class Frequencies:
    """How often each type occurs in a text."""

    ids: np.ndarray  # (K,) types that occur, the most frequent first, equally frequent ones by id
    counts: np.ndarray  # (K,)

    @property
    def tokens(self) -> int:
        """How many tokens the text has."""
        return int(self.counts.sum())

    @property
    def types(self) -> int:
        """How many different tokens it has."""
        return len(self.ids)

    @property
    def once(self) -> int:
        """How many types occur once."""
        return int((self.counts == 1).sum())


def frequencies(ids: np.ndarray, vocabulary_size: int) -> Frequencies:
    """
    >>> found = frequencies(np.array([2, 1, 2, 0]), vocabulary_size=4)
    >>> found.ids.tolist(), found.counts.tolist(), found.once
    ([2, 0, 1], [2, 1, 1], 2)
    """
    counts = np.zeros(vocabulary_size, dtype=np.int64)
    for begin in range(0, len(ids), AT_ONCE):  # bincount makes 8 bytes of each id
        counts += np.bincount(ids[begin : begin + AT_ONCE], minlength=vocabulary_size)
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    return Frequencies(order, counts[order])


def unknown_share(ids: np.ndarray, unknown_id: int) -> float:
    """
    >>> unknown_share(np.array([0, 1, 2, 0]), unknown_id=0)
    0.5
    """
    return float(np.mean(ids == unknown_id)) if len(ids) else 0.0


@dataclass(frozen=True)
class Lost:
    """What a tokenizer of words loses of a text."""

    unknown: float  # share of the tokens
    misplaced: float  # share of the gaps between them where decoding writes a space too many or too few
    spelling: float  # bits per byte charged for the unknown ones
    spacing: float  # bits per byte charged for the spaces


def lost_by_words(tokenizer: WordTokenizer, text: str) -> Lost:
    """
    >>> lost_by_words(WordTokenizer.train("the cat saw the dog"), "the cat saw the cow ").unknown
    0.2
    """
    size = max(1, len(text.encode()))
    unknown = 8 * sum(len(piece.encode()) for piece in tokenizer.unknown_pieces(text)) / size
    share = unknown_share(tokenizer.encode(text), 0)
    return Lost(share, tokenizer.misplaced(text), unknown, tokenizer.spacing_bits(text) / size)
