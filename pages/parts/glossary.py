"""The glossary: each technical term with its definition in one sentence, in every language, and the page on which it happens.

The terms are `glossary.toml`; the page Words lists them, and `components.term_tips` shows them where they stand on a page.
"""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pages.parts.language import LANGUAGES


@dataclass(frozen=True)
class Term:
    """A term in one language. others: its names in the other languages; forms: all ways to write it; view: of the page, or none."""

    id: str
    name: str
    others: tuple[str, ...]
    forms: tuple[str, ...]
    definition: str
    page: str
    view: str | None


@lru_cache
def terms(language: str) -> tuple[Term, ...]:
    """Return all terms, as a visitor of this language reads them."""
    written = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return tuple(
        Term(
            id=name,
            name=entry[language],
            others=tuple(dict.fromkeys(entry[other] for other in LANGUAGES if entry[other] != entry[language])),
            forms=(entry[language], *entry.get(f"forms_{language}", ())),
            definition=entry[f"say_{language}"],
            page=entry["page"],
            view=entry.get("view"),
        )
        for name, entry in written.items()
    )
