"""Tables as they come: quoted, unquoted, with and without a header, label first or last."""

import csv
import io

import pytest

from lmcore.errors import ColumnsMissing, EmptyText
from lmcore.tasks import read_table

ROWS = [
    ("The food, which was late, was cold", "negative"),
    ('They said "never again"', "negative"),
    ("One line\nand another", "positive"),
    ("Quick; friendly | clean", "positive"),
    ("很好，下次还来", "positive"),
    ("I loved it", "positive"),
    ("Not for me", "negative"),
    ("Twice as dear", "negative"),
] * 2


def written(rows, delimiter=",", header=None, quoting=csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting).writerows([*([header] if header else []), *rows])
    return out.getvalue()


@pytest.mark.parametrize("delimiter", list("\t,;|"))
@pytest.mark.parametrize("header", [None, ("text", "label"), ("Review", "Sentiment"), ("评论", "标签")])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_what_csv_writes_is_read(delimiter, header, quoting):
    table = read_table(written(ROWS, delimiter, header, quoting))
    assert table.pairs() == ROWS and table.delimiter == delimiter and table.uneven == 0
    assert table.header == (header or ())


def test_a_label_in_front_is_the_target():
    text = "".join(f"{'ham' if number % 3 else 'spam'}\tmessage number {number}, so what\n" for number in range(30))
    table = read_table(text)
    assert (table.source, table.target, table.header) == (1, 0, ())
    assert table.pairs(0, 1)[0] == ("spam", "message number 0, so what")


@pytest.mark.parametrize("label_first", [True, False])
def test_commas_that_nothing_quotes_do_not_cut_sentences(label_first):
    texts = ["yes, well, fine", "no", "good, but", "it was, in a way, late, cold, and dear", "fine, thanks"] * 6
    labels = ["good", "bad", "good", "bad", "good"] * 6
    lines = [f"{label},{text}" if label_first else f"{text},{label}" for text, label in zip(texts, labels, strict=True)]
    assert read_table("\n".join(lines)).pairs() == list(zip(texts, labels, strict=True))


def test_a_quotation_mark_that_nothing_closes_swallows_no_lines():
    lines = [f"a pipe of {number} inches\tlong" for number in range(200)]
    lines[3] = '"5 inches\tshort'
    table = read_table("\n".join(lines))
    assert len(table.rows) == 200 and table.pairs()[4] == ("a pipe of 4 inches", "long")


@pytest.mark.parametrize("arrow", ["=>", "→", "->"])
def test_pasted_lines_with_an_arrow(arrow):
    assert read_table(f"one, two {arrow} 一\ntwo {arrow} 二\n").pairs() == [("one, two", "一"), ("two", "二")]


def test_of_many_columns_the_text_and_the_label_are_chosen():
    rows = [
        (str(number), "2024-01-01", f"a longer text of number {number}", "yes" if number % 2 else "no") for number in range(40)
    ]
    table = read_table(written(rows, header=("id", "date", "comment", "kept")))
    assert (table.source, table.target) == (2, 3)


def test_two_columns_of_sentences_keep_their_order():
    rows = [(f"sentence {number}", f"第 {number} 句") for number in range(40)]
    assert (read_table(written(rows, "\t")).source, read_table(written(rows, "\t")).target) == (0, 1)
    table = read_table(written([(b, a) for a, b in rows], "\t", header=("translation", "source")))
    assert table.pairs() == rows


def test_ratings_are_labels_and_a_header_of_words_is_no_row():
    rows = [(f"a text of number {number}", str(1 + number % 5)) for number in range(40)]
    table = read_table(written(rows, header=("what they wrote", "points")))
    assert table.header == ("what they wrote", "points") and table.pairs() == rows


def test_rows_of_another_width_are_counted_and_kept():
    table = read_table("a\tb\nc\nd\te\tf\ng\th\ni\tj\n")
    assert table.uneven == 2 and table.pairs()[1:3] == [("c", ""), ("d", "e\tf")]


def test_what_is_no_table_is_refused():
    with pytest.raises(EmptyText):
        read_table(" \n\t\n")
    with pytest.raises(ColumnsMissing):
        read_table("one\ntwo\nthree\n")
