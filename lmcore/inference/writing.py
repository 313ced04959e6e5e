"""A text being written: its prompt, its tokens and how each was chosen, so that any of them can be looked at or taken back.

Drawing one token is `sampling`; a text without a record of its tokens is `TrainedModel.write`. The record of a token keeps its
probabilities, because a model in training says something else a second later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lmcore.inference import sampling
from lmcore.inference.probability import read_long
from lmcore.inference.sampling import Sampling
from lmcore.inference.top_tokens import TopTokens
from lmcore.inference.trained import TrainedModel
from lmcore.text.corpus import unmark

MOST = 2_000  # tokens of one text
KEPT = 20  # alternatives of one token
RECENT = 300  # tokens of a prompt: enough to know how the next is spaced

After = tuple[np.ndarray, Any]  # log_probs (V,) of the next token, and the state of the model


@dataclass(frozen=True)
class WrittenToken:
    """A token of a text that is being written, and how it was chosen."""

    id: int
    random_number: float | None  # None: chosen by the user
    probability: float  # as the model said
    interval: tuple[float, float]  # of [0, 1), after temperature, top-k and top-p; empty where it was cut off
    greedy: bool  # at temperature 0, where no random number is needed
    top: TopTokens  # what could have come in its place


@dataclass
class Writing:
    """
    >>> from lmcore.models import UniformModel
    >>> from lmcore.tokenizers import CharacterTokenizer
    >>> model = TrainedModel.of(UniformModel(3), CharacterTokenizer.train("ab"), kind="stream")
    >>> text = Writing("ab", model.encode("ab"), remaining=5)
    >>> text.write(model, Sampling(), seed=1, count=5)
    >>> len(text.tokens), text.tokens[0].interval  # the unknown token is never drawn: two are left
    (5, (0.5, 1.0))
    """

    prompt: str
    prompt_ids: np.ndarray
    tokens: list[WrittenToken] = field(default_factory=list)
    remaining: int = 0  # tokens that `write` has still to draw
    selected: int | None = None  # the token that is looked at; None: the last
    _prefilled: tuple[int, After] | None = None  # (step of the model, after the prompt)
    _last: tuple[tuple[int, int], After] | None = None  # ((step of the model, tokens), after the last token)

    def ids(self) -> np.ndarray:
        """Return the ids of what was written, (T,), without the prompt."""
        return np.array([token.id for token in self.tokens], dtype=np.int64)

    def before(self, position: int) -> np.ndarray:
        """Return the ids before one of the tokens, (S,), the prompt's included."""
        return np.append(self.prompt_ids, self.ids()[:position]).astype(np.int64)

    def texts(self, trained: TrainedModel) -> list[str]:
        """Return the tokens as they stand in the text."""
        return pieces(trained, self.prompt, self.prompt_ids, self.ids())

    def prefilled(self, trained: TrainedModel) -> After:
        """Return what the model says after the prompt, which it reads once; a newer model reads it again."""
        if self._prefilled is None or self._prefilled[0] != trained.step:
            self._prefilled = trained.step, sampling.begin(trained.model, self.prompt_ids)
        return self._prefilled[1]

    def last(self, trained: TrainedModel) -> After:
        """Return what the model says after the last token."""
        key = trained.step, len(self.tokens)
        if self._last is None or self._last[0] != key:
            after = self.prefilled(trained)
            if self.tokens:
                rows, state = read_long(trained.model, after[1], self.ids())
                after = rows[-1], state
            self._last = key, after
        return self._last[1]

    def next_token(self, trained: TrainedModel, settings: Sampling) -> TopTokens:
        """Return what may come next."""
        log_probs, _ = self.last(trained)
        return TopTokens.of(log_probs, self._adjusted(trained, log_probs, settings), KEPT)

    def draw(self, trained: TrainedModel, settings: Sampling, seed: int) -> WrittenToken | None:
        """Append a token that is drawn with the random number of its position; None where only unknown tokens are possible."""
        log_probs, _ = self.last(trained)
        number = float(sampling.random_numbers(seed, 1, first=len(self.tokens))[0])
        drawn = sampling.draw_next(log_probs, number, settings, trained.never)
        if drawn is None:
            return None
        return self._append(trained, drawn.id, number, log_probs, drawn.adjusted, settings)

    def choose(self, trained: TrainedModel, settings: Sampling, token_id: int) -> WrittenToken:
        """Append a token that was not drawn."""
        log_probs, _ = self.last(trained)
        return self._append(trained, token_id, None, log_probs, self._adjusted(trained, log_probs, settings), settings)

    def write(self, trained: TrainedModel, settings: Sampling, seed: int, count: int, stop: frozenset[int] = frozenset()) -> None:
        """Draw at most `count` of the remaining tokens. None remains after one of `stop`, or when the text has MOST tokens."""
        for _ in range(min(count, self.remaining)):
            written = self.draw(trained, settings, seed) if len(self.tokens) < MOST else None
            self.remaining -= 1
            if written is None or written.id in stop:
                self.remaining = 0
                return

    def continuation(self, trained: TrainedModel, settings: Sampling, seed: int, count: int) -> np.ndarray:
        """Return the ids (T,) of at most `count` tokens after the prompt alone; the text stays as it is."""
        drawn = sampling.draws_after(trained.model, self.prefilled(trained), count, settings, seed, trained.never)
        return np.array([token.id for token in drawn], dtype=np.int64)

    def step_back(self) -> None:
        """Take the last token back."""
        if self.tokens:
            self.tokens.pop()
        self.remaining, self.selected = 0, None

    def start_again(self) -> None:
        """Take all tokens back."""
        self.tokens.clear()
        self.remaining, self.selected = 0, None

    def _adjusted(self, trained: TrainedModel, log_probs: np.ndarray, settings: Sampling) -> np.ndarray:
        return sampling.adjust(sampling.without(log_probs, trained.never), settings)

    def _append(
        self,
        trained: TrainedModel,
        token_id: int,
        number: float | None,
        log_probs: np.ndarray,
        adjusted: np.ndarray,
        settings: Sampling,
    ) -> WrittenToken:
        _, state = self.last(trained)
        written = WrittenToken(
            id=token_id,
            random_number=number,
            probability=float(np.exp(log_probs[token_id])),
            interval=sampling.interval(adjusted, token_id),
            greedy=settings.temperature == 0,
            top=TopTokens.of(log_probs, adjusted, KEPT),
        )
        following = trained.model.step(state, token_id)
        self.tokens.append(written)
        self._last = (trained.step, len(self.tokens)), following
        self.selected = None
        return written


def pieces(trained: TrainedModel, prompt: str, prompt_ids: Sequence[int] | np.ndarray, ids: np.ndarray) -> list[str]:
    """Return tokens as they stand in a text behind a prompt; "" for a part of the character that later ones complete."""
    tokenizer = trained.tokenizer
    recent = [int(token_id) for token_id in prompt_ids[-RECENT:]]
    texts = tokenizer.texts([*recent, *ids])[len(recent) :]
    found = [
        tokenizer.vocabulary[token_id] if token_id == tokenizer.unknown_id else unmark(text, trained.kind)
        for token_id, text in zip(ids, texts, strict=True)
    ]
    if found and tokenizer.level != "character" and (not prompt or prompt[-1].isspace()):
        found[0] = found[0].removeprefix(" ")  # the user has typed it, or nothing stands before it
    return found
