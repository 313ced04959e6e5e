"""What probes are asked: exact labels of the tokens of a text, computed from the text itself and from the word classes of a grammar."""

from collections.abc import Mapping, Sequence

import numpy as np

from lmcore.text.corpus import WIDE

OPENING, CLOSING = "“「『", "”」』"
BRACKETS, CLOSED = "([{（【", ")]}）】"
ENDS = ".!?。！？…"
NONE = -1  # the label of a token that has none
FIRST = (1, 4, 8, 16)  # positions at which a class begins, after that of 0


def of_text(texts: Sequence[str], begins: Sequence[bool]) -> dict[str, np.ndarray]:
    """Return classes 0, 1, … of each token by the name of the label, (N,) each. texts: what each token adds to the text; begins: whether
    it begins an item.

    >>> found = of_text(["“", "Hi", "”", "\\n", "no", " 1"], [False] * 6)
    >>> found["quotes"].tolist(), found["capital"].tolist(), found["line"].tolist()
    ([1, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 1, 1, 0, 0, 1])
    """
    rows: dict[str, list[int]] = {name: [] for name in ("quotes", "brackets", "capital", "number", "line", "sentence", "word")}
    quoted = brackets = line = sentence = word = 0
    for text, begin in zip(texts, begins, strict=True):
        if begin:
            quoted = brackets = line = sentence = word = 0
        if "\n" in text:
            line = 0
        for character in text:
            straight = character == '"' and not quoted
            quoted = 1 if character in OPENING or straight else 0 if character in CLOSING + '"' else quoted
            brackets = brackets + 1 if character in BRACKETS else max(0, brackets - 1) if character in CLOSED else brackets
        stripped = text.strip()
        spelled = stripped[-1:].isalnum() and stripped[-1] < WIDE
        word = 0 if not spelled else 1 if text[:1].isspace() else word + 1
        for name, value in (
            ("quotes", quoted),
            ("brackets", min(1, brackets)),
            ("capital", int(stripped[:1].isupper())),
            ("number", int(stripped[:1].isdigit())),
            ("line", _bin(line)),
            ("sentence", _bin(sentence)),
            ("word", min(4, word)),
        ):
            rows[name].append(value)
        line = line if "\n" in text else line + 1
        sentence = 0 if stripped[-1:] and stripped[-1] in ENDS else sentence + 1
    if rows["sentence"] == rows["line"]:  # a text of one sentence a line
        del rows["sentence"]
    return {name: np.array(row) for name, row in rows.items()}


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
        kind = classes.get(word, "")
        if begin:
            subject, awaited = NONE, True
        if kind.startswith("verb"):
            subject, awaited = NONE, begin
        elif kind.startswith("noun") and awaited:
            subject, awaited = int(kind.endswith("plural")), False
        subjects.append(subject)
    return {"class": np.array([numbers.get(classes.get(word, ""), NONE) for word in words]), "subject": np.array(subjects)}


def _bin(position: int) -> int:
    return int(np.searchsorted(FIRST, position, side="right"))
