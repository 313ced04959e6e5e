"""The protocol of tokenizers: text to ids and back, with offsets into the text. Each level has a module of its own."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np

ITEM_BREAK = "\x1e"  # between items of a corpus; a visitor's text never contains it
UNKNOWN = "⟨unk⟩"  # no token of a text can be this: words are cut at these brackets, which `<unk>` in a text does not have
BEGIN = "⟨begin⟩"  # begins an item; predicting it means that the item ends here


OnProgress = Callable[
    [float], None
]  # called with the share of the work that is done (0 to 1); an exception it raises ends the work


def ignore(share: float) -> None:
    """Do nothing: the default of `on_progress`."""


class Tokenizer(Protocol):
    """Text to token ids and back. A text's ids are an array (T,); `decode` and `texts` take any ids."""

    level: str
    vocabulary: list[str]  # a readable text for each id
    unknown_id: int | None  # None: nothing is unknown to it
    begin_id: int | None  # None: trained on running text

    @property
    def vocabulary_size(self) -> int:
        """The number of types, V."""
        ...

    def encode(self, text: str, *, on_progress: OnProgress = ignore) -> np.ndarray:
        """Return the ids (T,) of a text, in the smallest of uint8, uint16, int32 that holds them."""

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ids."""
        ...

    def texts(self, ids: Iterable[int]) -> list[str]:
        """Return what each token adds to the text. A character of several tokens stands with the one that completes it; where nothing
        completes it, its bytes are shown."""

    def offsets(self, text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (ids (T,), starts (T,), ends (T,)): token t is text[starts[t]:ends[t]]."""

    def unknown_pieces(self, text: str) -> list[str]:
        """Return the pieces of a text that are read as <unk>, in order."""

    def spacing_bits(self, text: str) -> float:
        """Return the bits that say where the spaces stand that `decode` has to guess; 0 where nothing is guessed."""

    def to_json(self) -> dict:
        """Return all that makes the same tokenizer again, as JSON holds it."""
        ...


def id_type(vocabulary_size: int) -> type:
    """Return the smallest integer type that holds every id.

    >>> id_type(65).__name__, id_type(300).__name__, id_type(70_000).__name__
    ('uint8', 'uint16', 'int32')
    """
    return np.uint8 if vocabulary_size <= 2**8 else np.uint16 if vocabulary_size <= 2**16 else np.int32


def chunks(text: str, size: int) -> Iterator[str]:
    """
    >>> list(chunks("one two", 4))
    ['one ', 'two']
    """
    for begin in range(0, len(text), size):
        yield text[begin : begin + size]


def with_progress(parts: Iterable[str], size: int, on_progress: OnProgress) -> Iterator[str]:
    """Yield the parts of a text of `size` characters; call `on_progress(share)` after each one.

    >>> list(with_progress(["one ", "two "], 8, print))
    0.5
    1.0
    ['one ', 'two ']
    """
    done = 0
    for part in parts:
        yield part
        done += len(part)
        on_progress(min(1.0, done / size))


def joined(rows: Iterable[np.ndarray], dtype: type) -> np.ndarray:
    """Return the parts joined to one array of ids, (T,); empty where there is none."""
    return np.concatenate([np.empty(0, dtype), *rows])


def vocabulary_of(types: list[str]) -> tuple[list[str], int | None]:
    """Return (vocabulary, begin_id) of a tokenizer with <unk> at 0 and these types from 1 on, ITEM_BREAK first where there is one."""
    return [UNKNOWN] + [BEGIN if name == ITEM_BREAK else name for name in types], 1 if types[:1] == [ITEM_BREAK] else None


def checked(types: Any) -> list[str]:
    """Return the types of a tokenizer read from JSON. Raises ValueError where they are not different non-empty strings.

    >>> checked(["a", "a"])
    Traceback (most recent call last):
    ValueError: types must be different texts
    """
    if not isinstance(types, list) or not all(isinstance(name, str) and name for name in types) or len(set(types)) < len(types):
        raise ValueError("types must be different texts")
    if ITEM_BREAK in types[1:]:
        raise ValueError("the begin token must be the first type")
    return types
