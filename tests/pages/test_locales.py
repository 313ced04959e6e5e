"""Every word of every page exists in every language, with the same places for values."""

import ast
import string
from pathlib import Path

import pytest

from lmcore.errors import BY_CODE
from lmcore.runs.store.limits import documented
from lmcore.text import decoding
from pages.parts.language import LOCALES, catalogue

ROOT = Path(__file__).parent.parent.parent


def said_by_pages() -> dict[str, str]:
    """{source text: where} of each call of _()."""
    found = {}
    for path in sorted((ROOT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "_"
                and path.name != "language.py"
            ):
                assert isinstance(node.args[0], ast.Constant), f"{path.name}:{node.lineno}: _() needs a plain text"
                found[node.args[0].value] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return found


def said_by_lmcore() -> dict[str, str]:
    words = {
        *decoding.SIGNATURES.values(),
        *(meaning for _, _, meaning in documented()),
    }
    return {**{kind.sentence: kind.code for kind in BY_CODE.values()}, **dict.fromkeys(words, "lmcore")}


def placeholders(text: str) -> set[str]:
    return {name.split(".")[0] for _, name, _, _ in string.Formatter().parse(text) if name is not None}


SAID = {**said_by_pages(), **said_by_lmcore()}


@pytest.mark.parametrize("language", LOCALES)
def test_every_text_is_translated(language):
    missing = {text: where for text, where in SAID.items() if not catalogue(language).get(text)}
    assert not missing


@pytest.mark.parametrize("language", LOCALES)
def test_translations_have_the_same_places_for_values(language):
    wrong = {
        text: catalogue(language)[text]
        for text in SAID
        if placeholders(text) != placeholders(catalogue(language).get(text, text))
    }
    assert not wrong


@pytest.mark.parametrize("language", LOCALES)
def test_no_translation_is_left_over(language):
    assert set(catalogue(language)) - set(SAID) == set()
