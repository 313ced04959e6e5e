"""What probes are asked: the exact labels of `labels` in a few classes, and those of the word classes of a grammar."""

from collections.abc import Mapping, Sequence

import numpy as np

from lmcore.inspection.labels import labels
from lmcore.tokenizers import Tokenizer

NONE = -1  # the label of a token that has none
FIRST = (1, 4, 8, 16)  # positions at which a class begins, after that of 0


def of_tokens(tokenizer: Tokenizer, ids: np.ndarray) -> dict[str, np.ndarray]:
    """Return classes 0, 1, … of each token by the name of the label, (N,) each: `labels`, counts and positions in a few classes.

    The position in a word is left out where a token is a whole word, that in a sentence where every line is one. ids: (N,), N ≥ 1.

    >>> from lmcore.tokenizers import CharacterTokenizer
    >>> tokenizer = CharacterTokenizer.train("“Hi” no")
    >>> found = of_tokens(tokenizer, tokenizer.encode("“Hi” no"))
    >>> found["quotes"].tolist(), found["word"].tolist(), found["line"].tolist()
    ([1, 1, 1, 0, 0, 0, 0], [0, 1, 2, 0, 0, 1, 2], [1, 1, 1, 2, 2, 2, 2])
    """
    found = {label.name: label.values.astype(int) for label in labels(tokenizer, ids)}
    found["line"] = np.searchsorted(FIRST, found.pop("newline"), side="right")
    found["sentence"] = np.searchsorted(FIRST, found["sentence"], side="right")
    found["brackets"], found["word"] = np.minimum(1, found["brackets"]), np.minimum(4, found["word"])
    if tokenizer.level == "word":
        del found["word"]
    if np.array_equal(found["sentence"], found["line"]):
        del found["sentence"]
    return found


def of_words(words: Sequence[str], classes: Mapping[str, str], begins: Sequence[bool]) -> dict[str, np.ndarray]:
    """Return "class", the class of each word as a number, and "subject", the number of who acts: 0 one, 1 many, from the noun until the
    verb; (N,) each, NONE where a word has none. begins: whether a token begins a sentence.

    >>> classes = {"dog": "noun, singular", "cows": "noun, plural", "near": "other", "sleeps": "verb, singular"}
    >>> found = of_words(["<begin>", "dog", "near", "cows", "sleeps", "near"], classes, [True] + [False] * 5)
    >>> found["class"].tolist(), found["subject"].tolist()
    ([-1, 1, 2, 0, 3, 2], [-1, 0, 0, 0, -1, -1])
    """
    numbers = {name: number for number, name in enumerate(sorted(set(classes.values())))}
    subject, awaited, subjects = NONE, True, []
    for word, begin in zip(words, begins, strict=True):
        word_class = classes.get(word, "")
        if begin:
            subject, awaited = NONE, True
        if word_class.startswith("verb"):
            subject, awaited = NONE, begin
        elif word_class.startswith("noun") and awaited:
            subject, awaited = int(word_class.endswith("plural")), False
        subjects.append(subject)
    return {"class": np.array([numbers.get(classes.get(word, ""), NONE) for word in words]), "subject": np.array(subjects)}
