"""Shannon's guessing game between a visitor, a counting model and a network: the state of a game, without a screen.

How guesses become bits is `lmcore.inference.shannon`, the same function for every player; where the lines come from is `held_out`.

Characters are typed. Words and subwords are chosen among five, the same five for every player: the likeliest by the even mixture of
the bigram model and the run, in alphabetical order. The true token is never put among them: where it is not, "other" is all
that is left, and everyone misses. A line holds no line break, so no player ever guesses one, nor an unknown or a begin token.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lmcore.inference.shannon import Bounds, bounds, guess_ranks
from lmcore.models import LanguageModel
from pages.parts.game.held_out import Line

YOU, BIGRAM, RUN = "you", "bigram", "run"
CHOICES = {"character": 3, "word": 5, "subword": 5}  # guesses a token


@dataclass(frozen=True)
class Played:
    """A line as a model plays it."""

    ranks: np.ndarray  # (T,) at which guess it finds each token; more than the guesses there are: it does not
    bits: np.ndarray  # (T,) -log2 P(token | those before it)
    guesses: np.ndarray  # (T, 5) its guesses, in its order
    probabilities: np.ndarray  # (T, 5) of them


@dataclass(frozen=True)
class Deal:
    line: Line
    boards: list[list[int]]  # for each token the choices shown; empty where one types
    models: dict[str, Played]


def deal(line: Line, tokenizer, bigram: LanguageModel, run: LanguageModel) -> Deal:
    """Let both models play a line, in one pass each."""
    ids = np.append(line.context, line.ids)
    rows = {
        name: model.log_probabilities(ids)[len(line.context) :].astype(np.float64)
        for name, model in ((BIGRAM, bigram), (RUN, run))
    }
    never = [index for index, text in enumerate(tokenizer.vocabulary) if index in _special(tokenizer) or "\n" in text]
    allowed = {name: row.copy() for name, row in rows.items()}
    for row in allowed.values():
        row[:, never] = -np.inf
    boards = []
    if tokenizer.kind != "character":
        mixture = np.exp(allowed[BIGRAM]) + np.exp(allowed[RUN])
        boards = np.argsort(-mixture, axis=1, kind="stable")[:, : min(5, len(tokenizer.vocabulary) - len(never))]
    played = {name: _play(allowed[name], rows[name], line.ids, boards) for name in rows}
    return Deal(line, [sorted(map(int, board), key=lambda index: tokenizer.vocabulary[index]) for board in boards], played)


def _special(tokenizer) -> tuple:
    return (tokenizer.unknown_id, tokenizer.begin_id)


def _play(allowed, rows, targets, boards) -> Played:
    places = np.arange(len(targets))[:, None]
    if len(boards):
        on_board = allowed[places, boards]
        guesses = boards[places, np.argsort(-on_board, axis=1, kind="stable")]
        found = guesses == targets[:, None]
        ranks = np.where(found.any(axis=1), found.argmax(axis=1) + 1, guesses.shape[1] + 1)
    else:
        guesses = np.argsort(-allowed, axis=1, kind="stable")[:, :5]
        ranks = guess_ranks(allowed, targets)
    bits = -rows[places[:, 0], targets] / np.log(2)
    return Played(ranks, bits, guesses, np.exp(rows[places, guesses]))


@dataclass(frozen=True)
class Score:
    tokens: int
    hits: int  # found at the first guess
    bounds: Bounds | None  # bits a token; None before the first token


class Game:
    """One visitor's game with one run: which line, which token of it, what was guessed."""

    def __init__(self, lines: list[Line], kind: str, vocabulary_size: int):
        self.lines, self.choices, self.vocabulary_size = lines, CHOICES[kind], vocabulary_size
        self.number = 0  # of the line, from 1 on
        self.deal: Deal | None = None
        self.found: list[int] = []  # at which guess each token of this line was found; choices + 1: not
        self.tried: list[int] = []  # wrong guesses for this token
        self.past: dict[str, list[np.ndarray]] = {YOU: [], BIGRAM: [], RUN: []}  # ranks in the lines before

    @property
    def place(self) -> int:
        return len(self.found)

    @property
    def line_done(self) -> bool:
        return self.deal is not None and self.place == len(self.deal.line.ids)

    @property
    def lines_left(self) -> int:
        return len(self.lines) - self.number

    def next_line(self, tokenizer, bigram, run):
        """Deal the next line; the score of a line that was not played to its end is dropped."""
        if self.line_done:
            for name in self.past:
                self.past[name].append(self._ranks(name))
        self.deal = deal(self.lines[self.number], tokenizer, bigram, run)
        self.number += 1
        self.found, self.tried = [], []

    def guess(self, ids: Iterable[int]):
        """Guess one token, or several one after another: the first that is wrong ends the series."""
        for token_id in ids:
            if self.line_done:
                return
            if token_id == self.deal.line.ids[self.place]:
                self._reveal(len(self.tried) + 1)
                continue
            if token_id not in self.tried:
                self.tried.append(token_id)
            if len(self.tried) >= self.choices:
                self._reveal(self.choices + 1)
            return

    def give_up(self):
        """None of these: show the token."""
        self._reveal(self.choices + 1)

    def _reveal(self, rank: int):
        self.found.append(rank)
        self.tried = []

    def line_score(self, player: str) -> Score:
        return self._score([self._ranks(player)])

    def score(self, player: str) -> Score:
        """Of all tokens played so far: every player is measured on the same ones."""
        return self._score([*self.past[player], self._ranks(player)])

    def _ranks(self, player: str) -> np.ndarray:
        return np.array(self.found if player == YOU else self.deal.models[player].ranks[: self.place], dtype=np.int64)

    def _score(self, parts: list[np.ndarray]) -> Score:
        ranks = np.concatenate(parts)
        if not len(ranks):
            return Score(0, 0, None)
        return Score(len(ranks), int((ranks == 1).sum()), bounds(ranks, self.vocabulary_size, self.choices))
