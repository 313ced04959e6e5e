"""Byte-level byte-pair encoding (Sennrich et al., 2016) by the `tokenizers` library: lossless, nothing is unknown.

The text is cut at spaces here and each different part encoded once: the same ids as the library gives, in less time and memory.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain, islice

import numpy as np
import regex
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from lmcore.tokenizers.base import BEGIN, ITEM_BREAK, OnProgress, checked, id_type, ignore, joined, with_progress
from lmcore.tokenizers.byte_pairs import BYTE_OF, learn

CHUNK = 1 << 17  # characters: what is cut from them stays in the processor's cache
TRAINED_ON = 10_000_000  # bytes, taken from all over the text
SAMPLED = 1 << 16  # characters of each part
LONGEST_PIECE = 500  # characters that training sees without a cut: its time grows with the square of a piece
LONG_PIECE = 4  # bytes, on average
REMEMBERED = 300_000  # units
LONG_UNIT = 50  # characters
DIVIDER = "\x1f"
SPACE_BEFORE, SPACE_AND_SPACE = re.compile(r" (?=\S)"), re.compile(r" (?!\S)")
PART = 5_000  # characters
MERGES_PER_NAME = 2  # at most: in training a merge makes a new name, or seldom one that another merge has made
SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # as the library's \s; Python's has \x1e too
PIECE = regex.compile(
    rf"\x1e|'s|'t|'re|'ve|'m|'ll|'d| ?\p{{L}}+| ?\p{{N}}+| ?[^{SPACE}\p{{L}}\p{{N}}\x1e]+|[{SPACE}]+(?=[{SPACE}]|\x1e|\Z)|[{SPACE}]+"
)
CHARACTER = re.compile(rb"[\x00-\x7f]|[\xc0-\xff][\x80-\xbf]*|[\x80-\xbf]+")  # or a part of one
SURROGATES = re.compile("[\ud800-\udfff]")


class SubwordTokenizer:
    """
    >>> tokenizer = SubwordTokenizer.train("low lower lowest low low " * 20, vocabulary_size=270)
    >>> tokenizer.decode(tokenizer.encode("lowest 最低"))
    'lowest 最低'
    """

    level = "subword"
    unknown_id: int | None = None

    def __init__(self, names: list[str], merges: list[tuple[str, str]]) -> None:
        """names: of each id, as the library writes them; merges: pairs of names that become one, in order."""
        self.names, self.merges = names, merges
        self.vocabulary_size = len(names)
        self.begin_id = names.index(ITEM_BREAK) if ITEM_BREAK in names else None
        self._bytes = [name.encode() if name == ITEM_BREAK else bytes(BYTE_OF[character] for character in name) for name in names]
        self.vocabulary = [BEGIN if token_id == self.begin_id else readable(piece) for token_id, piece in enumerate(self._bytes)]
        model = models.BPE(vocab={name: token_id for token_id, name in enumerate(names)}, merges=merges)
        self.library = _library(model, with_items=self.begin_id is not None)

    @classmethod
    def train(cls, text: str, vocabulary_size: int = 10_000, on_progress: OnProgress = ignore) -> "SubwordTokenizer":
        parts = with_progress(map(_whole_characters, sample(text)), len(text), on_progress)
        special = [ITEM_BREAK] if ITEM_BREAK in text else []
        names, merges = learn((ITEM_BREAK.join(short_pieces(part)) for part in parts), vocabulary_size - len(special))
        return cls(special + names, merges)

    def encode(self, text: str, chunk: int = CHUNK, *, on_progress: OnProgress = ignore) -> np.ndarray:
        dtype, known = id_type(self.vocabulary_size), {}
        rows = []
        for part in with_progress(safe_chunks(_whole_characters(text), chunk), len(text), on_progress):
            first, *after_space = cut_at_spaces(part)
            if DIVIDER in part or len(part) > LONG_UNIT * len(after_space):  # as in a script without spaces
                rows += self._encode_each(list(safe_chunks(part, PART)), dtype)
                continue
            if len(known) > REMEMBERED:
                known.clear()
            unseen = list(set(after_space).difference(known))
            known.update(zip(unseen, self._encode_divided(unseen, dtype), strict=True))
            rows += self._encode_each([first], dtype)
            rows.append(np.frombuffer(b"".join(map(known.__getitem__, after_space)), dtype))
        return joined(rows, dtype)

    def _encode_each(self, texts: list[str], dtype: type, at_once: int = 32) -> Iterator[np.ndarray]:
        """A few at a time: the library makes an object of each, with the text of each token."""
        for begin in range(0, len(texts), at_once):
            for found in self.library.encode_batch_fast(texts[begin : begin + at_once], add_special_tokens=False):
                yield np.array(found.ids, dtype)

    def _encode_divided(self, units: list[str], dtype: type, at_once: int = 1_000) -> Iterator[bytes]:
        """The ids of each unit with a space before it: many are one text for the library, with dividers between."""
        library, size = self._dividing, np.dtype(dtype).itemsize
        for begin in range(0, len(units), at_once):
            text = DIVIDER.join([" " + unit for unit in units[begin : begin + at_once]])
            ids = np.array(library.encode_batch_fast([text], add_special_tokens=False)[0].ids)
            ends = np.append(np.flatnonzero(ids == self.vocabulary_size), len(ids)) * size  # the divider has the next id
            found, start = ids.astype(dtype).tobytes(), 0
            for end in ends.tolist():
                yield found[start:end]
                start = end + size

    @cached_property
    def _dividing(self) -> Tokenizer:
        library = _library(self.library.model, with_items=self.begin_id is not None)
        library.add_special_tokens([AddedToken(DIVIDER, special=True, normalized=False)])
        return library

    def decode(self, ids: Iterable[int]) -> str:
        return b"".join(self._bytes[token_id] for token_id in ids).decode("utf-8", errors="replace")

    def texts(self, ids: Iterable[int]) -> list[str]:
        found, begun = [], b""
        for token_id in ids:
            *whole, begun = CHARACTER.findall(begun + self._bytes[token_id])
            if _is_text(begun) or token_id == self.begin_id:
                whole, begun = [*whole, begun], b""
            found.append("".join(ITEM_BREAK if part == ITEM_BREAK.encode() else readable(part) for part in whole))
        if begun:
            found[-1] += readable(begun)
        return found

    def offsets(self, text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (ids (T,), starts (T,), ends (T,)). Tokens that are parts of one character have the same start and end."""
        found = self.library.encode(_whole_characters(text), add_special_tokens=False)
        bounds = np.array(found.offsets, dtype=np.int64).reshape(-1, 2)
        return np.array(found.ids, dtype=id_type(self.vocabulary_size)), bounds[:, 0], bounds[:, 1]

    def unknown_pieces(self, text: str) -> list[str]:
        return []

    def spacing_bits(self, text: str) -> float:
        return 0.0

    def to_json(self) -> dict:
        return {"level": self.level, "names": self.names, "merges": [list(pair) for pair in self.merges]}

    @classmethod
    def from_json(cls, values: dict) -> "SubwordTokenizer":
        names, merges = checked(values["names"]), [(left, right) for left, right in values["merges"]]
        if not {*BYTE_OF, *chain.from_iterable(merges), *map("".join, merges)} <= set(names):
            raise ValueError("every byte and every merge must have a name")
        if len(merges) > MERGES_PER_NAME * len(names):
            raise ValueError("there are too many merges")
        return cls(names, merges)


def _library(model: models.BPE, with_items: bool) -> Tokenizer:
    library = Tokenizer(model)
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    library.decoder = decoders.ByteLevel()
    if with_items:
        library.add_special_tokens([AddedToken(ITEM_BREAK, special=True, normalized=False)])
    return library


def cut_at_spaces(text: str) -> list[str]:
    """A text cut at each space before something else, where a piece always begins; those spaces are left out.

    >>> cut_at_spaces("low  lower, lowest")
    ['low ', 'lower,', 'lowest']
    """
    return SPACE_BEFORE.split(text) if SPACE_AND_SPACE.search(text) else text.split(" ")


def readable(piece: bytes) -> str:
    """A text; of a part of a character, and of what cannot be shown, the bytes: those of one character together.

    >>> readable("语".encode()), readable("语".encode()[:2]), readable(b"\\x1b"), readable("语言".encode()[2:4])
    ('语', '<E8 AF>', '<1B>', '<AD><E8>')
    """
    return "".join(part.decode() if _is_text(part) else f"<{part.hex(' ').upper()}>" for part in CHARACTER.findall(piece))


def _is_text(part: bytes) -> bool:
    try:
        text = part.decode()
    except UnicodeDecodeError:
        return False
    return text in "\n\t" or unicodedata.category(text) != "Cc"


def sample(text: str, size: int = TRAINED_ON, chunk: int = SAMPLED) -> Iterator[str]:
    """Return parts from all over a text, at most about `size` bytes in all; the whole text where it is no longer.

    Fewer of a script without spaces: the trainer's memory grows with the length of the different pieces, and there they are long.

    >>> list(sample("one two three four five six", size=18, chunk=6))
    ['one', ' three', ' five']
    """
    begin = text[:100_000]
    bytes_a_character = len(begin.encode("utf-8", "replace")) / max(1, len(begin))
    bytes_a_piece = len(begin) * bytes_a_character / max(1, len(PIECE.findall(begin)))
    every = math.ceil(len(text) * bytes_a_character / (size * min(1, LONG_PIECE / max(1, bytes_a_piece))))
    return islice(safe_chunks(text, chunk), 0, None, max(1, every))


def short_pieces(text: str) -> Iterator[str]:
    """What training reads of a text: its items, cut so that no piece is longer than LONGEST_PIECE characters.

    >>> [len(piece) for piece in short_pieces("天" * 1_200 + "\x1e" + "one two")]
    [500, 500, 200, 7]
    """
    return chain.from_iterable(safe_chunks(item, LONGEST_PIECE) for item in text.split(ITEM_BREAK))


def safe_chunks(text: str, size: int) -> Iterator[str]:
    """Cut where a piece always begins: before a line break or space that follows something else, else before a Chinese
    punctuation mark that follows a letter; anywhere where there is none of them.

    >>> list(safe_chunks("one two three", 6))
    ['one', ' two', ' three']
    """
    begin = 0
    while begin < len(text):
        end = min(begin + size, len(text))
        if end < len(text):
            end = next(
                (position for marks in ("\n", " ", "。，、！？；") if (position := _cut_before(text, marks, begin, end))), end
            )
        yield text[begin:end]
        begin = end


def _cut_before(text: str, marks: str, begin: int, end: int) -> int:
    """Return the last position in the second half of text[begin:end] where one of `marks` follows a character that ends a piece; or 0."""
    for position in sorted((text.rfind(mark, begin + (end - begin) // 2, end) for mark in marks), reverse=True):
        while position > begin and text[position - 1].isspace():
            position -= 1
        if position > begin and (text[position].isspace() or text[position - 1].isalpha()):
            return position
    return 0


def _whole_characters(text: str) -> str:
    """The library refuses halves of characters (lone surrogates)."""
    return text if text.isascii() else SURROGATES.sub("\ufffd", text)
