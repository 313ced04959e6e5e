"""The sorted index finds what a plain search finds, in any text."""

import numpy as np
import pytest

from lmcore.models import Counts, NgramModel
from lmcore.text.corpus import TokenData
from lmcore.text.text_index import TextIndex, suffix_array
from tests.lmcore.examples import random_index

TEXTS = {
    "one token": (np.array([0]), 1),
    "all alike": (np.zeros(500, dtype=np.uint8), 1),
    "a period": (np.tile(np.arange(7), 40), 7),
    "a text and itself": (np.tile(np.random.default_rng(1).integers(0, 50, 200), 2), 50),
    "two types": (np.random.default_rng(2).integers(0, 2, 600), 2),
    "the last id of a byte": (np.array([255, 0, 255, 255, 1, 255], dtype=np.uint8), 256),
    "many types": (np.random.default_rng(3).integers(0, 70_000, 400).astype(np.int32), 70_000),
}


@pytest.mark.parametrize("name", TEXTS)
def test_places_are_sorted_by_all_that_follows(name):
    ids, vocabulary_size = TEXTS[name]
    text = ids.tolist()
    assert suffix_array(ids, vocabulary_size).tolist() == sorted(range(len(text)), key=lambda position: text[position:])


@pytest.mark.parametrize("name", TEXTS)
def test_a_range_holds_every_position_of_a_sequence_and_no_other(name):
    ids, vocabulary_size = TEXTS[name]
    index = TextIndex(ids, vocabulary_size)
    random = np.random.default_rng(4)
    asked = np.append(ids[:30], random.integers(0, vocabulary_size, 10)).astype(ids.dtype)
    ranges = index.ranges(asked, 6)
    assert [len(low) for low, _ in ranges] == [max(0, len(asked) + 1 - length) for length in range(7)]
    for length, (low, high) in enumerate(ranges):
        for start in range(len(low)):
            wanted = asked[start : start + length].tolist()
            positions = [position for position in range(len(ids)) if ids[position : position + length].tolist() == wanted]
            assert sorted(index.order[low[start] : high[start]].tolist()) == positions


def test_common_prefixes_by_hand():
    index = TextIndex(np.array([1, 0, 1, 0, 2]), 3)  # 0 1 0 2 · 0 2 · 1 0 1 0 2 · 1 0 2 · 2
    assert index.common_prefix(5).tolist() == [0, 1, 0, 2, 0]
    assert index.common_prefix(1).tolist() == [0, 1, 0, 1, 0]


@pytest.mark.parametrize("kind", ["stream", "lines"])
def test_kept_as_bytes_it_is_the_same_index(kind):
    index = random_index(kind)
    again = TextIndex.from_bytes(index.to_bytes())
    assert again.order.tolist() == index.order.tolist()
    assert again.ids.dtype == index.ids.dtype
    assert (again.vocabulary_size, again.begin_id, again.skipped) == (7, index.begin_id, 0)
    assert again.opening.tolist() == index.opening.tolist()


def test_counting_models_begin_where_the_network_does():
    train = np.array([1, 2, 3, 4, 5, 6], dtype=np.uint8)
    data = TokenData("stream", train, train[:0], validation_bytes=0, unknown_bytes=0, opening=train[:4])
    index = TextIndex.from_bytes(TextIndex.of(data, 7).to_bytes())
    assert index.opening.tolist() == [1, 2, 3, 4]
    assert NgramModel(Counts(index), 2).start()[0].argmax() == 5  # what came after 4, not after 6


@pytest.mark.parametrize("content", [b"", b"some text", random_index("stream").to_bytes()[:-1]])
def test_other_bytes_are_refused(content):
    with pytest.raises(ValueError, match="not the index of a text"):
        TextIndex.from_bytes(content)


def test_of_a_long_text_the_end_is_indexed(monkeypatch):
    monkeypatch.setattr("lmcore.text.text_index.MOST_TOKENS", 4)
    train = np.array([5, 6, 1, 2, 3, 4], dtype=np.uint8)
    data = TokenData("stream", train, train[:0], validation_bytes=0, unknown_bytes=0, opening=train)
    index = TextIndex.of(data, 7)
    assert (index.ids.tolist(), index.skipped, index.begin_id) == ([1, 2, 3, 4], 2, None)
