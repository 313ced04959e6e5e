"""The notices: they have what makes spacing hard, and words give it back."""

import pytest

from lmcore.text.corpus import Corpus
from lmcore.tokenizers import ITEM_BREAK, WordTokenizer
from sample_corpora.notices import NOTICES, text


@pytest.mark.parametrize(
    "written",
    [
        '"Is it far?" asked the U.S. team.',
        "anna@example.org",
        "https://example.org/talks",
        "1st",
        "mp3",
        "and/or",
        "(at most 20 MB)",
        "一个AI workshop",
        "我们用 Python 3.11 ",
        '班长问："',
        "the girls' club",
    ],
)
def test_they_have_what_words_could_lose(written):
    assert written in text()


def test_all_are_different():
    lines = text().splitlines()
    assert len(lines) == len(set(lines)) == NOTICES


def test_every_notice_is_written_as_it_stands_though_it_was_held_back():
    corpus = Corpus.from_text(text(), "lines")
    tokenizer = WordTokenizer.train(corpus.train)
    for split in (corpus.train, corpus.validation):
        assert tokenizer.misplaced(split) == 0
        written = tokenizer.decode(tokenizer.encode(split)).split(ITEM_BREAK)
        assert [line for line in written if "\ufffd" not in line] == [
            line for line in split.split(ITEM_BREAK) if not tokenizer.unknown_pieces(line)
        ]
    assert tokenizer.spacing_bits(corpus.validation) < 0.01 * len(corpus.validation.encode())


def test_by_rule_alone_most_notices_would_be_spaced_wrongly():
    corpus = Corpus.from_text(text(), "lines")
    by_rule = WordTokenizer(WordTokenizer.train(corpus.train).words)
    assert by_rule.misplaced(corpus.validation) > 0.1
