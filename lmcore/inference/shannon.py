"""Shannon's guessing game: from how many guesses a player needed, how many bits a token holds for that player.

One function scores visitor, counting model and network alike. The bits a model's probabilities say directly are in `Played`.
"""

from dataclasses import dataclass

import numpy as np

from lmcore.models.base import LanguageModel


@dataclass(frozen=True)
class Bounds:
    """Bits a token."""

    lower: float
    upper: float


def bounds(ranks: np.ndarray, vocabulary_size: int, choices: int | None = None) -> Bounds:
    """Return bounds of the entropy (Shannon, 1951, "Prediction and Entropy of Printed English", section 5). With q_i the share of tokens
    found at the i-th guess:

        Σ i (q_i - q_{i+1}) log2 i  ≤  H  ≤  -Σ q_i log2 q_i

    The entropy H lies between the two for an ideal player; for all others they are a fair score, the lower the better.
    ranks: (T,) of the true token among the player's guesses, 1 the first, T ≥ 1. Where players name only a few `choices` and then
    "other", the share of misses is spread evenly over the types that are left, one of which the player would have to name. The shares
    are sorted in falling order, as an ideal player's are, so that the lower bound is never above the upper.

    >>> bounds(np.array([1, 1, 1, 2]), vocabulary_size=27)
    Bounds(lower=0.5, upper=0.8112781244591328)
    """
    choices = vocabulary_size if choices is None else choices
    ranks = np.minimum(ranks, choices + 1)
    counts = np.bincount(ranks, minlength=choices + 2)[1:]
    left = max(vocabulary_size - choices, 1)
    shares = np.append(counts[:choices], np.full(left, counts[choices] / left)) / len(ranks)
    falling = np.sort(shares[shares > 0])[::-1]
    guesses = np.arange(1, len(falling) + 1)
    lower = np.sum(guesses * (falling - np.append(falling[1:], 0)) * np.log2(guesses))
    upper = np.sum(falling * np.log2(1 / falling))
    return Bounds(float(lower), float(upper))


def guess_ranks(log_probs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return at which guess a model finds each target, (T,), guessing the likeliest type first, equally likely ones by id.

    log_probs: (T, V). (`TextScore.ranks` is 1 for all of equally likely types; in a game that would be cheating.)

    >>> guess_ranks(np.log([[0.5, 0.25, 0.25]]), np.array([2])).tolist()
    [3]
    """
    targets = np.asarray(targets)
    chosen = log_probs[np.arange(len(targets)), targets][:, None]
    earlier = np.arange(log_probs.shape[1]) < targets[:, None]
    return ((log_probs > chosen) | ((log_probs == chosen) & earlier)).sum(axis=1) + 1


@dataclass(frozen=True)
class Played:
    """A line as a model plays it."""

    ranks: np.ndarray  # (T,) at which guess it finds each token
    bits: np.ndarray  # (T,) -log2 P(token | those before it)


def play(model: LanguageModel, context: np.ndarray, line: np.ndarray) -> Played:
    """Return how a model plays a line. context: (S,) ids, S ≥ 0, which it reads first; line: (T,) ids, T ≥ 1."""
    ids = np.append(context, line).astype(np.int64)
    rows, line = model.log_probabilities(ids)[len(context) :], ids[len(context) :]
    return Played(guess_ranks(rows, line), -rows[np.arange(len(line)), line] / np.log(2))
