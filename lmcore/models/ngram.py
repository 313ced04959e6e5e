"""Counting models (n-grams): the next token is as likely as it was after the same few tokens in the training text.

The counts are `ngram_counts`, shared by every order and smoothing; how good these models are on held-out text is `references`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from lmcore.errors import SettingNotAChoice, SettingOutOfRange
from lmcore.models.base import LanguageModel
from lmcore.models.ngram_counts import HIGHEST_ORDER, Counts, Order

SMOOTHINGS = ("kneser-ney", "add-k", "none")
SMALLEST_K, LARGEST_K = 1e-6, 1000.0


@dataclass(frozen=True)
class _Level:
    """The counts for one length of context at each of T positions: P(w) = lower · P_shorter(w) + max(c(w) - discount, 0) / denominator."""

    order: Order
    cumulated: np.ndarray  # (G + 1,) the counts used
    first: np.ndarray  # (T,) n-grams first … last - 1 of `order` begin with the context
    last: np.ndarray
    context: np.ndarray  # (T,) where the context begins in the text, 0 where it is not used
    lower: np.ndarray  # (T,)
    discount: float
    denominator: np.ndarray  # (T,)

    def shares(self, group: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Return (c - discount) / denominator of n-grams, each at one of the positions."""
        return (self.cumulated[group + 1] - self.cumulated[group] - self.discount) / self.denominator[position]


class NgramModel(LanguageModel):
    """P(w_t | w_{t-n+1} … w_{t-1}), from counts c in the training text. Its state is the last n - 1 tokens.

    order: n, 1 … 5. h is the context, h' the context without its first token. smoothing:

    - "none" (maximum likelihood): P(w | h) = c(h w) / c(h). A context that was never seen has no such row: the longest ending
      of it that was seen speaks instead. A token never seen after the context is impossible: -inf, and perplexity inf.
    - "add-k" (Lidstone, 1920; k = 1 is Laplace's rule): P(w | h) = (c(h w) + k) / (c(h) + k V); a context never seen is uniform.
    - "kneser-ney", interpolated (Kneser and Ney, 1995, in the form of Chen and Goodman, 1999):
      P(w | h) = max(c(h w) - D, 0) / c(h) + D N1+(h •) / c(h) · P(w | h'), with N1+(h •) the different tokens seen after h.
      Below the order n, c(h w) is not how often h w occurs but N1+(• h w), after how many different tokens, and c(h) the sum of
      these; the shortest context is interpolated with the uniform 1 / V. D = n1 / (n1 + 2 n2) for each order, from the numbers
      of n-grams counted once and twice (Ney, Essen and Kneser, 1994), 1/2 where there are none. A context never seen is passed over.

    A context begins with the end of a stream, or with <begin>; a context never reaches over a begin token.

    >>> from lmcore.text.text_index import TextIndex
    >>> counts = Counts(TextIndex(np.array([0, 1, 0, 1, 0, 2]), vocabulary_size=3))
    >>> model = NgramModel(counts, order=2, smoothing="none")
    >>> log_probs, _ = model.step(model.start()[1], 0)  # c(0 1) = 2, c(0 2) = 1
    >>> np.exp(log_probs).round(3).tolist()
    [0.0, 0.667, 0.333]
    """

    def __init__(self, counts: Counts, order: int, smoothing: str = SMOOTHINGS[0], k: float = 1.0) -> None:
        if order not in range(1, HIGHEST_ORDER + 1):
            raise SettingOutOfRange(field="order", value=order, low=1, high=HIGHEST_ORDER)
        if smoothing not in SMOOTHINGS:
            raise SettingNotAChoice(field="smoothing", value=smoothing, choices=", ".join(SMOOTHINGS))
        if not SMALLEST_K <= k <= LARGEST_K:
            raise SettingOutOfRange(field="k", value=k, low=SMALLEST_K, high=LARGEST_K)
        self.counts = counts
        self.index = counts.index
        self.order = order
        self.smoothing = smoothing
        self.k = k
        self.vocabulary_size = self.index.vocabulary_size
        self.discounts = tuple(self._discount(length) for length in range(1, order + 1))
        self._shortest = self._without_context()

    def start(self) -> tuple[np.ndarray, tuple[int, ...]]:
        opening = self._kept(self.index.opening)
        return self._rows(opening, len(opening))[0], tuple(opening.tolist())

    def step(self, state: tuple[int, ...], token_id: int) -> tuple[np.ndarray, tuple[int, ...]]:
        rows, state = self.read(state, [token_id])
        return rows[0], state

    def read(self, state: tuple[int, ...], ids: Iterable[int]) -> tuple[np.ndarray, tuple[int, ...]]:
        text = np.array([*state, *ids], dtype=np.int32)
        return self._rows(text, len(state) + 1), tuple(self._kept(text).tolist())

    def token_log_probs(self, ids: np.ndarray) -> np.ndarray:
        """Return (T,) log P of each token of a text given those before it: the numbers of `log_probabilities` without its rows."""
        opening = self._kept(self.index.opening)
        text = np.append(opening, np.asarray(ids, dtype=np.int32)).astype(np.int32)
        positions = np.arange(len(ids))
        ranges = self.index.ranges(text, self.order)
        probs = self._shortest[text[len(opening) :]]
        for length, level in self._levels(text, len(opening), len(text) - 1, ranges):
            low, high = (bound[level.context] for bound in ranges[length])  # where the n-gram itself stands
            group = np.minimum(np.searchsorted(level.order.starts, low), level.order.types - 1)
            seen = (low < high) & (level.first <= group) & (group < level.last)
            probs = level.lower * probs + np.where(seen, level.shares(group, positions), 0)
        with np.errstate(divide="ignore"):  # impossible: log 0 = -inf
            return np.log(probs)

    def _rows(self, text: np.ndarray, first: int) -> np.ndarray:
        """Return (T, V) log-probabilities of the tokens at the positions first … len(text), each given the text before it."""
        size = len(text) + 1 - first
        probs = np.tile(self._shortest, (size, 1))
        for _, level in self._levels(text, first, len(text), self.index.ranges(text, self.order - 1)):
            probs *= level.lower[:, None]
            amount = level.last - level.first
            position = np.repeat(np.arange(size), amount)
            group = np.arange(len(position)) + np.repeat(level.first - (np.cumsum(amount) - amount), amount)
            probs[position, level.order.tokens[group]] += level.shares(group, position)
        with np.errstate(divide="ignore"):
            return np.log(probs)

    def _levels(self, text: np.ndarray, first: int, last: int, ranges: list) -> Iterator[tuple[int, _Level]]:
        """Yield (n-gram length, level) for each length of context from 1 on, at the positions first … last of a text."""
        positions = np.arange(first, last + 1)
        known = self._known(text)[positions]
        for length in range(2, self.order + 1):
            usable = known >= length - 1
            if self.smoothing == "add-k":
                usable &= np.minimum(known, self.order - 1) == length - 1  # the longest context alone
            if not usable.any():
                continue
            context = np.where(usable, positions - (length - 1), 0)
            order, cumulated = self.counts.orders[length - 1], self._cumulated(length)
            begin, end = (np.searchsorted(order.starts, bound[context]) for bound in ranges[length - 1])
            end = np.where(usable, end, begin)
            lower, discount, denominator = self._mixture(length, cumulated[end] - cumulated[begin], end - begin)
            yield length, _Level(order, cumulated, begin, end, context, np.where(usable, lower, 1.0), discount, denominator)

    def _mixture(self, length: int, total: np.ndarray, types: np.ndarray | int) -> tuple[np.ndarray, float, np.ndarray]:
        """Return (share of the shorter context, discount, denominator) after contexts seen `total` times, followed by `types` types."""
        if self.smoothing == "add-k":
            added = self.k * self.vocabulary_size
            return added / (total + added), 0.0, total + added
        discount, seen = self.discounts[length - 1], np.maximum(total, 1)
        return np.where(total > 0, discount * types / seen, 1.0), discount, seen

    def _without_context(self) -> np.ndarray:
        """Return the probabilities (V,) that longer contexts are mixed with."""
        probs = np.full(self.vocabulary_size, 1 / self.vocabulary_size)
        if self.smoothing == "add-k" and self.order > 1:
            return probs
        order, cumulated = self.counts.orders[0], self._cumulated(1)
        lower, discount, denominator = self._mixture(1, cumulated[-1], order.types)
        probs *= lower
        probs[order.tokens] += (np.diff(cumulated) - discount) / denominator
        return probs

    def _cumulated(self, length: int) -> np.ndarray:
        order = self.counts.orders[length - 1]
        return order.continuations if self.smoothing == "kneser-ney" and length < self.order else order.counts

    def _discount(self, length: int) -> float:
        if self.smoothing != "kneser-ney":
            return 0.0
        counts = np.diff(self._cumulated(length))
        once, twice = int((counts == 1).sum()), int((counts == 2).sum())
        return once / (once + 2 * twice) if once and twice else 0.5

    def _known(self, text: np.ndarray) -> np.ndarray:
        """Return (len(text) + 1,): the number of tokens before each position that belong to its context, back to the last begin token."""
        positions = np.arange(len(text) + 1)
        if self.index.begin_id is None:
            return positions
        begins = np.append(0, np.where(text == self.index.begin_id, positions[:-1], 0))
        return positions - np.maximum.accumulate(begins)

    def _kept(self, text: np.ndarray) -> np.ndarray:
        """Return the last n - 1 tokens, all that the model remembers."""
        return text[len(text) - min(len(text), self.order - 1) :]
