"""Shannon's guessing game between a person, a bigram model and a trained model: its rounds and scores.

How guesses become bits is `shannon`, the same function for every player; where the lines come from is `text.held_out`.

Characters are typed. Words and subwords are chosen among five, the same five for every player: the likeliest by the even mixture of
the two models, in alphabetical order. The true token is not added to them: where it is missing, only "other" is right, and
every player misses. A line holds no line break, so no player guesses one, nor an unknown or a begin token.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lmcore.inference.shannon import Bounds, bounds, guess_ranks
from lmcore.inference.trained import TrainedModel
from lmcore.text.held_out import Line
from lmcore.tokenizers.base import Tokenizer

YOU, BIGRAM, MODEL = "you", "bigram", "model"
GUESSES = {"character": 3, "word": 5, "subword": 5}  # a token
CHOICES = 5  # tokens shown to choose among


@dataclass(frozen=True)
class PlayedLine:
    """A line as a model plays it."""

    ranks: np.ndarray  # (T,) at which guess it finds each token; more than the guesses there are: it does not
    bits: np.ndarray  # (T,) -log2 P(token | those before it)
    guesses: np.ndarray  # (T, 5) its guesses, in its order
    probabilities: np.ndarray  # (T, 5) of them


@dataclass(frozen=True)
class Round:
    """A held-out line, the tokens offered at each position, and how the models played it."""

    line: Line
    choices: list[list[int]]  # for each token the ids shown; empty where one types
    models: dict[str, PlayedLine]  # by player


def play_round(line: Line, trained: TrainedModel, bigram: TrainedModel) -> Round:
    """Let both models play a line, in one pass each.

    >>> from lmcore.models import UniformModel
    >>> from lmcore.tokenizers import WordTokenizer
    >>> trained = TrainedModel.of(UniformModel(4), WordTokenizer(["b", "a", "c"]), kind="stream")
    >>> played = play_round(Line(np.array([1]), np.array([3, 2]), "b", ("c ", "a")), trained, trained)
    >>> played.choices[0]  # a, b, c; the unknown token, 0, is no choice
    [2, 1, 3]
    >>> played.models[MODEL].ranks.tolist()
    [3, 2]
    """
    tokenizer, ids = trained.tokenizer, np.append(line.context, line.ids)
    rows = {
        name: asked.model.log_probabilities(ids)[len(line.context) :].astype(np.float64)
        for name, asked in ((BIGRAM, bigram), (MODEL, trained))
    }
    never = never_guessed(tokenizer)
    allowed = {name: row.copy() for name, row in rows.items()}
    for row in allowed.values():
        row[:, never] = -np.inf
    choices = np.empty((0, 0), dtype=np.int64)
    if tokenizer.level != "character":
        mixture = np.exp(allowed[BIGRAM]) + np.exp(allowed[MODEL])
        choices = np.argsort(-mixture, axis=1, kind="stable")[:, : min(CHOICES, len(tokenizer.vocabulary) - len(never))]
    played = {name: _play(allowed[name], rows[name], line.ids, choices) for name in rows}
    return Round(line, [sorted(map(int, shown), key=lambda index: tokenizer.vocabulary[index]) for shown in choices], played)


def never_guessed(tokenizer: Tokenizer) -> list[int]:
    """Return the ids that no line holds: unknown and begin token, and tokens with a line break."""
    special = (tokenizer.unknown_id, tokenizer.begin_id)
    return [index for index, text in enumerate(tokenizer.vocabulary) if index in special or "\n" in text]


def _play(allowed: np.ndarray, rows: np.ndarray, targets: np.ndarray, choices: np.ndarray) -> PlayedLine:
    positions = np.arange(len(targets))[:, None]
    if len(choices):
        guesses = choices[positions, np.argsort(-allowed[positions, choices], axis=1, kind="stable")]
        found = guesses == targets[:, None]
        ranks = np.where(found.any(axis=1), found.argmax(axis=1) + 1, guesses.shape[1] + 1)
    else:
        guesses = np.argsort(-allowed, axis=1, kind="stable")[:, :CHOICES]
        ranks = guess_ranks(allowed, targets)
    bits = -rows[positions[:, 0], targets] / np.log(2)
    return PlayedLine(ranks, bits, guesses, np.exp(rows[positions, guesses]))


@dataclass(frozen=True)
class Score:
    """Tokens guessed so far, how many at the first guess, and the bounds on entropy they give."""

    tokens: int
    hits: int  # found at the first guess
    bounds: Bounds | None  # bits a token; None before the first token


class Game:
    """One person's game with one model: which line, which token of it, what was guessed."""

    def __init__(self, lines: list[Line], level: str, vocabulary_size: int) -> None:
        self.lines, self.guesses, self.vocabulary_size = lines, GUESSES[level], vocabulary_size
        self.number = 0  # of the line, from 1 on
        self._round: Round | None = None
        self.ranks: list[int] = []  # at which guess each token of this line was found; guesses + 1: not
        self.tried: list[int] = []  # wrong guesses for this token
        self.past: dict[str, list[np.ndarray]] = {YOU: [], BIGRAM: [], MODEL: []}  # ranks in the lines before

    @property
    def round(self) -> Round:
        """The line that is played, from the first `next_line` on."""
        if self._round is None:
            raise ValueError("no line has been begun: call next_line()")
        return self._round

    @property
    def position(self) -> int:
        """The token of the line that is guessed next."""
        return len(self.ranks)

    @property
    def line_done(self) -> bool:
        """Whether every token of the line has been guessed or shown."""
        return self._round is not None and self.position == len(self.round.line.ids)

    @property
    def lines_left(self) -> int:
        """How many lines have not been played."""
        return len(self.lines) - self.number

    def next_line(self, trained: TrainedModel, bigram: TrainedModel) -> None:
        """Begin a round with the next line; the score of a line that was not played to its end is dropped."""
        if self.line_done:
            for name in self.past:
                self.past[name].append(self._ranks_of(name))
        self._round = play_round(self.lines[self.number], trained, bigram)
        self.number += 1
        self.ranks, self.tried = [], []

    def guess(self, ids: Iterable[int]) -> None:
        """Guess one token, or several one after another: the first that is wrong ends the series."""
        for token_id in ids:
            if self.line_done:
                return
            if token_id == self.round.line.ids[self.position]:
                self._reveal(len(self.tried) + 1)
                continue
            if token_id not in self.tried:
                self.tried.append(token_id)
            if len(self.tried) >= self.guesses:
                self._reveal(self.guesses + 1)
            return

    def give_up(self) -> None:
        """Show the token: it counts as a miss."""
        self._reveal(self.guesses + 1)

    def _reveal(self, rank: int) -> None:
        self.ranks.append(rank)
        self.tried = []

    def line_score(self, player: str) -> Score:
        """Return the score of the tokens of this line so far."""
        return self._score([self._ranks_of(player)])

    def score(self, player: str) -> Score:
        """Return the score of all tokens played so far: every player is measured on the same ones."""
        return self._score([*self.past[player], self._ranks_of(player)])

    def _ranks_of(self, player: str) -> np.ndarray:
        return np.array(self.ranks if player == YOU else self.round.models[player].ranks[: self.position], dtype=np.int64)

    def _score(self, parts: list[np.ndarray]) -> Score:
        ranks = np.concatenate(parts)
        if not len(ranks):
            return Score(0, 0, None)
        return Score(len(ranks), int((ranks == 1).sum()), bounds(ranks, self.vocabulary_size, self.guesses))
