"""Counts that can be checked by hand."""

import numpy as np
import pytest

from lmcore.text import statistics
from lmcore.text.statistics import frequencies, unknown_share
from lmcore.tokenizers import WordTokenizer


def test_frequencies_by_hand():
    text = "the cat saw the dog and the dog saw a bird"
    tokenizer = WordTokenizer.train(text)
    found = frequencies(tokenizer.encode(text), tokenizer.vocabulary_size)
    assert [tokenizer.vocabulary[token_id] for token_id in found.ids] == ["the", "dog", "saw", "a", "and", "bird", "cat"]
    assert found.counts.tolist() == [3, 2, 2, 1, 1, 1, 1]
    assert (found.tokens, found.types, found.once) == (11, 7, 4)


def test_types_that_do_not_occur_have_no_rank():
    assert frequencies(np.array([3, 3], dtype=np.uint8), vocabulary_size=9).ids.tolist() == [3]


def test_long_texts_are_counted_in_parts(monkeypatch):
    ids = np.random.default_rng(1).integers(0, 50, 1_000).astype(np.uint8)
    whole = frequencies(ids, 50)
    monkeypatch.setattr(statistics, "AT_ONCE", 7)
    assert frequencies(ids, 50).counts.tolist() == whole.counts.tolist()


def test_nothing_has_no_frequencies():
    found = frequencies(np.empty(0, dtype=np.uint8), vocabulary_size=5)
    assert (found.tokens, found.types, found.once) == (0, 0, 0)


@pytest.mark.parametrize(("ids", "share"), [([], 0.0), ([1, 2], 0.0), ([0, 1, 0, 0], 0.75)])
def test_unknown_share(ids, share):
    assert unknown_share(np.array(ids, dtype=np.uint8), unknown_id=0) == share
