"""Two texts compared: which of their tokens correspond, and how many bits more each pair costs in the second.

What each token costs is `probability.score`.
"""

import difflib
import random
from itertools import zip_longest

import numpy as np

from lmcore.tokenizers import WordTokenizer

Pair = tuple[int | None, int | None]  # positions in the first and the second text


def align(first: list[int], second: list[int]) -> list[Pair]:
    """Return which tokens of two texts correspond, in the order of the second.

    The same tokens in another order are paired one by one, each with the next like it. Otherwise what both have in common is paired
    (Ratcliff and Obershelp, 1988), then what was replaced, token by token; what only one of them has is paired with None.

    >>> align([1, 2, 3], [3, 1, 2])
    [(2, 0), (0, 1), (1, 2)]
    >>> align([1, 2, 3], [1, 4, 5, 3])
    [(0, 0), (1, 1), (None, 2), (2, 3)]
    """
    if sorted(first) == sorted(second):
        positions: dict[int, list[int]] = {}
        for position, token_id in enumerate(first):
            positions.setdefault(token_id, []).append(position)
        return [(positions[token_id].pop(0), position) for position, token_id in enumerate(second)]
    pairs: list[Pair] = []
    for _tag, i, i_end, j, j_end in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        pairs.extend(zip_longest(range(i, i_end), range(j, j_end)))
    return pairs


def differences(pairs: list[Pair], first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the bits that each pair costs more in the second text, (P,); their sum is the difference of the whole.

    first, second: (T,) bits of each token.

    >>> differences([(0, 0), (None, 1)], np.array([3.0]), np.array([1.0, 4.0])).tolist()
    [-2.0, 4.0]
    """
    return np.array([(0.0 if j is None else second[j]) - (0.0 if i is None else first[i]) for i, j in pairs])


def shuffled(text: str, random_numbers: random.Random) -> str:
    """Return the words of a text in another order; punctuation and spaces stay where they are.

    The text is unchanged where all its words are the same.

    >>> shuffled("The cat, the dog.", random.Random(1))
    'dog The, the cat.'
    """
    _ids, starts, ends = WordTokenizer([]).offsets(text)
    spans = [(start, end) for start, end in zip(starts, ends, strict=True) if any(c.isalnum() for c in text[start:end])]
    words = [text[start:end] for start, end in spans]
    other = list(words)
    while other == words and len(set(words)) > 1:
        random_numbers.shuffle(other)
    parts, end = [], 0
    for (start, stop), word in zip(spans, other, strict=True):
        parts += [text[end:start], word]
        end = stop
    return "".join([*parts, text[end:]])
