"""A text being written: its prompt, its tokens, how each of them came; what it looks like is `desk`. Imports no streamlit.

The record of a token keeps the probabilities of that moment: a model in training says something else a second later.
"""

from dataclasses import dataclass, field

import numpy as np

from lmcore.inference import sampling
from lmcore.inference.probability import read_long
from lmcore.inference.sampling import Sampling
from lmcore.text.corpus import unmark

MOST = 2_000  # tokens of one text
KEPT = 20  # alternatives of one token
VISIBLE = 0.0005  # a change of probability smaller than this is not drawn
RECENT = 300  # tokens of a prompt: enough to know how the next is spaced
ROUNDING = 1e-9  # what is left of 1 when nothing is left


@dataclass(frozen=True)
class Offer:
    """The most likely next tokens at one place, before and after temperature, top-k and top-p. Arrays are (K,), K ≤ KEPT."""

    ids: np.ndarray
    before: np.ndarray
    after: np.ndarray  # 0 where cut off
    types: int  # V

    @classmethod
    def of(cls, log_probs: np.ndarray, adjusted: np.ndarray) -> "Offer":
        ids = np.argsort(-log_probs, kind="stable")[:KEPT].copy()  # a view would keep all V
        return cls(ids, np.exp(log_probs[ids]), np.exp(adjusted[ids]), len(log_probs))

    @property
    def ends(self) -> np.ndarray:
        """(K,) where the stretch of each ends on [0, 1): as in `sampling.stretches`, of which these are the first."""
        return np.cumsum(self.after)

    def rows(self, names: list[str] | dict[int, str], top: int) -> tuple[list[dict], dict]:
        """The rows and the rest of `next_token_bars`."""
        changed = bool(np.abs(self.after - self.before).max() > VISIBLE)
        rows = [
            {
                "id": int(token_id),
                "text": names[int(token_id)],
                "p": float(p),
                "q": float(q) if changed else None,
                "cut": bool(changed and q == 0),
            }
            for token_id, p, q in zip(self.ids[:top], self.before, self.after, strict=False)
        ]
        rest = {"count": self.types - len(rows), "p": max(0.0, 1 - sum(row["p"] for row in rows))}
        if changed:
            left = 1 - sum(row["q"] for row in rows)
            rest["q"] = left if left > ROUNDING else 0.0
        return rows, rest


@dataclass(frozen=True)
class Written:
    id: int
    random_number: float | None  # None: chosen by the visitor
    probability: float  # as the model said
    stretch: tuple[float, float]  # of [0, 1), after temperature, top-k and top-p; empty where it was cut off
    greedy: bool
    offer: Offer


@dataclass
class Writing:
    prompt: str
    prompt_ids: np.ndarray
    tokens: list[Written] = field(default_factory=list)
    wanted: int = 0  # tokens still to come by themselves
    chosen: int | None = None  # the token that is looked at; None: the last
    _begun: tuple = (None, None)  # step of the model -> what it says after the prompt, and its state
    _now: tuple = (None, None)  # (step of the model, tokens) -> the same after the last token

    def ids(self) -> np.ndarray:
        """(T,) of what was written, without the prompt."""
        return np.array([token.id for token in self.tokens], dtype=np.int64)

    def before(self, place: int) -> np.ndarray:
        """(S,) the ids before one of the tokens, the prompt's included."""
        return np.append(self.prompt_ids, self.ids()[:place]).astype(np.int64)

    def texts(self, trained) -> list[str]:
        """The tokens as they stand in the text."""
        return pieces(trained, self.prompt, self.prompt_ids, self.ids())

    def begun(self, trained):
        """(log_probs (V,), state) after the prompt, which is read once by a model; a newer one reads it again."""
        if self._begun[0] != trained.step:
            self._begun = (trained.step, sampling.begin(trained.model, self.prompt_ids))
        return self._begun[1]

    def now(self, trained):
        """(log_probs (V,), state) after the last token."""
        key = (trained.step, len(self.tokens))
        if self._now[0] != key:
            place = self.begun(trained)
            if self.tokens:
                rows, state = read_long(trained.model, place[1], self.ids())
                place = rows[-1], state
            self._now = (key, place)
        return self._now[1]

    def offer(self, trained, settings: Sampling) -> Offer:
        log_probs, _ = self.now(trained)
        return Offer.of(log_probs, sampling.adjust(sampling.without(log_probs, never(trained)), settings))

    def draw(self, trained, settings: Sampling, seed: int) -> Written | None:
        """One token more, by the random number of its place; None where no token is possible but those never written."""
        log_probs, _ = self.now(trained)
        number = float(sampling.random_numbers(seed, 1, first=len(self.tokens))[0])
        drawn = sampling.draw_next(log_probs, number, settings, never(trained))
        if drawn is None:
            return None
        return self._append(trained, drawn.id, number, log_probs, drawn.adjusted, settings)

    def choose(self, trained, settings: Sampling, token_id: int) -> Written:
        """One token more, because the visitor wants this one."""
        log_probs, _ = self.now(trained)
        adjusted = sampling.adjust(sampling.without(log_probs, never(trained)), settings)
        return self._append(trained, token_id, None, log_probs, adjusted, settings)

    def _append(self, trained, token_id, number, log_probs, adjusted, settings) -> Written:
        _, state = self.now(trained)
        stretch = sampling.stretch(adjusted, token_id)
        written = Written(
            token_id, number, float(np.exp(log_probs[token_id])), stretch, settings.temperature == 0, Offer.of(log_probs, adjusted)
        )  # fmt: skip
        following = trained.model.step(state, token_id)
        self.tokens.append(written)
        self._now = ((trained.step, len(self.tokens)), following)
        self.chosen = None
        return written

    def write(self, trained, settings: Sampling, seed: int, count: int, stop: frozenset[int] = frozenset()):
        """Draw at most `count` of the tokens that are wanted; after one of `stop`, or when the text is full, none is wanted."""
        for _ in range(min(count, self.wanted)):
            if len(self.tokens) >= MOST:
                self.wanted = 0
                return
            self.wanted -= 1
            written = self.draw(trained, settings, seed)
            if written is None or written.id in stop:
                self.wanted = 0
                return

    def step_back(self):
        if self.tokens:
            self.tokens.pop()
        self.wanted, self.chosen = 0, None

    def start_again(self):
        self.tokens.clear()
        self.wanted, self.chosen = 0, None


def never(trained) -> tuple[int, ...]:
    """Ids that are not written by themselves: “unknown” is no word."""
    return () if trained.tokenizer.unknown_id is None else (trained.tokenizer.unknown_id,)


def pieces(trained, prompt: str, prompt_ids, ids) -> list[str]:
    """Tokens as they stand in a text behind a prompt; "" for a part of the character that later ones complete."""
    tokenizer = trained.tokenizer
    recent = [int(token_id) for token_id in prompt_ids[-RECENT:]]
    texts = tokenizer.texts([*recent, *ids])[len(recent) :]
    found = [
        tokenizer.vocabulary[token_id] if token_id == tokenizer.unknown_id else unmark(text, trained.kind)
        for token_id, text in zip(ids, texts, strict=True)
    ]
    if found and tokenizer.kind != "character" and (not prompt or prompt[-1].isspace()):
        found[0] = found[0].removeprefix(" ")  # the visitor has typed it, or nothing stands before it
    return found
