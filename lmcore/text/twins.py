"""Typographic twins: signs that stand for each other, such as ' and ’ or , and ，, where the training text uses the other one.

A word or character that a tokenizer does not know may differ from one it knows by such signs alone.
"""

import unicodedata
from functools import lru_cache

from lmcore.tokenizers.base import Tokenizer

GROUPS = (
    "'’‘ʼ′＇`´", '"”“„‟»«＂」「』『″', ",，、", ".。．", "!！", "?？", ":：", ";；", "(（", ")）", "[［【", "]］】", "<＜〈《", ">＞〉》",
    "-‐‑‒–—―−－─", "~～〜∼", "·・•‧∙", " \u00a0\u3000\u2002\u2003\u2009\u200a\u202f",
)  # fmt: skip
WIDTHS = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # ＡＢＣ１２３
FOLDED = WIDTHS | {ord(sign): group[0] for group in GROUPS for sign in group}
SPELT = {"…": "...", "—": "--", "–": "-"}  # where no single sign will do
SINGLE = GROUPS[0]


def twins(tokenizer: Tokenizer, piece: str) -> list[str]:
    """Return the words or characters of a vocabulary that differ from an unknown piece by such signs alone, the most frequent first.

    >>> from lmcore.tokenizers import WordTokenizer
    >>> twins(WordTokenizer.train("She didn’t come， no。"), "didn't"), twins(WordTokenizer.train("a b"), "c")
    (['didn’t'], [])
    """
    found = _by_fold(tokenizer).get(piece.translate(FOLDED), [])  # type: ignore[arg-type]  # one of a kind: told apart by identity
    spelt = SPELT.get(piece, "")
    return found or ([spelt] if spelt and not tokenizer.unknown_pieces(spelt) else [])


def with_twins(tokenizer: Tokenizer, text: str, before: str = "") -> str:
    """Return a text with its unknown pieces replaced by their twins; quotation marks open or close by the text before them.

    >>> from lmcore.tokenizers import CharacterTokenizer
    >>> with_twins(CharacterTokenizer.train("“Come，” he said。"), '"Come," he said.')
    '“Come，” he said。'
    """
    ids, starts, ends = tokenizer.offsets(text)
    written, done = before, 0
    for start, end in zip(starts[ids == tokenizer.unknown_id], ends[ids == tokenizer.unknown_id], strict=True):
        written, piece = written + text[done:start], text[start:end]
        choices = twins(tokenizer, piece)
        opens = _opens(written, choices)
        written += next((choice for choice in choices if _is_opening(choice) == opens), choices[0] if choices else piece)
        done = end
    return (written + text[done:])[len(before) :]


def _opens(written: str, choices: list[str]) -> bool:
    """Return whether a quotation mark opens: a double one by counting those before it, a single one where a space precedes it."""
    if not any(choice in SINGLE for choice in choices):
        return sum(map(written.count, filter(_is_opening, choices))) <= sum(map(written.count, choices)) / 2
    return not written or written[-1].isspace() or _is_opening(written[-1])


def _is_opening(sign: str) -> bool:
    return len(sign) == 1 and unicodedata.category(sign) in ("Ps", "Pi", "Pd")


@lru_cache(maxsize=16)
def _by_fold(tokenizer: Tokenizer) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for token_id, name in enumerate(tokenizer.vocabulary):
        if token_id not in (tokenizer.unknown_id, tokenizer.begin_id):
            found.setdefault(name.translate(FOLDED), []).append(name)
    return found
