"""How often a model is right on prompts it was not trained on, with an interval. What to compare it with is `baselines`."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lmcore.errors import TooFewPairs
from lmcore.inference.trained import TrainedModel
from lmcore.tasks.asking import LONGEST_ANSWER, answers, ids_of, label_log_probs, unknown_words
from lmcore.tasks.task import SEPARATOR, Pair

COUNT = 200  # prompts
Z = 1.959964  # of a 95 % interval


@dataclass(frozen=True)
class Result:
    """One prompt that was scored."""

    prompt: str
    wanted: tuple[str, ...]  # the right answers
    given: str
    probability: float  # of the given answer, by the model
    right: bool
    unknown: tuple[str, ...] = ()  # pieces of the prompt that the tokenizer does not know


@dataclass(frozen=True)
class Score:
    """How often a model was right. results: in the order in which they were drawn."""

    results: tuple[Result, ...]

    @property
    def count(self) -> int:
        """How many prompts were asked."""
        return len(self.results)

    @property
    def correct(self) -> int:
        """How many answers are right."""
        return sum(result.right for result in self.results)

    @property
    def share(self) -> float:
        """The share of right answers."""
        return self.correct / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share (`wilson`)."""
        return wilson(self.correct, self.count)

    @property
    def wrong(self) -> list[Result]:
        """What went wrong, the most confident first."""
        return sorted((result for result in self.results if not result.right), key=lambda result: -result.probability)


def wilson(correct: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, 1927), which is of use at 0 and at 1 too.

    >>> [round(bound, 3) for bound in wilson(190, 200)], [round(bound, 3) for bound in wilson(200, 200)]
    ([0.91, 0.973], [0.981, 1.0])
    """
    share, squared = correct / count, Z * Z / count
    middle = (share + squared / 2) / (1 + squared)
    half = Z * math.sqrt(share * (1 - share) / count + squared / (4 * count)) / (1 + squared)
    return max(0.0, middle - half), min(1.0, middle + half)


def score(
    trained: TrainedModel,
    pairs: Sequence[Pair],
    count: int = COUNT,
    seed: int = 0,
    *,
    labels: Sequence[str] = (),
    separator: str = SEPARATOR,
) -> Score:
    """Return how often a model is right on `count` prompts of these pairs, drawn without repetition.

    labels: `Task.labels`; with them the answer is the most likely label, else what the model writes, which must be the answer token by
    token (exact match). A prompt with several answers in `pairs` has several right ones. Raises MarkerMissing for a model of running text.
    """
    prompts, wanted = drawn(pairs, count, seed)
    if labels:
        scores = label_log_probs(trained, prompts, labels, separator=separator)
        best = scores.argmax(axis=1)
        given = [labels[index] for index in best]
        chances = np.exp(scores[np.arange(len(prompts)), best])
    else:
        longest = max(len(ids_of(trained, "", text, separator)[1]) for texts in wanted for text in texts)
        written = answers(trained, prompts, separator=separator, limit=min(LONGEST_ANSWER, 2 * longest))
        given, chances = [found.text for found in written], np.exp([found.log_prob for found in written])
    return scored(prompts, wanted, given, chances.tolist(), lambda text: _canonical(trained, text, separator), trained)


def drawn(pairs: Sequence[Pair], count: int = COUNT, seed: int = 0) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return (prompts, the right answers of each) of `count` different prompts, the same for every model that is scored.

    Raises TooFewPairs where there is none.

    >>> drawn([("a", "b"), ("a", "c")])
    (['a'], [('b', 'c')])
    """
    right: dict[str, tuple[str, ...]] = {}
    for prompt, answer in pairs:
        right[prompt] = (*right.get(prompt, ()), answer)
    if not right:
        raise TooFewPairs(count=0, needed=1)
    prompts = list(right)
    chosen = [prompts[index] for index in np.random.default_rng(seed).permutation(len(prompts))[:count]]
    return chosen, [right[prompt] for prompt in chosen]


def scored(
    prompts: Sequence[str],
    wanted: Sequence[tuple[str, ...]],
    given: Sequence[str],
    chances: Sequence[float],
    written: Callable[[str], str] = str.strip,
    trained: TrainedModel | None = None,
) -> Score:
    """Return the score of given answers. written: makes equal answers equal."""
    return Score(
        tuple(
            Result(
                prompt=prompt,
                wanted=right,
                given=text,
                probability=chance,
                right=written(text) in map(written, right),
                unknown=unknown_words(trained, prompt) if trained else (),
            )
            for prompt, right, text, chance in zip(prompts, wanted, given, chances, strict=True)
        )
    )


def _canonical(trained: TrainedModel, text: str, separator: str) -> str:
    """Return a text as the tokenizer writes it, which may set spaces otherwise; a text with unknown pieces as it is."""
    if trained.tokenizer.unknown_pieces(text):
        return text
    return trained.written(ids_of(trained, "", text, separator)[1][:-1]).strip()
