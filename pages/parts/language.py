"""_() for this visitor's language. English is the source text; .po files are read as they are. Errors in words are `error_sentences`."""

import re
from functools import lru_cache
from pathlib import Path

import streamlit as st
from babel.messages.pofile import read_po

from lmcore.text.decoding import one_line

LANGUAGES = {"en": "English", "zh": "中文"}
LOCALES = {"zh": "zh_CN"}
FOLDER = Path(__file__).parent.parent / "locales"
WISH = re.compile(r"\s*([a-zA-Z]+(?:-\w+)*)\s*(?:;\s*q=([01](?:\.\d+)?))?\s*")  # a language tag and its weight
WORD_JOINER = "\u2060"  # cannot be seen
ADDRESS = re.compile(r"(?<=[a-z]:)(?=//)|(?<=www)(?=\.)|(?<=@)", re.IGNORECASE)  # Markdown makes links of them, escaped or not
MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")  # ASCII punctuation: all that can be Markdown


def _(text: str) -> str:
    return translate(text, current_language())


def together(*sentences: str) -> str:
    """Sentences after one another: Chinese puts no space between them."""
    return ("" if current_language() == "zh" else " ").join(filter(None, sentences))


def current_language() -> str:
    """`lang` in the address wins, then the browser's languages in the order it wishes for them, then English."""
    asked = st.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    return first_known([st.context.locale or "", *wishes(st.context.headers.get("accept-language", ""))])


def first_known(tags: list[str]) -> str:
    """
    >>> first_known(["fr-FR", "zh-TW", "en"]), first_known(["fr-FR"])
    ('zh', 'en')
    """
    return next((code for tag in tags if (code := tag.lower().split("-")[0]) in LANGUAGES), "en")


def wishes(accept_language: str) -> list[str]:
    """The tags of an Accept-Language header, the most wanted first.

    >>> wishes("en;q=0.5, zh-CN, zh;q=0.9, nonsense;q=x")
    ['zh-CN', 'zh', 'en']
    """
    found = filter(None, map(WISH.fullmatch, accept_language[:1000].split(",")))
    return [match[1] for match in sorted(found, key=lambda match: -float(match[2] or 1))]


def translate(text: str, language: str) -> str:
    return catalogue(language).get(text, text)


def catalogue(language: str) -> dict[str, str]:
    """Source text -> translation; read again when the file has changed. Shared, so never written to."""
    if language not in LOCALES:
        return {}
    path = FOLDER / LOCALES[language] / "LC_MESSAGES" / "messages.po"
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> dict[str, str]:
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}


def literal(value):
    """Return text of another visitor for where Streamlit reads Markdown; numbers stay numbers.

    >>> literal("**a** [b](c)"), literal(3)
    ('\\\\*\\\\*a\\\\*\\\\* \\\\[b\\\\]\\\\(c\\\\)', 3)
    """
    return MARKDOWN.sub(r"\\\1", ADDRESS.sub(WORD_JOINER, one_line(value))) if isinstance(value, str) else value
