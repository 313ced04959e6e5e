"""Byte-pair merges learned from characters, so that no token joins a part of one character with anything of another.

The `tokenizers` library trains on characters and cannot forbid a merge. Here each character outside ASCII is given to it as two symbols,
the character and its mark; their merge stands for the merges of the character's bytes.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from lmcore.tokenizers.base import ITEM_BREAK

BYTE_OF = {  # the library writes each byte as a printable character
    **{chr(code): code for code in (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))},
    **{chr(0x100 + rank): code for rank, code in enumerate([*range(0x21), *range(0x7F, 0xA1), 0xAD])},
}
NAME_OF = {code: name for name, code in BYTE_OF.items()}
TO_MARK = 0xF0000  # the mark of U+4E00 is U+F4E00: private code points, neither letters, digits nor spaces
LAST_MARKED = 0x1FFFF  # rarer scripts are written in bytes
MARKS = "\U000f0000-\U0010ffff"
MARK = re.compile(f"[{MARKS}]")
WITH_MARKS = (  # the library's own pattern, where a mark belongs to the character before it
    rf"'s|'t|'re|'ve|'m|'ll|'d| ?\p{{L}}[\p{{L}}{MARKS}]*| ?\p{{N}}[\p{{N}}{MARKS}]*| ?[^\s\p{{L}}\p{{N}}]+"
    rf"|\s[\s{MARKS}]*(?=\s|\z)|\s[\s{MARKS}]*"
)


def learn(parts: Iterable[str], size: int) -> tuple[list[str], list[tuple[str, str]]]:
    """Return (names, merges) of at most `size` tokens, the 256 bytes first; nothing is merged across ITEM_BREAK.

    A character and its mark are counted once more than the character stands in the text, so their merge comes before that of either
    with a neighbour. A character that stands once stays bytes.

    >>> names, merges = learn(["我们和他们"], 258)
    >>> [bytes(BYTE_OF[letter] for letter in name).hex(" ") for name in names[256:]]
    ['e4 bb', 'e4 bb ac']
    """
    counts = np.zeros(LAST_MARKED + 1, np.int64)
    marked = [_with_marks(part, counts) for part in parts]
    texts = chain.from_iterable(part.split(ITEM_BREAK) for part in marked)
    alone = [chr(code) + chr(code + TO_MARK) for code in np.flatnonzero(counts > 1)]
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.Split(Regex(WITH_MARKS), "isolated")
    trainer = trainers.BpeTrainer(
        vocab_size=size + 2 * int(np.count_nonzero(counts)),  # symbols included, so at least as many merges as there is room for
        min_frequency=2,  # else each clause of a short text becomes one token
        show_progress=False,
    )
    library.train_from_iterator(chain(texts, alone), trainer)
    return _of_bytes(json.loads(library.to_str())["model"]["merges"], counts, size)


def _with_marks(text: str, counts: np.ndarray) -> str:
    """Return the text with its mark behind each character outside ASCII, which are added to counts (LAST_MARKED + 1,)."""
    if text.isascii():
        return text
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    codes = np.where(codes <= LAST_MARKED, codes, ord(ITEM_BREAK))
    marked = codes > 0x7F
    counts += np.bincount(codes[marked], minlength=len(counts))
    doubled = np.repeat(codes, 1 + marked)
    doubled[np.cumsum(1 + marked)[marked] - 1] += TO_MARK
    return doubled.astype("<u4").tobytes().decode("utf-32-le")


def _of_bytes(merges: list[list[str]], counts: np.ndarray, size: int) -> tuple[list[str], list[tuple[str, str]]]:
    """Return (names, merges) of bytes for merges of characters and marks, as many as have room.

    No merge crosses characters. Those of one character begin with its leading byte (C2 to F4), which stands nowhere else in UTF-8, and
    go on with continuation bytes (80 to BF), which begin no character; all others join whole characters.
    """
    names, found = dict.fromkeys(sorted(BYTE_OF)), {}
    for left, right in _with_beginnings(merges, counts):
        if left + right not in names and len(names) == size:
            break
        names[left + right] = found[left, right] = None
    return list(names), list(found)


def _with_beginnings(merges: list[list[str]], counts: np.ndarray) -> Iterator[tuple[str, str]]:
    """Yield pairs of names; a beginning that characters share comes before those of them that are no more frequent than it is."""
    shared: Counter[str] = Counter()
    for code in np.flatnonzero(counts):
        character = _name(chr(code))
        shared.update({character[:end]: int(counts[code]) for end in range(2, len(character))})
    left_over = sorted((name for name in shared if shared[name] > 1), key=lambda name: (shared[name], -len(name)))
    for left, right in merges:
        if not MARK.fullmatch(right):
            yield _name(left), _name(right)
            continue
        while left_over and shared[left_over[-1]] >= counts[ord(left)]:
            yield _last_pair(left_over.pop())
        yield _last_pair(_name(left))
    yield from map(_last_pair, reversed(left_over))


def _last_pair(name: str) -> tuple[str, str]:
    return name[:-1], name[-1]


def _name(symbols: str) -> str:
    return "".join(map(NAME_OF.__getitem__, MARK.sub("", symbols).encode()))
