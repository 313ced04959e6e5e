"""Labels that a text gives each token, on texts short enough to be labelled by hand."""

import numpy as np
import pytest

from lmcore.inspection.labels import distinct, labels
from lmcore.tokenizers import ITEM_BREAK, CharacterTokenizer, SubwordTokenizer, WordTokenizer

FOX = 'A fox said: "I (Nell) saw 3 dogs."\nThen she left. “Go!” cried Tom.'
FOX_TOKENS = ["A", "fox", "said", ":", '"', "I", "(", "Nell", ")", "saw", "3", "dogs", ".", '"', "\n",
              "Then", "she", "left", ".", "“", "Go", "!", "”", "cried", "Tom", "."]  # fmt: skip
FOX_LABELS = {
    "quotes":   [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0],
    "brackets": [0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    "newline":  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    "sentence": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7],
    "word":     [1, 3, 4, 0, 0, 1, 0, 4, 0, 3, 1, 4, 0, 0, 0, 4, 3, 4, 0, 0, 2, 0, 0, 5, 3, 0],
    "capital":  [1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0],
    "number":   [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    "after":    [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    "class:animal": [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
}  # fmt: skip
DOG = "他说：“看见3只狗。”他走了。\n《书》里说「好」"
DOG_LABELS = {  # by characters: 他说：“看见3只狗。”他走了。⏎《书》里说「好」
    "quotes":   [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0],
    "brackets": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0],
    "line":     [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8],
    "sentence": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6, 7, 8],
    "number":   [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    "capital":  [0] * 24,
}  # fmt: skip


def by_name(tokenizer, ids, **chosen) -> dict[str, list[int]]:
    return {label.name: label.values.astype(int).tolist() for label in labels(tokenizer, ids, **chosen)}


def by_characters(text: str) -> dict[str, list[int]]:
    tokenizer = CharacterTokenizer.train(text)
    return by_name(tokenizer, tokenizer.encode(text))


def test_english_by_words():
    tokenizer = WordTokenizer.train(FOX)
    ids = tokenizer.encode(FOX)
    assert [tokenizer.vocabulary[token_id] for token_id in ids] == FOX_TOKENS
    found = by_name(tokenizer, ids, after=int(ids[1]), classes={"fox": "animal", "dogs": "animal"})
    assert {name: found[name] for name in FOX_LABELS} == FOX_LABELS


def test_chinese_by_characters():
    found = by_characters(DOG)
    assert {name: found[name] for name in DOG_LABELS} == DOG_LABELS


def test_chinese_words_are_cut_as_the_tokenizer_of_words_cuts_them():
    tokenizer = WordTokenizer.train(DOG)
    words = tokenizer.texts(tokenizer.encode(DOG))
    lengths = [length for word in words for length in (range(1, len(word) + 1) if word[0].isalnum() else [0])]
    assert by_characters(DOG)["word"] == lengths


def test_a_character_has_the_label_of_what_was_read_with_it():
    assert by_characters("two cats\nI")["word"] == [1, 2, 3, 0, 1, 2, 3, 4, 0, 1]
    assert by_characters("two cats\nI")["line"] == [1, 2, 3, 4, 5, 6, 7, 8, 0, 1]


def test_subwords_share_the_labels_of_the_text():
    tokenizer = SubwordTokenizer.train(FOX * 3, 300)
    ids = tokenizer.encode(FOX)
    read = np.cumsum([len(text) for text in tokenizer.texts(ids)]) - 1  # the last character of each
    subwords, characters = by_name(tokenizer, ids), by_characters(FOX)
    for name in ("quotes", "brackets", "line", "word"):
        assert subwords[name] == [characters[name][index] for index in read]


def test_a_quotation_ends_with_its_paragraph_and_an_item_begins_a_line():
    assert by_characters('"a\n\nb"c')["quotes"] == [1, 1, 1, 0, 0, 1, 1]
    assert by_characters(f"({ITEM_BREAK}b")["brackets"] == [1, 0, 0]
    assert by_characters(f"a{ITEM_BREAK}bc")["line"] == [1, 0, 1, 2]
    assert by_characters(f"a{ITEM_BREAK}bc")["sentence"] == [1, 0, 1, 2]


def test_marks_that_nothing_opened_close_nothing():
    assert by_characters(")a(")["brackets"] == [0, 0, 1]
    assert by_characters("(“a)b”")["brackets"] == [1, 1, 1, 0, 0, 0]
    assert by_characters("“「a」”")["quotes"] == [1, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("It is 3.5 m. Yes.", [0, 13]),
        ("“Why?” asked Tom. No.", [0, 18]),
        ("go on . stop .", [0, 8]),
        ("什么？”他问。好", [0, 4, 7]),
    ],
)
def test_where_sentences_begin(text, begins):
    found = by_characters(text)["sentence"]
    assert [index for index, value in enumerate(found) if value == 1] == begins


def test_a_lone_unknown_token_has_labels_and_none_of_them_varies():
    found = labels(WordTokenizer.train("a b"), [0])
    assert [len(label.values) for label in found] == [1] * len(found)
    assert distinct(found) == []


def test_equal_labels_are_kept_once():
    tokenizer = CharacterTokenizer.train("ab\nc")
    assert [label.name for label in distinct(labels(tokenizer, tokenizer.encode("ab\nc")))] == ["line", "sentence"]
