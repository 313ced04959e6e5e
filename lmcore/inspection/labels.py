"""What a text says about each of its tokens without anyone having annotated it: inside quotation marks, position in the line, capital.

Exact, and computed from the text alone. Which unit of a network follows a label is `states`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lmcore.tokenizers import ITEM_BREAK, Tokenizer
from lmcore.tokenizers.word import pieces

QUOTES = {"“": "”", "「": "」", "『": "』"}
STRAIGHT = '"'  # opens and closes by turns
BRACKETS = {"(": ")", "[": "]", "{": "}", "（": "）", "【": "】", "《": "》", "〈": "〉", "〔": "〕"}
PARAGRAPH = re.compile(rf"\n\s*\n|{ITEM_BREAK}")
SENTENCE = re.compile(
    r"""(?=\S).*?(?:[.!?…]+(?=\s|\Z)            # a point in 3.5 ends nothing
    |[.!?…]+["'”’»)\]]+(?=\s+[^\sa-z]|\s*\Z)     # “Why?” asked the fox: goes on
    |[。！？]+[”’」』）》"]*
    |(?=\n\s*\n|\x1e)|\Z)""",
    re.DOTALL | re.VERBOSE,
)
CLASS = "class:"  # begins the name of the label of a class of words


@dataclass(frozen=True)
class Label:
    """One value for each token of a text. What its name means is in `labels`."""

    name: str
    values: np.ndarray  # (T,) float64
    binary: bool  # 0 or 1

    @property
    def constant(self) -> bool:
        """The same everywhere: no unit can follow it."""
        return bool((self.values == self.values[0]).all())


def labels(
    tokenizer: Tokenizer, ids: Sequence[int] | np.ndarray, *, after: int | None = None, classes: Mapping[str, str] | None = None
) -> list[Label]:
    """Return the labels of T tokens, T ≥ 1, always the same ones in the same order. Each says how things stand once the token is read:

    quotes: whether a quotation is open. A straight mark closes what a straight mark opened; nothing stays open past a paragraph.
    brackets: how many brackets are open. line: characters since the line began. newline: tokens since then.
    sentence: tokens since the sentence began, 0 between two. word: characters of the word so far, 0 outside words; Chinese is cut
    into words as the tokenizer of words does.
    capital, number: whether the token has a capital letter, a digit.
    after: only where a token is chosen: whether the token before this one is it.
    class:<name>: for each class of words, whether the token is of a word of this class. classes: word in lower case -> class.

    >>> from lmcore.tokenizers import WordTokenizer
    >>> text = 'He said "Go on" twice.'
    >>> tokenizer = WordTokenizer.train(text)
    >>> {label.name: label.values.astype(int).tolist() for label in labels(tokenizer, tokenizer.encode(text))}["quotes"]
    [0, 0, 1, 1, 1, 0, 0, 0]
    """
    texts = tokenizer.texts(ids)
    text = "".join(texts)
    read = np.cumsum([len(token) for token in texts])  # (T,) characters, once the token is read
    lines = _lines(text)[read]  # (T,) where the line of a token begins
    sentences = _sentences(text)[read]
    words = _words(text)
    in_line = read - lines
    found = [
        _label("quotes", _open(text, QUOTES, STRAIGHT)[read] > 0),
        Label("brackets", _open(text, BRACKETS)[read].astype(float), binary=False),
        Label("line", in_line.astype(float), binary=False),
        Label("newline", _count(lines, in_line > 0), binary=False),
        Label("sentence", _count(sentences, sentences >= 0), binary=False),
        Label("word", _in_words(text, words)[read].astype(float), binary=False),
        _label("capital", [any(map(str.isupper, token)) for token in texts]),
        _label("number", [any(map(str.isdecimal, token)) for token in texts]),
    ]
    if after is not None:
        found.append(_label("after", np.concatenate([[False], np.asarray(ids)[:-1] == after])))
    if classes:
        of_token = _classes(text, words, classes)[read]
        found += [_label(CLASS + name, of_token == name) for name in dict.fromkeys(classes.values())]
    return found


def distinct(found: Sequence[Label]) -> list[Label]:
    """Return the labels that vary, of equal ones the first: read by characters, position in the line and distance to its break agree."""
    kept: list[Label] = []
    for label in found:
        if not label.constant and not any(np.array_equal(label.values, other.values) for other in kept):
            kept.append(label)
    return kept


def _label(name: str, values: ArrayLike) -> Label:
    return Label(name, np.asarray(values, dtype=float), binary=True)


# Below, row k of an array (characters + 1,) says how things stand after k characters.


def _open(text: str, pairs: dict[str, str], straight: str = "") -> np.ndarray:
    """Return how many marks are open. A mark closes the last one opened of its kind, and what was opened inside of it."""
    ends = {match.end() for match in PARAGRAPH.finditer(text)}
    depth, stack = np.zeros(len(text) + 1, dtype=int), []
    for index, character in enumerate(text):
        if character == straight and straight not in stack or character in pairs:
            stack.append(pairs.get(character, straight))
        elif character in stack:
            del stack[len(stack) - 1 - stack[::-1].index(character) :]
        if index + 1 in ends:
            stack = []
        depth[index + 1] = len(stack)
    return depth


def _lines(text: str) -> np.ndarray:
    """Return where the line began."""
    breaks = np.array([False, *(character in f"\n{ITEM_BREAK}" for character in text)])
    return np.maximum.accumulate(np.where(breaks, np.arange(len(breaks)), 0))


def _sentences(text: str) -> np.ndarray:
    """Return where the sentence began; -1 between two sentences."""
    begins = np.full(len(text) + 1, -1)
    for match in SENTENCE.finditer(text):
        begins[match.start() + 1 : match.end() + 1] = match.start()
    return begins


def _words(text: str) -> list[tuple[str, int, int]]:
    """Return (word, start, end) of each word or number."""
    end = 0
    found = []
    for piece in pieces(text):
        start = text.index(piece, end)
        end = start + len(piece)
        if piece[0].isalnum():
            found.append((piece, start, end))
    return found


def _in_words(text: str, words: list[tuple[str, int, int]]) -> np.ndarray:
    """Return how many characters of its word are read."""
    read = np.zeros(len(text) + 1, dtype=int)
    for _, start, end in words:
        read[start + 1 : end + 1] = np.arange(1, end - start + 1)
    return read


def _classes(text: str, words: list[tuple[str, int, int]], classes: Mapping[str, str]) -> np.ndarray:
    found = np.full(len(text) + 1, "", dtype=object)
    for word, start, end in words:
        found[start + 1 : end + 1] = classes.get(word.lower(), "")
    return found


def _count(groups: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Return how many counted tokens of the same group there are up to each token; 0 at one that is not counted. Both (T,)."""
    running = np.cumsum(counted)
    begins = np.flatnonzero(np.diff(groups, prepend=groups[0] - 1))
    before = (running - counted)[begins]
    sizes = np.diff([*begins, len(groups)])
    return np.where(counted, running - np.repeat(before, sizes), 0).astype(float)
