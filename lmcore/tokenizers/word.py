"""One token a word, a number, a punctuation mark or a line break; Chinese is cut into words by rjieba. Spacing is not modelled."""

import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count

import numpy as np
import regex
import rjieba

from lmcore.tokenizers.base import ITEM_BREAK, Tell, checked, chunks, id_type, joined, keep_quiet, telling, vocabulary_of

CHUNK = 1 << 17  # characters: what is cut from them stays in the processor's cache
BREAKS = (ITEM_BREAK + "\n", " \u3000。，、！？；")  # after these a text may be cut without cutting a word
REMEMBERED = 200_000  # spans
ONCE_IS_UNKNOWN_FROM = 2_000  # types
SPAN = re.compile("[^\\s\x1e]+|[\n\x1e]")  # no token has a space in it
PIECE = regex.compile(
    r"(?P<han>\p{Han}+)"
    r"|[\n\x1e]"
    r"|\d\p{M}+"  # a keycap is a digit with marks
    r"|\d+(?!\p{M})(?:[.,:]\d+(?!\p{M}))*%?"
    r"|[\p{L}\p{M}--\p{Han}][\p{L}\p{M}\u200c\u200d--\p{Han}]*(?:['’‘\-][\p{L}\p{M}\u200c\u200d--\p{Han}]+)*"
    r"|\X",
    regex.V1,
)
CHINESE = regex.compile(r"[\p{Han}，。、；：？！“”《》（）]+")  # rjieba takes each of these marks as a word of its own
NO_SPACE_BEFORE = set(".,;:!?%)]}’”…、。，；：！？）】》」』」·～\n")
NO_SPACE_AFTER = set("([{‘“（【《「『\n$£€#@")
WIDE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\u3000-\u303f\uff00-\uffef]")


def pieces(text: str) -> list[str]:
    """
    >>> pieces("Don't stop, 我们学习语言。 It’s 3.5!")
    ["Don't", 'stop', ',', '我们', '学习', '语言', '。', 'It’s', '3.5', '!']
    """
    return [piece for span in spans_of(text) for piece in _cut(span)]


def _cut(span: str) -> list[str]:
    """The tokens of a stretch without spaces; together they are the stretch."""
    if span.isascii():  # most are a word, or a word and a mark: no pattern is needed for them
        if span.isalpha():
            return [span]
        if span[:-1].isalpha() and not span[-1].isalnum():
            return [span[:-1], span[-1]]
    if CHINESE.fullmatch(span):
        return rjieba.cut(span)
    found = []
    for match in PIECE.finditer(span):
        if match.lastgroup == "han":
            found += rjieba.cut(match.group())
        else:
            found.append(match.group())
    return found


class _Remembering(dict):
    """The numbers of a span's tokens, as bytes: worked out once, remembered where the span is short."""

    def __init__(self, number: Callable[[str], int], kind: type):
        self.number, self.kind = number, np.dtype(kind).char

    def __missing__(self, span: str) -> bytes:
        result = array(self.kind, [self.number(piece) for piece in _cut(span)]).tobytes()
        if len(span) <= 24 and len(self) < REMEMBERED:
            self[span] = result
        return result


class WordTokenizer:
    """Case is kept. Words seen only once become <unk> as soon as the text has more than 2,000 different words, so that the
    model learns what an unknown word costs; beyond `vocabulary_size` the rarest do.

    >>> tokenizer = WordTokenizer.train("the cat saw the dog")
    >>> tokenizer.encode("the bird saw").tolist(), tokenizer.decode([1, 2, 4])
    ([1, 0, 4], 'the cat saw')
    """

    kind = "word"
    unknown_id: int | None = 0

    def __init__(self, words: list[str]):
        """words: of the ids from 1 on; ITEM_BREAK first where the text is made of items."""
        self.words = words
        self.vocabulary, self.begin_id = vocabulary_of(words)
        self.vocabulary_size = len(self.vocabulary)
        self._ids = {word: token_id for token_id, word in enumerate(words, start=1)}

    @classmethod
    def train(cls, text: str, vocabulary_size: int = 100_000, tell: Tell = keep_quiet) -> "WordTokenizer":
        """The most frequent words first, equally frequent ones in alphabetical order."""
        return cls.train_and_encode(text, vocabulary_size, tell)[0]

    @classmethod
    def train_and_encode(
        cls, text: str, vocabulary_size: int = 100_000, tell: Tell = keep_quiet
    ) -> tuple["WordTokenizer", np.ndarray]:
        """What `train` gives and what its `encode` gives of the same text, which is cut once: each new word gets the next number,
        and when all are counted the numbers become ids."""
        number_of: dict[str, int] = defaultdict(count().__next__)
        numbers = list(_through(text, number_of.__getitem__, np.int32, CHUNK, tell))
        counts = sum((np.bincount(row, minlength=len(number_of)) for row in numbers), np.zeros(len(number_of), np.int64))
        times = dict(zip(number_of, counts.tolist(), strict=True))
        begin = [ITEM_BREAK] if times.pop(ITEM_BREAK, 0) else []
        least = 2 if len(times) > ONCE_IS_UNKNOWN_FROM and max(times.values()) > 1 else 1
        ordered = sorted((word for word in times if times[word] >= least), key=lambda word: (-times[word], word))
        tokenizer = cls((begin + ordered)[: vocabulary_size - 1])
        kind = id_type(tokenizer.vocabulary_size)
        id_of = np.array([tokenizer._ids.get(word, 0) for word in number_of], kind)
        return tokenizer, joined((id_of[row] for row in numbers), kind)

    def encode(self, text: str, chunk: int = CHUNK, *, tell: Tell = keep_quiet) -> np.ndarray:
        kind = id_type(self.vocabulary_size)
        return joined(_through(text, lambda piece: self._ids.get(piece, 0), kind, chunk, tell), kind)

    def decode(self, ids) -> str:
        text, before = [], "\n"
        for token_id in ids:
            word = "\ufffd" if token_id == 0 else self.words[token_id - 1]
            if needs_space(before, word):
                text.append(" ")
            text.append(word)
            before = word
        return "".join(text)

    def offsets(self, text: str):
        ids, starts, ends = [], [], []
        for match in SPAN.finditer(text):
            end = match.start()
            for piece in _cut(match.group()):
                ids.append(self._ids.get(piece, 0))
                starts.append(end)
                ends.append(end := end + len(piece))
        return np.array(ids, id_type(self.vocabulary_size)), np.array(starts, np.int64), np.array(ends, np.int64)

    def unknown_pieces(self, text: str) -> list[str]:
        return [piece for span in spans_of(text) for piece in _cut(span) if piece not in self._ids]

    def to_json(self) -> dict:
        return {"kind": self.kind, "words": self.words}

    @classmethod
    def from_json(cls, values: dict) -> "WordTokenizer":
        return cls(checked(values["words"]))


def _through(text: str, number: Callable[[str], int], kind: type, size: int, tell: Tell) -> Iterator[np.ndarray]:
    """For each chunk of a text the numbers of its tokens."""
    numbers_of = _Remembering(number, kind)
    for chunk in telling(chunks(text, size, BREAKS), len(text), tell):
        yield np.frombuffer(b"".join(map(numbers_of.__getitem__, spans_of(chunk))), kind)


def spans_of(text: str) -> list[str]:
    """What `SPAN` finds, in half the time."""
    found = []
    for item in text.split(ITEM_BREAK):
        for line in item.split("\n"):
            found += line.split()
            found.append("\n")
        found[-1] = ITEM_BREAK
    return found[:-1]


def needs_space(before: str, word: str) -> bool:
    """Between these two words, as a person would write them."""
    if before[-1] in NO_SPACE_AFTER or word[0] in NO_SPACE_BEFORE or ITEM_BREAK in (before, word):
        return False
    return not (WIDE.match(before[-1]) or WIDE.match(word[0]))
