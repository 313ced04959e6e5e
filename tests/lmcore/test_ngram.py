"""Counting models against hand counts, plain dictionaries and nltk."""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from nltk.lm import MLE, KneserNeyInterpolated, Lidstone, Vocabulary
from nltk.lm.smoothing import KneserNey
from numpy.testing import assert_allclose

from lmcore.errors import SettingNotAChoice, SettingOutOfRange
from lmcore.inference import probability
from lmcore.models import Counts, NgramModel
from lmcore.models.ngram import SMOOTHINGS
from lmcore.text.text_index import TextIndex
from tests.lmcore.examples import KINDS, random_index

ORDERS = (1, 2, 3, 4, 5)

VOCABULARY = ["<unk>", "the", "cat", "sat", "on", "mat", ".", "dog", "saw"]  # V = 9


def ids(words: str) -> np.ndarray:
    return np.array([VOCABULARY.index(word) for word in words.split()], dtype=np.uint8)


TWENTY = Counts(TextIndex(ids("the cat sat on the mat . the dog sat on the mat . the cat saw the dog ."), 9))


def after(model: NgramModel, words: str) -> dict[str, float]:
    """Probability of each type after some words."""
    row = probability.next_token(model, ids(words))
    return dict(zip(VOCABULARY, np.exp(row), strict=True))


def test_twenty_words_counted_by_hand_without_smoothing():
    assert after(NgramModel(TWENTY, 1, "none"), "cat") == pytest.approx(
        {
            "<unk>": 0,
            "the": 6 / 20,
            "cat": 2 / 20,
            "sat": 2 / 20,
            "on": 2 / 20,
            "mat": 2 / 20,
            ".": 3 / 20,
            "dog": 2 / 20,
            "saw": 1 / 20,
        }
    )
    assert after(NgramModel(TWENTY, 2, "none"), "the") == pytest.approx(
        dict.fromkeys(VOCABULARY, 0) | dict.fromkeys(["cat", "mat", "dog"], 1 / 3)
    )
    assert after(NgramModel(TWENTY, 3, "none"), "on the") == pytest.approx(dict.fromkeys(VOCABULARY, 0) | {"mat": 1})
    assert after(NgramModel(TWENTY, 3, "none"), "the dog") == pytest.approx(dict.fromkeys(VOCABULARY, 0) | {"sat": 0.5, ".": 0.5})
    assert after(NgramModel(TWENTY, 5, "none"), "cat saw the dog") == pytest.approx(dict.fromkeys(VOCABULARY, 0) | {".": 1})


def test_without_smoothing_an_unseen_context_is_cut_to_what_was_seen_of_it():
    model = NgramModel(TWENTY, 3, "none")
    assert after(model, "mat the") == after(model, "dog the") == after(NgramModel(TWENTY, 2, "none"), "the")
    assert after(model, "cat <unk>") == after(NgramModel(TWENTY, 1, "none"), "")


def test_twenty_words_with_k_added():
    assert after(NgramModel(TWENTY, 2, "add-k"), "the")["cat"] == pytest.approx((2 + 1) / (6 + 9))
    assert after(NgramModel(TWENTY, 2, "add-k", k=0.5), "the")["saw"] == pytest.approx(0.5 / (6 + 4.5))
    assert after(NgramModel(TWENTY, 1, "add-k"), "")["<unk>"] == pytest.approx(1 / 29)
    assert after(NgramModel(TWENTY, 3, "add-k"), "mat the")["cat"] == pytest.approx(1 / 9)


def test_twenty_words_by_kneser_and_ney_by_hand():
    model = NgramModel(TWENTY, 2)
    # 12 different pairs: five once (cat sat, dog sat, cat saw, saw the, dog .), seven twice
    # tokens in front: the 4 (the beginning, on, ., saw); sat and . 2; cat, on, mat, dog, saw 1; together 13
    first, second = 5 / (5 + 2 * 2), 5 / (5 + 2 * 7)
    assert model.discounts == pytest.approx((first, second))
    mat = (1 - first) / 13 + first * 8 / 13 / 9
    the = (4 - first) / 13 + first * 8 / 13 / 9
    unknown = first * 8 / 13 / 9
    assert after(model, "the")["mat"] == pytest.approx((2 - second) / 6 + second * 3 / 6 * mat)
    assert after(model, "the")["the"] == pytest.approx(second * 3 / 6 * the)
    assert after(model, "saw")["the"] == pytest.approx((1 - second) / 1 + second * 1 / 1 * the)
    assert after(model, "<unk>")["<unk>"] == pytest.approx(unknown)
    alone = 1 / (1 + 2 * 5)  # saw stands once, five words twice
    assert after(NgramModel(TWENTY, 1), "cat")["the"] == pytest.approx((6 - alone) / 20 + alone * 8 / 20 / 9)


def test_a_discount_is_a_half_where_nothing_was_counted_once_or_twice():
    assert NgramModel(Counts(TextIndex(np.tile([1, 2, 3], 50), 4)), 1).discounts == (0.5,)


def plain_ngrams(index: TextIndex) -> dict[int, Counter]:
    """n-grams up to n = 5 as tuples: none reaches over a begin token, the first of which is not predicted."""
    found = defaultdict(Counter)
    ids, begin = index.ids.tolist(), index.begin_id
    for last in range(0 if begin is None else 1, len(ids)):
        for length in range(1, 6):
            ngram = tuple(ids[last + 1 - length : last + 1])
            if last + 1 >= length and begin not in ngram[1:-1]:
                found[length][ngram] += 1
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [1, 2])
def test_counts_and_continuations_equal_plain_dictionaries(kind, seed):
    index = random_index(kind, types=4, size=400, seed=seed)
    plain = plain_ngrams(index)
    beginning = {tuple(index.ids[:length].tolist()) for length in range(1, 6)} if kind == "stream" else set()
    for length, order in enumerate(Counts(index).orders, start=1):
        names = [tuple(index.ids[start : start + length].tolist()) for start in index.order[order.starts]]
        assert names == sorted(plain[length])
        assert [name[-1] for name in names] == order.tokens.tolist()
        assert np.diff(order.counts).tolist() == [plain[length][name] for name in names]
        if length < 5:
            in_front = Counter(longer[1:] for longer in plain[length + 1])
            expected = [
                plain[length][name] if length > 1 and name[0] == index.begin_id else in_front[name] + (name in beginning)
                for name in names
            ]
            assert np.diff(order.continuations).tolist() == expected


class UniformBelow(KneserNey):
    """nltk's estimator, its discount set to ours at each length, the uniform distribution below its shortest context,
    and nothing in front of a begin token."""

    def __init__(self, vocabulary, counter, order, discounts, begin):
        super().__init__(vocabulary, counter, order)
        self.discounts, self.begin = discounts, begin

    def unigram_score(self, word):
        count, total = self._continuation_counts(word)
        types = sum(self._continuation_counts(other)[0] > 0 for other in self.vocab)
        return (max(count - self.discounts[0], 0) + self.discounts[0] * types / len(self.vocab)) / total

    def alpha_gamma(self, word, context):
        self.discount = self.discounts[len(context)]
        if context[0] != self.begin:
            return super().alpha_gamma(word, context)
        counts = self.counts[context]
        return max(counts[word] - self.discount, 0) / counts.N(), self.discount * len(counts) / counts.N()


def fitted(model, index: TextIndex):
    """nltk's model with the n-grams of an index; a stream is padded at its beginning."""
    ids = index.ids.tolist()
    if index.begin_id is not None:
        model.counts.update([[ngram] * count for found in plain_ngrams(index).values() for ngram, count in found.items()])
        return model
    padded = ["<s>"] * 4 + ids
    model.counts.update([tuple(padded[end - length : end]) for length in range(1, 6)] for end in range(5, len(padded) + 1))
    return model


def contexts(index: TextIndex, order: int) -> list[list[int]]:
    """Contexts of n - 1 tokens: some of the text, some by lot (few of them were ever seen); in items some begin one."""
    random = np.random.default_rng(5)
    found = [index.ids[start : start + order - 1].tolist() for start in random.integers(0, len(index.ids) - 5, 20)]
    found += random.integers(0, index.vocabulary_size, (20, order - 1)).tolist()
    if index.begin_id is not None:
        found = [context for context in found if index.begin_id not in context]
        found += [[index.begin_id, *context[:length]] for context in found for length in range(order - 1)]
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("smoothing", "order"),  # nltk has no Kneser-Ney model without a context
    [(smoothing, order) for smoothing in SMOOTHINGS for order in ORDERS if (smoothing, order) != ("kneser-ney", 1)],
)
def test_probabilities_equal_those_of_nltk(kind, smoothing, order):
    index = random_index(kind, types=6, size=250, seed=order)
    model = NgramModel(Counts(index), order, smoothing, k=0.3)
    vocabulary = Vocabulary(range(index.vocabulary_size - 1), unk_label=index.vocabulary_size - 1)
    assert len(vocabulary) == index.vocabulary_size
    if smoothing == "none":
        other = fitted(MLE(order, vocabulary=vocabulary), index)
    elif smoothing == "add-k":
        other = fitted(Lidstone(0.3, order, vocabulary=vocabulary), index)
    else:
        other = fitted(KneserNeyInterpolated(order, vocabulary=vocabulary), index)
        other.estimator = UniformBelow(vocabulary, other.counts, order, model.discounts, index.begin_id)
    compared = 0
    for context in contexts(index, order):
        known = tuple(context)
        if smoothing == "none" and known and not other.counts[known].N():
            continue  # nltk gives 0 to every type
        expected = [other.unmasked_score(token, known) for token in range(index.vocabulary_size)]
        assert_allclose(np.exp(probability.next_token(model, np.array(context, dtype=int))), expected, atol=1e-12)
        compared += 1
    assert compared >= 10


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize("order", ORDERS)
def test_every_row_sums_to_one_whatever_the_context(kind, smoothing, order):
    model = NgramModel(Counts(random_index(kind, types=60, size=3_000)), order, smoothing, k=0.01)
    text = np.append(np.random.default_rng(9).integers(0, 61, 200), model.index.ids[:200])
    assert_allclose(np.exp(model.log_probabilities(text)).sum(axis=1), 1, atol=1e-9, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize("order", ORDERS)
def test_the_log_probabilities_of_a_text_are_those_of_its_rows(kind, smoothing, order):
    model = NgramModel(Counts(random_index(kind)), order, smoothing)
    text = np.append(np.random.default_rng(3).integers(0, 7, 100), model.index.ids[:50])
    assert_allclose(model.token_log_probs(text), model.log_probabilities(text)[np.arange(150), text], atol=1e-12)


@pytest.mark.parametrize("text", [[], [6], [0, 0, 0]])
def test_short_texts_are_scored(text):
    model = NgramModel(Counts(random_index("lines")), 5)
    assert_allclose(
        model.token_log_probs(np.array(text)), [row[token] for row, token in zip(fold(model, text), text, strict=True)]
    )


def fold(model, text):
    row, state = model.start()
    for token in text:
        yield row
        row, state = model.step(state, token)


def test_without_smoothing_what_was_never_seen_is_impossible_and_the_perplexity_infinite():
    model = NgramModel(TWENTY, 2, "none")
    score = probability.score(model, ids("the cat the"))
    assert score.log_probs[2] == -math.inf
    assert score.perplexity == math.inf


@pytest.mark.parametrize("order", ORDERS)
def test_smoothed_by_kneser_and_ney_everything_is_possible(order):
    model = NgramModel(TWENTY, order)
    assert all(probability > 0 for words in ("", "the", "the cat", "<unk> saw") for probability in after(model, words).values())


def test_a_stream_begins_with_the_end_of_the_training_text():
    model = NgramModel(TWENTY, 3, "none")
    assert after(model, "") == after(model, "dog .")


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize("order", ORDERS)
def test_a_context_never_reaches_over_a_begin_token(order, smoothing):
    model = NgramModel(Counts(random_index("lines")), order, smoothing)
    assert_allclose(probability.next_token(model, np.array([3, 1, 0])), model.start()[0], atol=0)
    assert_allclose(probability.next_token(model, np.array([4, 5, 0, 2])), probability.next_token(model, np.array([2])), atol=0)


def test_a_text_of_one_item_that_never_ends():
    model = NgramModel(Counts(TextIndex(np.array([0, 1, 2]), 3, begin_id=0)), 2, "none")
    assert np.exp(model.start()[0]).tolist() == [0, 1, 0]
    assert np.exp(probability.next_token(model, np.array([2]))).tolist() == [0, 0.5, 0.5]  # nothing was seen after 2


@pytest.mark.parametrize("settings", [{"order": 0}, {"order": 6}, {"order": 2, "k": 0}, {"order": 2, "k": math.nan}])
def test_settings_outside_their_range_are_refused(settings):
    with pytest.raises(SettingOutOfRange):
        NgramModel(TWENTY, **settings)


def test_an_unknown_smoothing_is_refused():
    with pytest.raises(SettingNotAChoice, match="kneser-ney, add-k, none"):
        NgramModel(TWENTY, 2, "good-turing")
