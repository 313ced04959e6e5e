"""How tokens are named and shown: alone, as the next of a text, and side by side in one.

A subword can be a part of a character. It is named by its bytes; in a text the character stands with the part that completes it.
"""

import unicodedata
from collections.abc import Mapping

from lmcore.tokenizers import Tokenizer
from lmcore.tokenizers.base import BEGIN, ITEM_BREAK, UNKNOWN
from pages.parts.language import _

RECENT = 8  # tokens: a character has four bytes at most


def in_text(tokenizer: Tokenizer, ids) -> list[str]:
    """A name for each token of a text; "" for the first parts of a character that a later token completes."""
    names = [spelled(tokenizer.vocabulary[token_id]) for token_id in ids]
    if tokenizer.level != "subword":
        return names
    texts = tokenizer.texts(ids)
    return [name if token_id == tokenizer.begin_id else text for token_id, name, text in zip(ids, names, texts, strict=True)]


def in_a_row(tokenizer: Tokenizer, ids) -> list[str]:
    """The same with the bytes of each part, for tables: a row a token."""
    names = [spelled(tokenizer.vocabulary[token_id]) for token_id in ids]
    shown = in_text(tokenizer, ids)
    completes = [text not in ("", name) and "<" not in text for name, text in zip(names, shown, strict=True)]
    return [f"{name} {text}" if so else name for name, text, so in zip(names, shown, completes, strict=True)]


def next_names(tokenizer: Tokenizer, before, ids) -> dict[int, str]:
    """{id: name} of tokens that may come after others; with the character that one would complete."""
    recent = [int(token_id) for token_id in before[-RECENT:]]
    return {int(token_id): in_a_row(tokenizer, [*recent, int(token_id)])[-1] for token_id in ids}


def spelled(token: str) -> str:
    """Return a token as it is, but <begin> and <unk> in the visitor's language, and by the numbers of its characters a token that cannot
    be seen, unless it is made of usual spaces."""
    if token in (BEGIN, ITEM_BREAK, UNKNOWN):
        return _("⟨unk⟩") if token == UNKNOWN else _("⟨begin⟩")
    return numbered(token) if token.strip(" \n\t") and is_unseen(token) else token


def is_unseen(text: str) -> bool:
    """Return whether no character of a text can be seen: all are spaces, controls or marks without a letter.

    >>> is_unseen("\\u3000\\u200b"), is_unseen(" a")
    (True, False)
    """
    return all(unicodedata.category(character)[0] in "ZCM" for character in text)


def numbered(text: str, names: Mapping[str, str] = {}) -> str:
    """Return the characters of a text by their names, or else their numbers.

    >>> numbered("\\u3000\\t", {"\\t": "tab"})
    'U+3000 tab'
    """
    return " ".join(names.get(character, f"U+{ord(character):04X}") for character in text)


def visible(token: str) -> str:
    """A token as it can be read: line breaks, tabs and spaces get a sign, what else cannot be seen its number.

    >>> visible(" the\\n"), visible("\\u3000")
    ('␣the⏎', 'U+3000')
    """
    return spelled(token).replace(ITEM_BREAK, "¶").replace("\n", "⏎").replace("\t", "⇥").replace(" ", "␣")
