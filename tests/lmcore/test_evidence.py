"""Evidence and copies against a plain search of the text."""

import numpy as np
import pytest

from lmcore.inference.copying import Span, copied, held_out_copied
from lmcore.inference.evidence import before_in_training, evidence, surroundings
from lmcore.text.corpus import Corpus
from lmcore.text.text_index import TextIndex
from lmcore.tokenizers import CharacterTokenizer
from tests.lmcore.examples import KINDS, random_index


def plain_evidence(context, token, index):
    """(length, context_count, count, places) for each length, by looking at every place."""
    ids, found = index.ids.tolist(), []
    for length in range(1, len(context) + 1):
        wanted = context[-length:]
        follows = [position + length for position in range(len(ids) - length) if ids[position : position + length] == wanted]
        positions = [position for position in follows if ids[position] == token]
        found.append((length, len(follows), len(positions), tuple(positions[:3])))
        if not follows or wanted[0] == index.begin_id:
            break
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_evidence_equals_a_plain_search(kind):
    index = random_index(kind, types=4, size=500)
    random = np.random.default_rng(7)
    seen = [index.ids[start : start + 8].tolist() for start in random.integers(0, 490, 30)]
    for context in seen + random.integers(0, 5, (30, 8)).tolist() + [index.ids[-8:].tolist()]:
        for token in (0, 2):
            found = evidence(np.array(context), token, index, most_positions=3)
            assert [(one.length, one.context_count, one.count, one.positions) for one in found] == plain_evidence(
                context, token, index
            )


def test_a_counted_share_and_the_first_context_never_seen():
    found = evidence(np.array([3, 0, 1]), 3, TextIndex(np.array([0, 1, 2, 0, 1, 3]), 4))
    assert [one.share for one in found] == [0.5, 0.5, 0.0]
    assert found[-1].context_count == 0


def test_without_a_context_there_is_nothing_to_show():
    assert evidence(np.array([], dtype=int), 1, random_index("stream")) == []


def test_a_context_at_the_very_end_was_followed_by_nothing():
    found = evidence(np.array([2]), 0, TextIndex(np.array([0, 1, 2]), 3))
    assert [(one.context_count, one.count) for one in found] == [(0, 0)]


def test_places_are_those_of_the_whole_training_split():
    index = TextIndex(np.array([0, 1, 2, 3, 4, 5]), 6, skipped=100)
    assert evidence(np.array([1]), 2, index)[0].positions == (102,)
    assert copied(np.array([1, 2, 3, 4, 5]), index).spans == (Span(0, 5, 101),)
    assert [part.tolist() for part in surroundings(index, 102, width=1)] == [[1], [3]]


@pytest.mark.parametrize(
    ("position", "expected"),
    [(1, ([], [2, 3])), (3, ([1, 2], [])), (4, ([1, 2, 3], [])), (5, ([], [6])), (0, ([], []))],
)
def test_the_surroundings_of_a_position_end_with_its_item(position, expected):
    index = TextIndex(np.array([0, 1, 2, 3, 0, 5, 6, 0]), 7, begin_id=0)
    before, after = surroundings(index, position)
    assert (before.tolist(), after.tolist()) == expected


def test_the_surroundings_in_a_stream():
    before, after = surroundings(TextIndex(np.arange(20), 20), 10, width=3)
    assert (before.tolist(), after.tolist()) == ([7, 8, 9], [11, 12, 13])


@pytest.mark.parametrize("kind", KINDS)
def test_spans_equal_a_plain_search(kind):
    index = random_index(kind, types=3, size=300)
    output = np.append(np.random.default_rng(8).integers(0, 4, 60), index.ids[40:60])
    ids, text = output.tolist(), index.ids.tolist()

    def stands(begin, end):
        """The first place of the training text where output[begin:end] stands; None: nowhere."""
        wanted = ids[begin:end]
        if end > len(ids) or index.begin_id in wanted:
            return None
        return next((position for position in range(len(text)) if text[position : position + len(wanted)] == wanted), None)

    spans = [
        Span(begin, end, stands(begin, end))
        for begin in range(len(ids))
        for end in range(begin + 4, len(ids) + 1)
        if stands(begin, end) is not None and stands(begin, end + 1) is None and (begin == 0 or stands(begin - 1, end) is None)
    ]
    found = copied(output, index, least=4)
    assert list(found.spans) == spans
    assert len(spans) > 3
    inside = {position for span in spans for position in range(span.begin, span.end)}
    assert found.share == len(inside) / (80 - ids.count(index.begin_id))
    assert found.longest == max(span.end - span.begin for span in spans)


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_from_the_training_text_is_all_copied_and_its_shuffled_tokens_are_not(kind):
    index = random_index(kind, types=200, size=5_000)
    cut = index.ids[100:400]
    cut = cut[: np.flatnonzero(cut == 0)[0]] if kind == "lines" and (cut == 0).any() else cut
    found = copied(cut, index)
    assert (found.share, found.longest) == (1.0, len(cut))
    assert found.spans == (Span(0, len(cut), 100),)
    shuffled = copied(np.random.default_rng(1).permutation(cut), index)
    assert (shuffled.share, shuffled.spans) == (0.0, ())
    assert shuffled.longest < 5


def test_items_copied_whole_are_all_copied_though_no_span_holds_a_begin_token():
    index = TextIndex(np.array([0, 1, 2, 3, 4, 5, 0, 5, 4, 3, 2, 1, 0]), 6, begin_id=0)
    found = copied(np.array([5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 0]), index)
    assert found.spans == (Span(0, 5, 7), Span(6, 11, 1))
    assert (found.share, found.longest) == (1.0, 5)


def test_unknown_words_are_not_copied_words():
    index = TextIndex(np.array([1, 2, 3, 0, 4, 5, 6]), 7)
    assert copied(np.array([1, 2, 3, 0, 4, 5, 6]), index).longest == 7
    assert copied(np.array([1, 2, 3, 0, 4, 5, 6]), index, unknown_id=0).longest == 3


def test_four_tokens_are_common_speech():
    index = TextIndex(np.arange(10), 10)
    assert copied(np.array([3, 4, 5, 6, 0]), index).spans == ()
    assert copied(np.array([3, 4, 5, 6, 7]), index).share == 1.0


def test_of_nothing_nothing_is_copied():
    found = copied(np.array([], dtype=int), random_index("stream"))
    assert (found.spans, found.share, found.longest) == ((), 0.0, 0)


@pytest.mark.parametrize(
    ("ids", "begin_id", "before"),
    [
        ([1, 2], None, [5, 6, 7]),  # of its places the one with more before it
        ([5, 6], None, []),
        ([2, 1], None, None),
        ([2, 0, 5, 6, 7, 1, 2, 9], None, None),
        ([6, 7], 0, [5]),
        ([5, 6], 0, []),
        ([1, 2], 0, []),  # it begins an item elsewhere
        ([2, 0, 5], 0, [1]),
    ],
)
def test_what_stands_before_a_text_in_the_training_text(ids, begin_id, before):
    training = [0, 1, 2, 0, 5, 6, 7, 1, 2] if begin_id is not None else [5, 6, 7, 1, 2, 0, 1, 2, 0, 5]
    found = before_in_training(np.array(ids), TextIndex(np.array(training), 10, begin_id), most=3)
    assert (None if found is None else found.tolist()) == before


def test_what_is_copied_is_compared_with_text_that_was_held_out():
    tokenizer = CharacterTokenizer.train("the cat sat")
    index = TextIndex(tokenizer.encode("the cat sat"), tokenizer.vocabulary_size)
    same = Corpus("", "stream", train="the cat sat", validation="the cat")
    assert held_out_copied(same, tokenizer, index).share == 1.0
    assert held_out_copied(Corpus("", "stream", train="the cat sat", validation="tac eht"), tokenizer, index).share == 0.0
    assert held_out_copied(Corpus("", "stream", train="the cat sat", validation=""), tokenizer, index) is None
