"""From probabilities to a choice: temperature, top-k, top-p, greedy; and generation, one token at a time."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lmcore.config import Validated, number
from lmcore.errors import SettingNotAChoice
from lmcore.inference.probability import read_long
from lmcore.models.base import LanguageModel
from lmcore.tokenizers.base import Tokenizer

STOPS = ("sentence", "line", "item")
SENTENCE_MARKS = tuple(".!?。！？")
MANY = 1_000  # tokens
CLOSING = " \n\"'”’)]」』）》"  # may follow a mark within the same token


@dataclass(frozen=True)
class Sampling(Validated):
    """How a token is drawn. temperature 0: the most likely one. top_k 0 and top_p 1: nothing is cut off.

    >>> np.exp(adjust(np.log([0.5, 0.3, 0.2]), Sampling(temperature=0.5))).round(3).tolist()  # p² / Σ p²
    [0.658, 0.237, 0.105]
    """

    temperature: float = number(1.0, 0.0, sys.float_info.max)
    top_k: int = number(0, 0, sys.maxsize)
    top_p: float = number(1.0, 0.0, 1.0)


@dataclass(frozen=True)
class Drawn:
    """A token that was drawn, and how."""

    id: int
    random_number: float  # in [0, 1): it fell on the interval of this token
    log_probs: np.ndarray  # (V,) as the model says
    adjusted: np.ndarray  # (V,) after temperature, top-k and top-p: what was drawn from; -inf where cut off


def adjust(log_probs: np.ndarray, sampling: Sampling) -> np.ndarray:
    """Return the log-probabilities (V,) after temperature, then top-k, then top-p (Holtzman et al., 2020); -inf where cut off.

    Where no token is possible before, none is after.

    >>> np.exp(adjust(np.log([0.5, 0.3, 0.2]), Sampling(top_k=2))).round(3).tolist()
    [0.625, 0.375, 0.0]
    """
    if log_probs.max() == -np.inf:
        return log_probs.copy()
    if sampling.temperature == 0:
        greedy = np.full_like(log_probs, -np.inf)
        greedy[int(log_probs.argmax())] = 0.0
        return greedy
    bounds = np.finfo(
        np.result_type(log_probs, np.float16)
    )  # float32 would round a smaller temperature to 0, a larger to infinity
    temperature = min(max(sampling.temperature, float(bounds.tiny)), float(bounds.max))
    with np.errstate(over="ignore"):  # to -inf: near 0 only the most likely tokens are left
        scaled = _normalise((log_probs - log_probs.max()) / temperature)
    if not sampling.top_k and sampling.top_p >= 1:
        return scaled
    order = most_likely_first(scaled)
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


def most_likely_first(log_probs: np.ndarray) -> np.ndarray:
    """Return the ids (V,), the most likely first; of equally likely tokens the lower id comes first, on every processor.

    For many tokens a stable sort takes three times as long as sorting equals by id afterwards.

    >>> most_likely_first(np.log([0.2, 0.3, 0.2, 0.3])).tolist()
    [1, 3, 0, 2]
    """
    if len(log_probs) < MANY:
        return np.argsort(-log_probs, kind="stable")
    order = np.argsort(-log_probs)
    descending, types = log_probs[order], len(log_probs)
    rank = np.concatenate([[0], np.cumsum(descending[1:] < descending[:-1])])  # the same for equals
    return np.sort(rank * types + order) % types


def intervals(log_probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (ids (K,), ends (K,)): the tokens that can be drawn, side by side on [0, 1), the most likely first, and where each ends.

    Temperature keeps this order, so that one random number falls near the same token at every temperature.

    >>> ids, ends = intervals(np.log([0.2, 0.5, 0.3]))
    >>> ids.tolist(), ends.round(9).tolist()
    ([1, 2, 0], [0.5, 0.8, 1.0])
    """
    log_probs = np.atleast_1d(log_probs)  # a scalar: a vocabulary of one
    order = most_likely_first(log_probs)
    probs = np.exp(log_probs[order])
    order, probs = order[probs > 0], probs[probs > 0]
    ends = np.cumsum(probs)
    return order, ends / ends[-1:]


def interval(log_probs: np.ndarray, token_id: int) -> tuple[float, float]:
    """Return (low, high) of one token on [0, 1); high - low is its probability. Empty, at 1, for a token that can't be drawn.

    >>> tuple(round(bound, 9) for bound in interval(np.log([0.2, 0.5, 0.3]), token_id=2))
    (0.5, 0.8)
    """
    ids, ends = intervals(log_probs)
    position = np.flatnonzero(ids == token_id)
    if not len(position):
        return 1.0, 1.0
    return float(ends[position[0] - 1]) if position[0] else 0.0, float(ends[position[0]])


def draw(log_probs: np.ndarray, random_number: float) -> int | None:
    """Return the token on whose interval of [0, 1) the random number falls; None where no token is possible.

    >>> [draw(np.log([0.5, 0.5]), number) for number in (0.0, 0.49, 0.51)]
    [0, 0, 1]
    """
    ids, ends = intervals(log_probs)
    return int(ids[np.searchsorted(ends, random_number, side="right")]) if len(ids) else None


def draw_next(log_probs: np.ndarray, random_number: float, sampling: Sampling, never: tuple[int, ...] = ()) -> Drawn | None:
    """Return a token drawn from a model's log-probabilities (V,), with the record of how. never: ids that may not be drawn (`<unk>`).

    None where these are the only possible ones, which can happen with a counting model without smoothing.
    """
    adjusted = adjust(without(log_probs, never), sampling)
    token_id = draw(adjusted, random_number)
    return None if token_id is None else Drawn(token_id, random_number, log_probs, adjusted)


def without(log_probs: np.ndarray, never: tuple[int, ...]) -> np.ndarray:
    """Return the log-probabilities (V,) with some tokens made impossible; the probabilities no longer sum to 1."""
    if not never:
        return log_probs
    allowed = log_probs.copy()
    allowed[list(never)] = -np.inf
    return allowed


def random_numbers(seed: int, count: int, first: int = 0) -> np.ndarray:
    """Return (count,) numbers of [0, 1) from number `first` on: token t of a text is always drawn with number t of its seed.

    >>> random_numbers(seed=7, count=2, first=3).tolist() == random_numbers(seed=7, count=5)[3:].tolist()
    True
    """
    random = np.random.PCG64(seed)
    random.advance(first)
    return np.random.Generator(random).random(count)


def begin(model: LanguageModel, context: np.ndarray) -> tuple[np.ndarray, Any]:
    """Return (log_probs (V,), state) of a model that has read a context. context: (T,) ids, T ≥ 0."""
    log_probs, state = model.start()
    if len(context):
        rows, state = read_long(model, state, np.asarray(context, dtype=np.int64))
        log_probs = rows[-1]
    return log_probs, state


def draws(
    model: LanguageModel,
    context: np.ndarray,
    count: int,
    sampling: Sampling = Sampling(),
    seed: int = 1,
    never: tuple[int, ...] = (),
    stop: frozenset[int] = frozenset(),
) -> Iterator[Drawn]:
    """Yield at most `count` tokens after a context; the state is carried, so that nothing is read twice.

    context: (T,) ids, T ≥ 0. never: ids that may not be drawn; where nothing else is possible the text ends.
    stop: ids after which the text ends (`ending_ids`).
    """
    yield from draws_after(model, begin(model, context), count, sampling, seed, never, stop)


def draws_after(
    model: LanguageModel,
    prefilled: tuple[np.ndarray, Any],
    count: int,
    sampling: Sampling,
    seed: int,
    never: tuple[int, ...] = (),
    stop: frozenset[int] = frozenset(),
) -> Iterator[Drawn]:
    """Yield the same after a context that has been read. prefilled: what `begin` returned."""
    log_probs, state = prefilled
    for random_number in random_numbers(seed, count).tolist():
        drawn = draw_next(log_probs, random_number, sampling, never)
        if drawn is None:
            return
        yield drawn
        if drawn.id in stop:
            return
        log_probs, state = model.step(state, drawn.id)


def generate(
    model: LanguageModel,
    context: np.ndarray,
    count: int,
    sampling: Sampling = Sampling(),
    seed: int = 1,
    never: tuple[int, ...] = (),
    stop: frozenset[int] = frozenset(),
) -> Iterator[int]:
    """Yield the ids alone of what `draws` yields."""
    return (drawn.id for drawn in draws(model, context, count, sampling, seed, never, stop))


def ending_ids(tokenizer: Tokenizer, stop: str) -> frozenset[int]:
    """Return the ids that end a sentence, a line or an item. Raises SettingNotAChoice.

    A sentence ends with the token that has its mark, even if a quotation mark would follow. The end of an item also ends its line
    and its sentence.
    """
    if stop not in STOPS:
        raise SettingNotAChoice(field="stop", value=stop, choices=", ".join(STOPS))
    ends = {
        "sentence": lambda text: text.rstrip(CLOSING).endswith(SENTENCE_MARKS),
        "line": lambda text: "\n" in text,
        "item": lambda text: False,
    }[stop]
    found = {token_id for token_id, text in enumerate(tokenizer.vocabulary) if ends(text)}
    return frozenset(found if tokenizer.begin_id is None else {*found, tokenizer.begin_id})
