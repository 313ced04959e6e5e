"""One token a character: any script, lossless for characters the training text has."""

from collections.abc import Iterable

import numpy as np

from lmcore.tokenizers.base import ITEM_BREAK, OnProgress, checked, chunks, id_type, ignore, vocabulary_of, with_progress

CHUNK = 1 << 16  # characters: small enough to stay in the processor's cache
CODE_POINTS = 0x110000


class CharacterTokenizer:
    """
    >>> tokenizer = CharacterTokenizer.train("banana")
    >>> tokenizer.vocabulary
    ['⟨unk⟩', 'a', 'n', 'b']
    >>> tokenizer.encode("nab!").tolist(), tokenizer.decode([2, 1, 3, 0])
    ([2, 1, 3, 0], 'nab�')
    """

    level = "character"
    unknown_id: int | None = 0

    def __init__(self, characters: list[str]) -> None:
        """characters: of the ids from 1 on; ITEM_BREAK first where the text is made of items."""
        self.characters = characters
        self.vocabulary, self.begin_id = vocabulary_of(characters)
        self.vocabulary_size = len(self.vocabulary)
        codes = np.array([ord(character) for character in characters], dtype=np.int64)
        self._table = np.zeros(max(256, codes.max(initial=0) + 2), dtype=id_type(self.vocabulary_size))
        self._table[codes] = np.arange(1, self.vocabulary_size)
        self._translation = self._table[:256].tobytes() if self._table.itemsize == 1 else None  # of bytes to ids that are bytes

    @classmethod
    def train(cls, text: str, vocabulary_size: int = 100_000, on_progress: OnProgress = ignore) -> "CharacterTokenizer":
        """Return a tokenizer of the characters of a text: the most frequent first, equally frequent ones by code point."""
        counts = np.zeros(CODE_POINTS, dtype=np.int64)
        for chunk in with_progress(chunks(text, 16 * CHUNK), len(text), on_progress):
            found = np.bincount(_codes(chunk))
            counts[: len(found)] += found
        begin = [ITEM_BREAK] if counts[ord(ITEM_BREAK)] else []
        counts[ord(ITEM_BREAK)] = 0
        codes = np.flatnonzero(counts)
        codes = codes[np.argsort(-counts[codes], kind="stable")]
        return cls((begin + [chr(code) for code in codes])[: vocabulary_size - 1])

    def encode(self, text: str, chunk: int = CHUNK, *, on_progress: OnProgress = ignore) -> np.ndarray:
        ids = np.empty(len(text), dtype=self._table.dtype)
        begin = 0
        for part in with_progress(chunks(text, chunk), len(text), on_progress):
            ids[begin : begin + len(part)] = self._ids(part)
            begin += len(part)
        return ids

    def _ids(self, text: str) -> np.ndarray:
        if self._translation and text.isascii():
            return np.frombuffer(text.encode("ascii").translate(self._translation), dtype=np.uint8)
        codes = _codes(text)
        last = len(self._table) - 1  # always <unk>: no character that high was seen
        return self._table[codes if codes.itemsize == 1 else np.minimum(codes, last)]

    def decode(self, ids: Iterable[int]) -> str:
        return "".join(self.texts(ids))

    def texts(self, ids: Iterable[int]) -> list[str]:
        return ["\ufffd" if token_id == 0 else self.characters[token_id - 1] for token_id in ids]

    def offsets(self, text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        starts = np.arange(len(text))
        return self.encode(text), starts, starts + 1

    def unknown_pieces(self, text: str) -> list[str]:
        return [text[index] for index in np.flatnonzero(self.encode(text) == 0)]

    def spacing_bits(self, text: str) -> float:
        return 0.0

    def to_json(self) -> dict:
        return {"level": self.level, "characters": self.characters}

    @classmethod
    def from_json(cls, values: dict) -> "CharacterTokenizer":
        return cls(checked(values["characters"]))


def _codes(text: str) -> np.ndarray:
    """Return (T,) code points; ASCII is not decoded."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
