"""The village's table is a probability distribution over good English, and its text follows it."""

import hashlib
import math
from collections import Counter

import pytest

from lmcore.text.corpus import Corpus, encode
from lmcore.tokenizers import WordTokenizer
from lmcore.tokenizers.base import ITEM_BREAK
from lmcore.tokenizers.word import pieces
from sample_corpora.automaton import END, START
from sample_corpora.village import GRAMMAR, TABLE, WORD_CLASSES, text

SINGULAR = {"farmer", "baker", "girl", "dog", "fox"}
PLURAL = {"children", "dogs", "cows", "hens"}
SINGULAR_VERBS = {"feeds", "sells", "waits", "follows", "sleeps"}
PLURAL_VERBS = {"feed", "wait", "follow", "sleep", "play", "swim", "eat"}
FUNCTION_WORDS = {"the", "in", "near", "when", "it", "every", "old", "little"}


def every_sentence(state=START, probability=1.0, words=()):
    """(words, probability) of all there are, by walking through the table: independent of Automaton."""
    for share, word, after in TABLE[state]:
        if after == END:
            yield list(words), probability * share
        else:
            yield from every_sentence(after, probability * share, (*words, word))


SENTENCES = list(every_sentence())


def test_each_word_has_its_class():
    assert set(WORD_CLASSES) == set(GRAMMAR.vocabulary)
    assert {word for word, name in WORD_CLASSES.items() if name == "noun, plural"} == PLURAL
    assert {word for word, name in WORD_CLASSES.items() if name == "verb, singular"} == SINGULAR_VERBS | {"rains", "snows"}


@pytest.mark.parametrize("state", TABLE)
def test_a_row_is_a_distribution_without_two_arrows_for_a_word(state):
    row = TABLE[state]
    assert sum(probability for probability, _, _ in row) == pytest.approx(1, abs=1e-12)
    assert all(probability > 0 for probability, _, _ in row)
    assert len({word for _, word, _ in row}) == len(row)
    assert all((word == END) == (after == END) for _, word, after in row)


def test_every_state_is_used_and_has_a_row():
    assert {after for row in TABLE.values() for _, _, after in row} | {START} == TABLE.keys() | {END}


def test_there_are_9824_sentences_and_their_probabilities_sum_to_one():
    assert len(SENTENCES) == len({tuple(words) for words, _ in SENTENCES}) == 9_824
    assert math.fsum(probability for _, probability in SENTENCES) == pytest.approx(1, abs=1e-12)


def test_log_prob_is_that_of_the_walk():
    for words, probability in SENTENCES[::50]:
        assert GRAMMAR.log_prob(words) == pytest.approx(math.log(probability), abs=1e-9)


def test_entropy_is_that_of_all_sentences_counted_out():
    nats = -math.fsum(probability * math.log(probability) for _, probability in SENTENCES)
    tokens = math.fsum(probability * (len(words) + 1) for words, probability in SENTENCES)
    assert GRAMMAR.entropy() == pytest.approx(nats / tokens, abs=1e-12)
    assert GRAMMAR.entropy() == pytest.approx(0.8564, abs=5e-5)


def test_the_text():
    lines = text().splitlines()
    assert (len(lines), len(text().split()) + len(lines), len(text().encode())) == (8_000, 71_718, 328_754)
    assert hashlib.sha256(text().encode()).hexdigest() == "503cae8f36d413b94c5d211cb7473f7004176a3b53033a025215b81b4beec45f"


def test_the_text_needs_as_many_nats_as_the_truth_says():
    lines = text().splitlines()
    assert all(GRAMMAR.log_prob(line.split()) > -math.inf for line in lines)
    assert GRAMMAR.cross_entropy(lines) == pytest.approx(GRAMMAR.entropy(), abs=0.02)


@pytest.mark.parametrize("prefix", ["", "the", "the dog near the", "when it rains the children", "the baker sells bread"])
def test_words_follow_a_prefix_as_often_as_the_truth_says(prefix):
    words = prefix.split()
    sentences = [[*line.split(), END] for line in text().splitlines()]
    followers = Counter(sentence[len(words)] for sentence in sentences if sentence[: len(words)] == words)
    truth = GRAMMAR.next_word(words)
    assert followers.keys() == truth.keys() and followers.total() > 100
    for word, probability in truth.items():
        spread = math.sqrt(probability * (1 - probability) / followers.total())  # of a share of independent draws
        assert followers[word] / followers.total() == pytest.approx(probability, abs=3.5 * spread)


@pytest.mark.parametrize(
    ("prefix", "verbs"),
    [
        ("the dog near the cows", {"sleeps": 0.5, "waits": 0.3, "follows": 0.2}),
        ("the dogs near the river", {"sleep": 0.45, "wait": 0.3, "follow": 0.25}),
        ("the dogs near the river sleeps", {}),
    ],
)
def test_the_verb_agrees_across_the_nearer_noun(prefix, verbs):
    assert GRAMMAR.next_word(prefix.split()) == verbs


def test_every_sentence_agrees():
    for words, _ in SENTENCES:
        subject = next((word for word in words if word in SINGULAR | PLURAL), None)
        verbs = [word for word in words if word in SINGULAR_VERBS | PLURAL_VERBS]
        assert len(verbs) == (0 if subject is None else 1), words  # "it rains" has no one who acts
        if subject:
            assert (verbs[0] in SINGULAR_VERBS) == (subject in SINGULAR), words


def test_every_sentence_makes_sense():
    for words, _ in SENTENCES:
        names = [word for word in words if word not in FUNCTION_WORDS]
        assert len(names) == len(set(names)), words  # no dog follows a dog, no one near the river waits near the river
        cold = {"winter", "snows"} & set(words)
        assert not ("swim" in words and cold), words
        assert not ("snows" in words and "summer" in words), words


def test_the_word_tokenizer_reads_the_words_of_the_grammar():
    lines = text().splitlines()
    assert all(pieces(line) == line.split() for line in lines)
    assert len(GRAMMAR.vocabulary) == 44
    tokenizer = WordTokenizer.train(Corpus.from_text(text(), "lines").train)
    assert sorted(tokenizer.vocabulary[2:]) == GRAMMAR.vocabulary  # behind <unk> and <begin>


def test_the_floor_under_a_validation_loss_counts_the_same_tokens():
    corpus = Corpus.from_text(text(), "lines")
    lines = corpus.validation.strip(ITEM_BREAK).split(ITEM_BREAK)
    data = encode(corpus, WordTokenizer.train(corpus.train))
    assert sum(len(line.split()) + 1 for line in lines) == len(data.validation) - 1 == 6_984  # the first break is given
    assert GRAMMAR.cross_entropy(lines) == pytest.approx(0.8928, abs=5e-5)
