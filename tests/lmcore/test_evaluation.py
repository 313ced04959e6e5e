"""Bits per byte against sources whose true probability is known: no model needs fewer bits than the true distribution."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest

from lmcore.models import Counts, NgramModel
from lmcore.text.corpus import Corpus, encode
from lmcore.text.text_index import TextIndex
from lmcore.tokenizers import TOKENIZERS
from lmcore.training.evaluation import text_size

LUCK = 30  # bits: a code is that much shorter than the truth once in 2^30 texts (Barron, 1985)
WORDS, MARKS = ["a", "bb", "Cat", "数", "7", "mp3", "U.S."], ['"', "-", "/", ",", "。", "'"]


def by_lot(draw: random.Random, spaces: list[tuple[float, str]], count: int) -> tuple[str, float]:
    """(text, bits of its true probability): words and marks by turns, each by lot, and behind each one of the `spaces` by lot."""
    parts, bits = [], 0.0
    for position in range(count):
        types = (WORDS, MARKS)[position % 2]
        probability, space = draw.choices(spaces, [share for share, _ in spaces])[0]
        parts += [draw.choice(types), space]
        bits += math.log2(len(types)) - math.log2(probability)
    return "".join(parts), bits


SOURCES = {
    "a space or none": [(0.5, ""), (0.5, " ")],
    "mostly a space": [(0.1, ""), (0.9, " ")],
    "never a space": [(1.0, "")],
    "many spaces": [(2.0**-length, " " * length) for length in range(1, 12)] + [(2.0**-11, "")],
    "any white space": [(0.4, " "), (0.3, ""), (0.1, "\n"), (0.1, "\t"), (0.05, "\u3000"), (0.05, " \n")],
}


def measured(source: str, kind: str, vocabulary_size: int):
    """(data, counts of its training split, true bits of its validation split)."""
    draw = random.Random(source)
    train, _ = by_lot(draw, SOURCES[source], 12_000)
    validation, bits = by_lot(draw, SOURCES[source], 3_000)
    corpus = Corpus(train + validation, "stream", train, validation)
    tokenizer = TOKENIZERS[kind].train(train, vocabulary_size)
    data = encode(corpus, tokenizer)
    return data, Counts(TextIndex.of(data, tokenizer.vocabulary_size)), bits


def nats(counts: Counts, order: int, data) -> float:
    return -float(NgramModel(counts, order).token_log_probs(data.validation).sum())


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("kind", "size"), [("character", 600), ("word", 600), ("word", 20), ("subword", 400)])
def test_no_tokenizer_goes_below_the_truth(source, kind, size):
    data, counts, truth = measured(source, kind, size)
    for order in (1, 2, 5):
        assert text_size(data).bits_per_byte(nats(counts, order, data)) >= (truth - LUCK) / data.validation_bytes, order


@pytest.mark.parametrize("source", ["a space or none", "mostly a space", "any white space"])
def test_words_without_their_spaces_would_go_below_the_truth(source):
    data, counts, truth = measured(source, "word", 600)
    assert data.spacing_bits > 100
    total = nats(counts, 2, data)
    assert text_size(replace(data, spacing_bits=0.0)).bits_per_byte(total) < truth / data.validation_bytes
    assert text_size(data).bits_per_byte(total) < 1.1 * truth / data.validation_bytes  # and what is charged is no more than fair


def test_random_spaces_cost_a_bit_each():
    data, _, _ = measured("a space or none", "word", 600)
    assert data.spacing_bits / len(data.validation) == pytest.approx(1, abs=0.02)


def test_the_parts_beside_the_tokens_are_those_of_the_whole():
    data, _, _ = measured("mostly a space", "word", 10)
    spelling, spacing = text_size(data).beside_tokens
    assert spelling == 8 * data.unknown_bytes / data.validation_bytes > 0
    assert spacing == data.spacing_bits / data.validation_bytes > 0
    assert text_size(data).bits_per_byte(0.0) == spelling + spacing


def test_characters_and_subwords_leave_nothing_to_guess():
    for kind in ("character", "subword"):
        data, _, _ = measured("any white space", kind, 600)
        assert text_size(data).beside_tokens == (0.0, 0.0)


def test_words_spelled_at_eight_bits_a_byte_need_no_end():
    """Kraft's inequality over all words of UTF-8 without control characters: 94 of one byte, 1,920 of two …"""
    characters = {1: 94, 2: 1_920, 3: 61_440, 4: 1_048_576}
    one = sum(count * 2.0 ** (-8 * size) for size, count in characters.items())
    assert np.sum(one ** np.arange(1, 200)) < 1
