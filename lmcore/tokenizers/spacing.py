"""Where a space stands between two tokens: counted on the training text, to write spaces back and to charge their bits.

Between two tokens of words there is one space or none; all other white space is a token (`word`).
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import regex

from lmcore.tokenizers.base import ITEM_BREAK

NO_SPACE_BEFORE = set(".,;:!?%)]}’”…、。，；：！？）】》」』」·～")
NO_SPACE_AFTER = set("([{‘“（【《「『$£€#@")
WIDE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\u3000-\u303f\uff00-\uffef]")
RULE = 0.9  # how probable the rule's answer is held before anything is counted
PAIRED = "\"'*_`＂"  # the same mark opens and closes
GOES_ON = set(",;—–-")  # behind these marks, as behind a word, a line break ends no quotation
SHAPES = ["\n", "\t", ITEM_BREAK, " ", "a", "A", "0", "中", "ا", "!"]  # white space first; "!" is every mark that is rare
WHITE = 4
MARKS, PAIRS = 64, 20_000  # kept: the most frequent marks, and the most frequent pairs that are not as their kinds are
STATES = 6


def shape(token: str) -> str:
    """Return what decides on the spaces around a token: the kind of its letters, or the mark itself.

    >>> [shape(token) for token in ("cat", "Anna", "1st", "猫", "قط", '"', "    ", "\\t")]
    ['a', 'A', '0', '中', 'ا', '"', ' ', '\\t']
    """
    first = token[0]
    if "a" <= first <= "z":
        return "a"
    if token.isspace():
        return token if token in SHAPES else " "
    if first.isdecimal():
        return "0"
    if not (first.isalpha() or first == "\ufffd"):
        return token
    if WIDE.match(first):
        return "中"
    return "A" if first.isupper() else "ا" if first.isalpha() and not first.islower() else "a"


def goes_on(token: str) -> bool:
    """Return whether a sentence goes on in the next line behind this token, so that a quotation stays open."""
    return token[-1].isalnum() or token[-1] in GOES_ON


def by_rule(before: str, token: str) -> bool:
    """Return whether a space is usual between two shapes that were never counted."""
    if before.isspace() or token.isspace() or before[-1] in NO_SPACE_AFTER or token[0] in NO_SPACE_BEFORE:
        return False
    return not (WIDE.match(before[-1]) or WIDE.match(token[0]))


class Spacing:
    """P(a space between two tokens), given their kinds (`shape`), whether a space stands before the first one, and by whether a
    quotation that has no closing mark of its own is open; and by the two tokens themselves where they differ from their kinds.
    """

    def __init__(self, marks: Sequence[str] = (), kinds: dict | None = None, pairs: dict | None = None) -> None:
        """kinds: (kind, kind, state) -> [joined, apart], how often; pairs: the same by ids."""
        self.marks, self.kinds, self.pairs = list(marks), kinds or {}, pairs or {}
        self._kind = {name: kind for kind, name in enumerate([*SHAPES, *self.marks])}
        self._both = Counter()
        for (first, second, _state), times in self.kinds.items():
            self._both[first, second, 0] += times[0]
            self._both[first, second, 1] += times[1]

    def kind(self, token: str) -> int:
        """Return the number of a token's kind."""
        return self._kind.get(shape(token), self._kind["!"])

    @classmethod
    def learn(cls, rows: list[np.ndarray], tokens: list[str], ids: np.ndarray, times: np.ndarray) -> "Spacing":
        """Return the spacing of a text. rows: sequences of number · 2 + (a space stands before it). tokens, ids, times: of each number."""
        marks: Counter[str] = Counter()
        for token, count in zip(tokens, times.tolist(), strict=True):
            if not token[0].isalnum() and (name := shape(token)) not in SHAPES:
                marks[name] += count
        spacing = cls(sorted(marks, key=lambda mark: (-marks[mark], mark))[:MARKS])
        size, table = len(SHAPES) + len(spacing.marks), _Table(spacing, tokens)
        counts = np.zeros(size * size * STATES * 2, np.int64)
        for row in rows:
            cell, _, apart = table.cells(row)
            counts += np.bincount(2 * cell + apart, minlength=len(counts))
        both = counts.reshape(-1, 2)
        usual = np.sign(both[:, 1] - both[:, 0])  # 1: apart, -1: joined, 0: as often
        kinds = {_split(cell, size): both[cell].tolist() for cell in np.flatnonzero(both.any(axis=1)).tolist()}
        spacing = cls(spacing.marks, kinds)
        spacing.pairs = _unusual(rows, table, ids.astype(np.int64), usual, int(ids.max(initial=0)) + 1)
        return spacing

    def spaces(
        self, tokens: Sequence[str], ids: Iterable[int], apart: Sequence[bool] | np.ndarray | None = None
    ) -> Iterator[tuple[bool, float]]:
        """Yield for each token whether a space stands before it, and how probable that was.

        apart: whether one stands there; None: the more probable of the two.
        """
        before, before_id, kind, preceded, opened, is_open = "\n", 0, 0, 0, 0, set()
        for index, (token, token_id) in enumerate(zip(tokens, ids, strict=True)):
            inside = opened
            if token in PAIRED:
                inside = int(token in is_open)
            here, state = self.kind(token), 2 * preceded + inside
            probability = self._apart(before, token, (kind, here, state), (before_id, int(token_id), state))
            space = bool(apart[index]) if apart is not None else probability > 0.5
            yield space, probability if space else 1 - probability
            opened = 0
            if token in PAIRED:
                opened = 1 - inside
                is_open ^= {token}
            elif token == ITEM_BREAK or (token == "\n" and not goes_on(before)):
                is_open = set()
            preceded = 2 if space else int(kind >= WHITE)
            before, before_id, kind = token, int(token_id), here

    def _apart(self, before: str, token: str, kinds: tuple[int, int, int], pair: tuple[int, int, int]) -> float:
        """Return P(a space between `before` and `token`): each narrower count is mixed with the wider estimate, which weighs 1."""
        probability = RULE if by_rule(before, token) else 1 - RULE
        both = self._both[*kinds[:2], 0], self._both[*kinds[:2], 1]
        for joined, apart in (both, self.kinds.get(kinds, (0, 0)), self.pairs.get(pair, (0, 0))):
            probability = (apart + probability) / (joined + apart + 1)
        return probability

    def bits(self, tokens: Sequence[str], ids: Iterable[int], apart: Sequence[bool] | np.ndarray) -> float:
        """Return the bits that say where the spaces of a text stand, when its tokens are known."""
        return sum(-math.log2(probability) for _, probability in self.spaces(tokens, ids, apart))

    def to_json(self) -> dict:
        """Return the counts as JSON holds them."""
        return {
            "marks": self.marks,
            "kinds": [[*cell, *times] for cell, times in self.kinds.items()],
            "pairs": [[*pair, *times] for pair, times in self.pairs.items()],
        }

    @classmethod
    def from_json(cls, values: dict | None, vocabulary_size: int) -> "Spacing":
        """Return the spacing of what `to_json` wrote; None, from an older version, leaves it to `by_rule`. Raises ValueError."""
        if values is None:
            return cls()
        marks = values["marks"]
        if not isinstance(marks, list) or len(marks) > MARKS or not all(isinstance(mark, str) and mark for mark in marks):
            raise ValueError("marks must be texts")
        size = len(SHAPES) + len(marks)
        kinds = _read(values["kinds"], size, most=size * size * STATES)
        return cls(marks, kinds, _read(values["pairs"], vocabulary_size, most=PAIRS))


def _read(rows: Any, size: int, most: int) -> dict:
    """Return {(first, second, state): [joined, apart]} of at most `most` rows of five numbers. Raises ValueError."""
    if rows and len(rows) > most:
        raise ValueError(f"spacing must have {most} rows or fewer")
    table = np.array(rows) if rows else np.zeros((0, 5), np.int64)
    if table.dtype != np.int64 or table.ndim != 2 or table.shape[1] != 5:
        raise ValueError("spacing must be rows of five numbers")
    if (table < 0).any() or (table[:, :2] >= size).any() or (table[:, 2] >= STATES).any() or (table[:, 3:] > 2**40).any():
        raise ValueError("spacing must be of known tokens")
    return {(first, second, state): times for first, second, state, *times in table.tolist()}


def _split(cell: int, size: int) -> tuple[int, int, int]:
    return cell // STATES // size, cell // STATES % size, cell % STATES


class _Table:
    """The same as `Spacing.spaces` for many tokens at once, as training counts them."""

    def __init__(self, spacing: Spacing, tokens: list[str]) -> None:
        self.size = len(SHAPES) + len(spacing.marks)
        self.kind = np.array([spacing.kind(token) for token in tokens], np.int32)
        self.goes_on = np.array(list(map(goes_on, tokens)), bool)
        self.paired = [number for number, token in enumerate(tokens) if token in PAIRED]

    def cells(self, row: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (cell in the table of kinds (T - 1,), numbers (T,), apart (T - 1,)) of a sequence, from its second token on."""
        number, apart = row >> 1, (row & 1).astype(np.int32)
        kind = self.kind[number]
        preceded = 2 * apart
        preceded[1:] = np.where(apart[1:] > 0, 2, kind[:-1] >= WHITE)
        opened, paired = np.zeros_like(kind), np.zeros(len(kind), bool)
        present = [mark for mark in self.paired if (number == mark).any()]
        if present:
            ends = kind == 0
            ends[1:] &= ~self.goes_on[number[:-1]]
            ends |= kind == 2
            for mark in present:
                is_mark = number == mark
                so_far = np.cumsum(is_mark)
                opened += is_mark * ((so_far - np.maximum.accumulate(np.where(ends, so_far, 0))) & 1).astype(np.int32)
                paired |= is_mark
        inside = np.where(paired[1:], 1 - opened[1:], opened[:-1])
        return ((kind[:-1] * self.size + kind[1:]) * STATES + 2 * preceded[:-1] + inside), number, apart[1:]


def _unusual(rows: list[np.ndarray], table: _Table, ids: np.ndarray, usual: np.ndarray, types: int) -> dict:
    """Return {(id, id, state): [joined, apart]} of pairs of known tokens that mostly differ from their kinds."""

    def pairs_of(row: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        cell, number, apart = table.cells(row)
        first, second = ids[number[:-1]], ids[number[1:]]
        return (first * types + second) * STATES + cell % STATES, (first > 0) & (second > 0), usual[cell], apart

    found = [np.zeros(0, np.int64)]
    for row in rows:
        key, known, expected, apart = pairs_of(row)
        found.append(np.unique(key[known & (expected != 2 * apart - 1)]))
    wanted = np.unique(np.concatenate(found))
    if not len(wanted):
        return {}
    firsts = np.zeros(types, bool)
    firsts[wanted // STATES // types] = True
    counts, expected_of = np.zeros((len(wanted), 2), np.int64), np.zeros(len(wanted), np.int64)
    for row in rows:
        key, known, expected, apart = pairs_of(row)
        near = np.flatnonzero(firsts[key // STATES // types])
        rank = np.minimum(np.searchsorted(wanted, key[near]), len(wanted) - 1)
        hit = wanted[rank] == key[near]
        np.add.at(counts, (rank[hit], apart[near[hit]]), 1)
        expected_of[rank[hit]] = expected[near[hit]]
    mostly = np.sign(counts[:, 1] - counts[:, 0])
    kept = np.flatnonzero((mostly != 0) & (mostly != expected_of))
    kept = np.sort(kept[np.argsort(-counts[kept].sum(axis=1), kind="stable")][:PAIRS])
    return {_split(int(wanted[rank]), types): counts[rank].tolist() for rank in kept}
