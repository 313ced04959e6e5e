"""What each kind would mean for a text, and what is said where the end of a stream is not like the rest."""

import random

import pytest

from lmcore.text.corpus import Corpus
from lmcore.text.splits import Meaning, meaning, oddities
from tests.lmcore.texts_of_kinds import KIND_OF, chinese_paragraphs, english_paragraphs, made, review

ENGLISH, CHINESE = "\n".join(english_paragraphs(300)), "\n".join(chinese_paragraphs(300))
LICENCE = " ".join(
    f"{verb} {noun} warranties hereunder notwithstanding merchantability {noun}" for verb, noun in zip(
        ("redistribute", "indemnify", "sublicense", "terminate") * 15, ("liability", "trademark", "provisions", "disclaimer", "royalties") * 12,
        strict=True,
    )
)  # fmt: skip


def test_each_kind_in_a_text_s_own_lines():
    text = "Roses are red,\nviolets are blue.\n\n" + "\n\n".join(f"Line {n} is here,\nand it goes on." for n in range(99))
    as_lines, as_blocks, as_stream = (meaning(Corpus.from_text(text, kind)) for kind in ("lines", "blocks", "stream"))
    assert (as_lines.items, as_lines.before, as_lines.behind) == (200, "Roses are red,", "violets are blue.")
    assert (as_blocks.items, as_blocks.before, as_blocks.behind) == (
        100,
        "Roses are red, violets are blue.",
        "Line 0 is here, and it goes on.",
    )
    assert (as_lines.held_items, as_blocks.held_items, as_stream.held_items) == (20, 10, 0)
    assert len(as_lines.held_out) == len(as_blocks.held_out) == 2 and as_blocks.held_out[0].endswith("is here, and it goes on.")
    assert as_stream.before.endswith(("here,", "and it goes on.")) and as_stream.held_out == (as_stream.behind,)
    assert 0.09 < as_stream.share < 0.12


def test_a_short_text_holds_nothing_out():
    assert meaning(Corpus.from_text("one\ntwo", "lines")) == Meaning("lines", 2, "one", "two", (), 0, 0.0)
    assert meaning(Corpus.from_text("one", "blocks")) == Meaning("blocks", 1, "one", "", (), 0, 0.0)
    assert meaning(Corpus.from_text("one two", "stream")) == Meaning("stream", 0, "one two", "", (), 0, 0.0)


ODD = {  # text read as a stream -> what is said: the code and some of its values
    "a story": (ENGLISH, []),
    "a Chinese story": (CHINESE, []),
    "English, then Chinese": (ENGLISH + "\n" + CHINESE[: len(ENGLISH) // 9], [("new_words", {})]),
    "Chinese, then English": (CHINESE + "\n" + ENGLISH[: len(CHINESE) // 9], [("new_words", {})]),
    "a licence at the end": (ENGLISH + "\n" + LICENCE, [("new_words", {})]),
    "sorted by a label in front": (KIND_OF["a table sorted by its label"][1], [("one_sided", {"where": "begin", "label": "1", "held_out": 0.0})]),
    "sorted by a label behind": (
        "\n".join(f"{line} {'pos' if n < 90 else 'neg'}" for n, line in enumerate(made(review))),
        [("one_sided", {"where": "end", "label": "pos", "held_out": 0.0})],
    ),
    "the same page again": ((page := "\n".join(english_paragraphs(30))) + "\n" + page, [("repeated", {"share": 1.0})]),
    "a refrain": ("\n".join(f"verse {n} of the song goes on\nand on and on, like the sea." for n in range(200)), [("repeated", {})]),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_what_is_odd_about_the_end_of_a_stream(case):
    text, expected = ODD[case]
    found = oddities(Corpus.from_text(text, "stream"))
    assert [code for code, _ in found] == [code for code, _ in expected]
    for (_, values), (_, wanted) in zip(found, expected, strict=True):
        assert (
            {name: values[name] for name in wanted} == pytest.approx(wanted)
            if wanted.get("share")
            else wanted.items() <= values.items()
        )


def test_items_held_out_by_lot_are_like_the_rest():
    assert oddities(Corpus.from_text(KIND_OF["a table sorted by its label"][1], "lines")) == []


def test_a_sorted_table_that_is_shuffled_is_not_one_sided():
    lines = KIND_OF["a table sorted by its label"][1].splitlines()
    random.Random(0).shuffle(lines)
    assert oddities(Corpus.from_text("\n".join(lines), "stream")) == []
