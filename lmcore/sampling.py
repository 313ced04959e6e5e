"""From probabilities to a choice: temperature, top-k, top-p, greedy; and generation, one token at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lmcore.models.base import LanguageModel
from lmcore.probability import read_long


@dataclass(frozen=True)
class Sampling:
    """temperature 0: greedy. top_k 0 and top_p 1: nothing is cut off."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0


def adjust(log_probs: np.ndarray, sampling: Sampling) -> np.ndarray:
    """(V,) log-probabilities after temperature, then top-k, then top-p (Holtzman et al., 2020); -inf where cut off.

    >>> np.exp(adjust(np.log([0.5, 0.3, 0.2]), Sampling(top_k=2))).round(3).tolist()
    [0.625, 0.375, 0.0]
    """
    if sampling.temperature == 0:
        greedy = np.full_like(log_probs, -np.inf)
        greedy[int(log_probs.argmax())] = 0.0
        return greedy
    scaled = _normalise(log_probs / sampling.temperature)
    order = np.argsort(-scaled, kind="stable")
    keep = len(order)
    if sampling.top_k:
        keep = min(keep, sampling.top_k)
    if sampling.top_p < 1:
        probs = np.exp(_normalise(scaled[order[:keep]]))
        keep = int(np.searchsorted(np.cumsum(probs), sampling.top_p - 1e-12)) + 1  # the one that crosses the line stays
    kept = np.full_like(scaled, -np.inf)
    kept[order[:keep]] = scaled[order[:keep]]
    return _normalise(kept)


def _normalise(log_probs: np.ndarray) -> np.ndarray:
    shifted = log_probs - log_probs.max()
    return shifted - np.log(np.exp(shifted).sum())


def draw(log_probs: np.ndarray, random_number: float) -> int:
    """The token on whose stretch of [0, 1) the random number falls, stretches in the order of the ids.

    >>> [draw(np.log([0.5, 0.5]), number) for number in (0.0, 0.49, 0.51)]
    [0, 0, 1]
    """
    cumulative = np.cumsum(np.exp(log_probs))
    return int(np.searchsorted(cumulative / cumulative[-1], random_number, side="right"))


def generate(
    model: LanguageModel,
    context: np.ndarray,
    count: int,
    sampling: Sampling = Sampling(),
    seed: int = 1,
    never: tuple[int, ...] = (),
) -> Iterator[int]:
    """`count` tokens after a context, one at a time; the state is carried, nothing is read twice.

    context: (T,) ids, T ≥ 0. never: ids that may not be drawn (`<unk>`).
    """
    random = np.random.default_rng(seed)
    log_probs, state = model.start()
    if len(context):
        rows, state = read_long(model, state, np.asarray(context, dtype=np.int64))
        log_probs = rows[-1]
    for _ in range(count):
        if never:
            log_probs = log_probs.copy()
            log_probs[list(never)] = -np.inf
        token_id = draw(adjust(log_probs, sampling), random.random())
        yield token_id
        log_probs, state = model.step(state, token_id)
