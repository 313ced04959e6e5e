"""The names follow their rules and are always the same."""

import hashlib
import re

import pytest

from lmcore.text.kinds import items
from sample_corpora import names

ENGLISH = re.compile(
    "({})({})?({})({})".format(
        *("|".join(parts) for parts in (names.FIRST_SYLLABLES, names.MIDDLE_SYLLABLES, names.CONSONANTS, names.ENDINGS))
    )
)
CHINESE = re.compile(f"({'|'.join(names.SURNAMES)})([{names.FIRST}][{names.SECOND}]|[{names.SINGLE}])")


@pytest.mark.parametrize(("text", "rule"), [(names.english(), ENGLISH), (names.chinese(), CHINESE)], ids=["en", "zh"])
def test_3000_different_names_that_follow_the_rule(text, rule):
    lines = items(text, "lines")
    assert len(lines) == len(set(lines)) == 3_000
    assert all(rule.fullmatch(line) for line in lines)


def test_they_are_always_the_same():
    assert (
        hashlib.sha256(names.english().encode()).hexdigest() == "0836a03500957becd26a7eb1750e5b7b59c8b15198df614c28b2cf8c62b8e1fa"
    )
    assert (
        hashlib.sha256(names.chinese().encode()).hexdigest() == "8270bde26389c03fa4f20cd0f634c43e5660c7782f82fee304512b06321037bd"
    )


def test_every_part_occurs():
    english, chinese = names.english(), names.chinese()
    assert all(re.search(f"^{syllable}", english, re.M) for syllable in names.FIRST_SYLLABLES)
    assert all(re.search(f"{ending}$", english, re.M) for ending in names.ENDINGS)
    assert all(re.search(f"^{surname}", chinese, re.M) for surname in names.SURNAMES)
    assert set(names.FIRST + names.SECOND + names.SINGLE) <= set(chinese)


def test_options_come_in_order_of_frequency():
    surnames = [match[1] for match in CHINESE.finditer(names.chinese())]
    counts = [surnames.count(surname) for surname in ("王", "赵", "谭")]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 2 * counts[2]


def test_what_the_descriptions_promise_of_the_rules():
    assert set(re.findall("[Qq].", names.english())) == {"Qu"}
    assert set(re.findall("欧.", names.chinese())) == {"欧阳"}
