"""The words of a text in another order."""

import random

import pytest

from lmcore.inference.alignment import shuffled


@pytest.mark.parametrize("text", ["The cat sat, on the mat.", "从前有一只小狐狸，名叫圆圆。", "one two"])
def test_shuffling_moves_words_and_nothing_else(text):
    other = shuffled(text, random.Random(3))
    assert sorted(other) == sorted(text) and other != text
    marks = [(position, character) for position, character in enumerate(text) if character in ".。"]
    assert [(position, other[position]) for position, _character in marks] == marks


@pytest.mark.parametrize("text", ["", "one", "the the the", "…!"])
def test_what_has_no_other_order_stays(text):
    assert shuffled(text, random.Random(1)) == text
