"""Texts of prompts and answers, `the tea was cold => negative`: the marker between them, and where each answer begins.

The marker is not kept with a text: it is found in it. What is done with prompts and answers is `lmcore.tasks`.
"""

import numpy as np

from lmcore.text.kinds import guess_kind, items
from lmcore.tokenizers.base import ITEM_BREAK, Tokenizer

MARKERS = ("=>", "⇒", "->", "→", "||", "|", "｜", "\t", "=", "＝")  # the first that is right for every item is taken


def marker_of(text: str, kind: str | None = None) -> str | None:
    """Return the first of MARKERS that stands exactly once in every item, with something before and after it; None where there is
    none, and in running text. kind: of the text; None to guess it.

    >>> marker_of("the tea was good => positive\\nthe tea was cold => negative", "lines")
    '=>'
    >>> marker_of("one => two\\nthree", "lines") is None
    True
    """
    kind = kind or guess_kind(text)
    if kind == "stream":
        return None
    found = items(text, kind)
    return next((marker for marker in MARKERS if found and all(_divides(marker, item) for item in found)), None)


def halves(item: str, marker: str) -> tuple[str, str]:
    """Return (prompt, answer) of an item, without the white space around them.

    >>> halves("the tea => 茶", "=>")
    ('the tea', '茶')
    """
    prompt, _, answer = item.partition(marker)
    return prompt.strip(), answer.strip()


def answer_tokens(marked: str, marker: str, tokenizer: Tokenizer) -> np.ndarray:
    """Return (T,) bool: which tokens of a marked text belong to an answer or end an item.

    marked: as in `Corpus.train`, ITEM_BREAK before, between and after the items. The marker and the white space after it belong to the
    prompt, but for the space that subwords take; a token in which the answer begins belongs to the answer.

    >>> from lmcore.tokenizers import WordTokenizer
    >>> marked = ITEM_BREAK + "good tea => positive" + ITEM_BREAK
    >>> answer_tokens(marked, "=>", WordTokenizer.train(marked)).astype(int).tolist()  # begin, good, tea, =, >, positive, begin
    [0, 0, 0, 0, 0, 1, 1]
    """
    _, starts, ends = tokenizer.offsets(marked)
    breaks = np.array([position for position, character in enumerate(marked) if character == ITEM_BREAK])
    answers = [len(marked)]  # what stands before the first item is no answer
    for begin, end in zip(breaks.tolist(), breaks[1:].tolist(), strict=False):
        after = marked.index(marker, begin, end) + len(marker)
        answers.append(given_until(marked, end - len(marked[after:end].lstrip()), tokenizer))
    return ends > np.array(answers)[np.searchsorted(breaks, starts, side="left")]


def given_until(text: str, answer: int, tokenizer: Tokenizer) -> int:
    """Return where the text that is given before an answer ends. answer: where its first character stands.

    Subwords take the space before a word: it is written with the answer, be it a token of its own or not (`corpus.typed`).
    """
    return answer - 1 if tokenizer.level == "subword" and text[answer - 1] == " " else answer


def _divides(marker: str, item: str) -> bool:
    longer = any(marker in other and other in item for other in MARKERS if other != marker)  # the "=" of "=>" is none
    return item.count(marker) == 1 and not longer and all(halves(item, marker))
