"""The kind of a text is guessed: measured on a table of texts of all kinds, in two languages."""

import pytest

from lmcore.text.kinds import guess_kind, items
from tests.lmcore.texts_of_kinds import KIND_OF


@pytest.mark.parametrize("name", KIND_OF)
def test_the_kind_is_guessed(name):
    kind, text = KIND_OF[name]
    assert guess_kind(text) == kind


def test_items_of_each_kind():
    assert items("a \n\n b\nc\n", "lines") == ["a", " b", "c"]
    assert items("a\nb\n \n\u3000\n\n c\n", "blocks") == ["a\nb", " c"]
