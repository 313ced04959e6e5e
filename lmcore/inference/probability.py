"""Probabilities of whole texts: the chain rule, cross entropy, perplexity, bits per byte.

The distribution of *one* next token is `LanguageModel.step`; changing and drawing from it is `sampling`.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lmcore.models.base import LanguageModel
from lmcore.text.corpus import unknown_bytes
from lmcore.tokenizers.base import Tokenizer

ROWS_AT_ONCE = 256  # tokens scored in one pass, so that memory does not grow with the text
CACHED = 65_536  # numbers that a processor has at hand: of more, each pass over them waits for the memory
LOWEST = -1e30  # nats


@dataclass(frozen=True)
class TextScore:
    """P(w_1 … w_T) = Π P(w_t | w_1 … w_{t-1}), token by token, in nats."""

    ids: np.ndarray  # (T,)
    log_probs: np.ndarray  # (T,) log P(w_t | w_1 … w_{t-1}), the first one included
    entropies: np.ndarray  # (T,) of the distribution each token was drawn from, nats
    ranks: np.ndarray  # (T,) 1: the model's first guess
    context: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))  # (S,) ids that were read before it

    @property
    def running_log_probs(self) -> np.ndarray:
        """(T,) log P(w_1 … w_t)."""
        return np.cumsum(self.log_probs)

    @property
    def total(self) -> float:
        """log P(w_1 … w_T)."""
        return total(self.log_probs)

    @property
    def cross_entropy(self) -> float:
        """H = -1/T Σ log P(w_t | w_<t), nats per token."""
        return -self.total / len(self.ids)

    @property
    def perplexity(self) -> float:
        """exp(H): the number of equally likely tokens with the same uncertainty."""
        return perplexity(self.cross_entropy)

    @property
    def surprise(self) -> np.ndarray:
        """(T,) -log2 P(w_t | w_<t), bits."""
        return -self.log_probs / math.log(2)


@dataclass(frozen=True)
class TextSize:
    """A text in bytes, and what its tokens do not say of it: how unknown words are spelled and where spaces stand.

    Bits per byte is the one measure that stays comparable when tokenizers differ: all that is needed to write the text down exactly
    is charged. It does not depend on how the text is cut into tokens.

    >>> round(TextSize(bytes=7, unknown_bytes=3, spacing_bits=0.7).bits_per_byte(7 * math.log(2)), 6)
    4.528571
    """

    bytes: int  # of its UTF-8
    unknown_bytes: int = 0  # of them, those that became <unk>
    spacing_bits: float = 0.0

    @classmethod
    def of(cls, text: str, tokenizer: Tokenizer) -> "TextSize":
        """Return the size of a text for a tokenizer."""
        return cls(max(1, len(text.encode())), unknown_bytes(tokenizer, text), tokenizer.spacing_bits(text))

    @property
    def beside_tokens(self) -> tuple[float, float]:
        """(spelling of unknown words, spacing), bits per byte: the same for every model of this tokenizer.

        Unknown words are charged 8 bits a byte and nothing for their end: without control characters, the words of n bytes of UTF-8
        are so few that Σ 2^-8n over all words is below 1 (Kraft, 1949). Spaces cost what the table of `spacing` gives them.
        """
        return 8 * self.unknown_bytes / self.bytes, self.spacing_bits / self.bytes

    def bits_per_byte(self, total_nats: float) -> float:
        """Return the bits of the tokens and of what stands beside them, over the bytes. total_nats: -log P of the tokens."""
        return total_nats / math.log(2) / self.bytes + sum(self.beside_tokens)


def total(log_probs: np.ndarray) -> float:
    """Return log P of a whole text from those of its tokens, (T,): -inf once one of them is impossible, whatever follows.

    >>> total(np.array([-1.0, -2.0])), total(np.array([-1.0, -np.inf, np.nan]))
    (-3.0, -inf)
    """
    return -math.inf if np.isneginf(log_probs).any() else float(log_probs.sum())


def perplexity(cross_entropy: float) -> float:
    """Return exp(H), H in nats per token; inf where no float is large enough.

    >>> perplexity(0.0), perplexity(1_000.0)
    (1.0, inf)
    """
    return math.exp(cross_entropy) if cross_entropy < 700 else math.inf


def score(model: LanguageModel, ids: np.ndarray, context: np.ndarray | tuple = ()) -> TextScore:
    """Score a text token by token, in passes of at most ROWS_AT_ONCE tokens.

    ids: (T,) token ids, T ≥ 1. context: (S,) ids that the model reads first, S ≥ 0.

    >>> from lmcore.models import UniformModel
    >>> round(score(UniformModel(vocabulary_size=4), np.array([0, 1, 2])).perplexity, 9)
    4.0
    """
    ids, context = np.asarray(ids, dtype=np.int64), np.asarray(context, dtype=np.int64)
    first, state = model.start()
    if len(context):
        rows, state = read_long(model, state, context)
        first = rows[-1]
    log_probs, entropies, ranks = [], [], []

    def take(rows: np.ndarray, targets: np.ndarray) -> None:
        at_once = max(1, CACHED // rows.shape[1])
        for begin in range(0, len(rows), at_once):
            part = rows[begin : begin + at_once]
            chosen = part[np.arange(len(part)), targets[begin : begin + at_once]]
            log_probs.append(chosen)
            entropies.append(entropy(part))
            ranks.append(np.count_nonzero(part > chosen[:, None], axis=1) + 1)

    take(first[None], ids[:1])
    for begin in range(0, len(ids) - 1, ROWS_AT_ONCE):
        end = min(begin + ROWS_AT_ONCE, len(ids) - 1)
        rows, state = model.read(state, ids[begin:end])
        take(rows, ids[begin + 1 : end + 1])
    return TextScore(ids, np.concatenate(log_probs), np.concatenate(entropies), np.concatenate(ranks), context)


def next_token(model: LanguageModel, context: np.ndarray) -> np.ndarray:
    """(V,) log-probabilities of the token after a context. context: (T,) ids, T ≥ 0."""
    log_probs, state = model.start()
    if len(context):
        rows, _ = read_long(model, state, np.asarray(context, dtype=np.int64))
        log_probs = rows[-1]
    return log_probs


def read_long(model: LanguageModel, state: Any, ids: np.ndarray) -> tuple[np.ndarray, Any]:
    """`model.read` of a context of any length: (log_probs of its last pass, state)."""
    rows = np.empty((0, model.vocabulary_size))
    for begin in range(0, len(ids), ROWS_AT_ONCE):
        rows, state = model.read(state, ids[begin : begin + ROWS_AT_ONCE])
    return rows, state


def entropy(log_probs: np.ndarray) -> np.ndarray:
    """H = -Σ p log p over the last axis, nats. (…, V) -> (…).

    >>> round(float(entropy(np.log([0.5, 0.5]))), 6)
    0.693147
    """
    return -np.vecdot(np.exp(log_probs), np.maximum(log_probs, LOWEST))  # 0 · log 0 is 0, not NaN


def one_hot_cross_entropy(log_probs: np.ndarray, target: int) -> float:
    """L = -Σ_i y_i log ŷ_i with y the one-hot vector of the target: all terms but one are zero.

    >>> round(one_hot_cross_entropy(np.log([0.25, 0.75]), target=0), 6)
    1.386294
    """
    y = np.zeros(len(log_probs))
    y[target] = 1.0
    return float(-np.sum(np.where(y > 0, y * log_probs, 0.0)))


def divergence(true: np.ndarray, model: np.ndarray) -> float:
    """KL(p ‖ q) = Σ p (log p - log q), nats (Kullback and Leibler, 1951). inf where the model rules out what can come.

    true, model: (V,) log-probabilities.

    >>> round(divergence(np.log([0.5, 0.5]), np.log([0.25, 0.75])), 6)
    0.143841
    """
    possible = np.isfinite(true)
    return float(np.sum(np.exp(true[possible]) * (true[possible] - model[possible])))
