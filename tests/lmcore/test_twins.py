"""Typographic twins: what a training text writes for a sign that it does not have."""

import pytest

from lmcore.text.twins import twins, with_twins
from lmcore.tokenizers import CharacterTokenizer, WordTokenizer

ENGLISH = "“Don’t go,” he said. ‘Why – not…’ (1.5)"
CHINESE = "他说：“好，走吧。”她问：《书》呢？（三）！"


@pytest.mark.parametrize(
    ("trained_on", "typed", "written"),
    [
        (ENGLISH, '"Don\'t go," he said.', "“Don’t go,” he said."),
        (ENGLISH, "'Why not'", "‘Why not’"),
        (ENGLISH, "he said，“go。”", "he said,“go.”"),
        (ENGLISH, "Why － not （１.５）", "Why – not (1.5)"),
        (CHINESE, '他说:"好,走吧."', "他说：“好，走吧。”"),
        (CHINESE, "<书>呢?(三)!", "《书》呢？（三）！"),
        (CHINESE, "「好」", "“好”"),
        ("say hello...", "say hello…", "say hello..."),
        ("nothing of it", "zzz;", "zzz;"),
    ],
)
def test_characters_are_written_as_the_training_text_writes_them(trained_on, typed, written):
    assert with_twins(CharacterTokenizer.train(trained_on), typed) == written


@pytest.mark.parametrize(
    ("trained_on", "typed", "found"),
    [
        ("he didn’t say", "didn't", ["didn’t"]),
        ("he didn't say", "didn’t", ["didn't"]),
        ("好 ，", ",", ["，"]),
        ("“a” ”", '"', ["”", "“"]),  # the most frequent first
        ("Ｎo No", "ＮＯ", []),
        ("ABC 1", "ＡＢＣ", ["ABC"]),
    ],
)
def test_words_have_twins(trained_on, typed, found):
    assert twins(WordTokenizer.train(trained_on), typed) == found


def test_what_stands_before_decides_whether_a_quotation_mark_closes():
    tokenizer = CharacterTokenizer.train(ENGLISH)
    assert with_twins(tokenizer, '"', before="he said: ") == "“"
    assert with_twins(tokenizer, '"', before="he said: “Go.") == "”"
    assert with_twins(tokenizer, "'t", before="“don") == "’t"
