"""A table as text, CSV, TSV or two pasted columns, into rows; and which column is the source and which the target.

What rows become is `task.Task.from_pairs`.
"""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lmcore.errors import ColumnsMissing, EmptyText
from lmcore.tasks.task import MOST_LABELS, TIMES_A_LABEL, Pair
from lmcore.text.decoding import is_blank, normalise
from lmcore.text.markers import halves, marker_of

DELIMITERS = "\t,;|"
ARROWS = ("=>", "⇒", "->", "→", "||")  # markers that are also delimiters
LOOKED_AT = 300_000  # characters, to guess the delimiter
MOST_BREAKS = 100  # line breaks in a cell: more are a quotation mark that nothing closes
CONSISTENT = 0.9  # of the lines, in rows of the usual width: a table
SOURCES = {
    "text",
    "sentence",
    "source",
    "prompt",
    "question",
    "input",
    "review",
    "comment",
    "message",
    "content",
    "body",
    "title",
    "headline",
    "english",
    "tweet",
    "sms",
    "document",
    "文本",
    "内容",
    "句子",
    "原文",
    "来源",
    "问题",
    "评论",
    "短信",
    "消息",
    "正文",
    "输入",
    "提示",
    "英文",
    "英语",
}
TARGETS = {
    "label",
    "target",
    "answer",
    "class",
    "category",
    "sentiment",
    "output",
    "reply",
    "response",
    "summary",
    "translation",
    "rating",
    "stars",
    "score",
    "tag",
    "chinese",
    "french",
    "german",
    "spanish",
    "标签",
    "类别",
    "目标",
    "答案",
    "译文",
    "情感",
    "摘要",
    "分类",
    "输出",
    "回答",
    "评分",
    "中文",
    "汉语",
}
NUMBERS = {"id", "nr", "no", "number", "index", "row", "idx", "编号", "序号"}
LABEL_LENGTH = 40  # characters of a label, on average at most
HEADER_LENGTH = 30  # characters of a column's name


@dataclass(frozen=True)
class Table:
    """Rows of equal width, and which two columns make a task, as guessed.

    >>> table = read_table("label,text\\nham,see you at six\\nspam,win a phone now\\n" + "ham,on my way\\n" * 4)
    >>> table.header, table.source, table.target, table.pairs()[0]
    (('label', 'text'), 1, 0, ('see you at six', 'ham'))
    """

    rows: tuple[tuple[str, ...], ...]
    header: tuple[str, ...]  # names of the columns; empty where the first row is none
    source: int
    target: int
    delimiter: str
    uneven: int = 0  # rows of another width: filled up, or what is too much joined to their last cell

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.rows[0])

    def pairs(self, source: int | None = None, target: int | None = None) -> list[Pair]:
        """Return (source, target) of each row. None: the column that was guessed."""
        first, second = self.source if source is None else source, self.target if target is None else target
        return [(row[first], row[second]) for row in self.rows]


def read_table(text: str) -> Table:
    """Return the rows of a table, its header and which columns are source and target.

    The delimiter is the one that gives the most lines the same number of cells. The target is a column of few short values that come
    again and again (labels), else a column so named, else the second. Raises EmptyText or ColumnsMissing.
    """
    text, _ = normalise(text)
    if is_blank(text):
        raise EmptyText()
    rows, delimiter = _rows(text)
    width = Counter(map(len, rows)).most_common(1)[0][0]
    if width < 2:
        raise ColumnsMissing(count=1)
    uneven = sum(len(row) != width for row in rows)
    even = [_even(row, width, delimiter) for row in rows]
    names = [cell.strip().casefold() for cell in even[0]]
    is_header = len(even) > 1 and _is_header(names, even[1:])
    header, body = (tuple(cell.strip() for cell in even[0]), even[1:]) if is_header else ((), even)
    source, target = _columns(names if is_header else [""] * width, list(zip(*body, strict=True)))
    return Table(tuple(map(tuple, body)), header, source, target, delimiter, uneven)


def _rows(text: str) -> tuple[list[list[str]], str]:
    """Return (rows, delimiter)."""
    marker = marker_of(text, "lines")
    if marker in ARROWS:
        return [list(halves(line, str(marker))) for line in text.split("\n") if line.strip()], str(marker)
    sample = text if len(text) <= LOOKED_AT else text[: text.rfind("\n", 0, LOOKED_AT) + 1] or text
    lines = [line for line in sample.split("\n") if line.strip()]
    ways = [(delimiter, quoting) for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE) for delimiter in DELIMITERS]
    shares = {way: _share(_parsed(sample, *way), len(lines)) for way in ways}
    delimiter, quoting = max(ways, key=shares.__getitem__)  # of equals the first
    if shares[delimiter, quoting] < CONSISTENT and (sides := _ends(lines)):  # commas in sentences that nothing quotes
        delimiter, at_the_end = sides
        split = str.rsplit if at_the_end else str.split
        return [split(line, delimiter, maxsplit=1) for line in text.split("\n") if line.strip()], delimiter
    return _parsed(text, delimiter, quoting), delimiter


def _parsed(text: str, delimiter: str, quoting: int) -> list[list[str]]:
    """Return the rows that are not blank; none where a cell is longer than the reader takes."""
    try:
        found = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, quoting=quoting, skipinitialspace=True)  # type: ignore[arg-type]
        return [row for row in found if any(cell.strip() for cell in row)]
    except csv.Error:
        return []


def _share(rows: list[list[str]], lines: int) -> float:
    """Return the share of the lines that lie in rows of the usual width, which is 2 at least."""
    good = [row for row in rows if len(row) > 1 and max(cell.count("\n") for cell in row) <= MOST_BREAKS]
    if not good:
        return 0.0
    width = Counter(map(len, good)).most_common(1)[0][0]
    return sum(1 + sum(len(cell.strip().splitlines()[1:]) for cell in row) for row in good if len(row) == width) / max(1, lines)


def _ends(lines: Sequence[str]) -> tuple[str, bool] | None:
    """Return (delimiter, whether at the end) where the last or the first cell of each line is a label; None where there is none."""
    found: list[tuple[int, str, bool]] = []  # (different labels, delimiter, at the end)
    for delimiter in DELIMITERS:
        if sum(delimiter in line for line in lines) >= CONSISTENT * len(lines):
            sides = {
                True: [line.rsplit(delimiter, 1)[-1] for line in lines],
                False: [line.split(delimiter, 1)[0] for line in lines],
            }
            found += [(len(set(cells)), delimiter, at_the_end) for at_the_end, cells in sides.items() if _is_label(cells)]
    return min(found)[1:] if found else None


def _even(row: list[str], width: int, delimiter: str) -> list[str]:
    if len(row) > width:
        return [*row[: width - 1], delimiter.join(row[width - 1 :])]
    return row + [""] * (width - len(row))


def _is_label(cells: Sequence[str]) -> bool:
    """Whether a column has few short values that come again."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    found = Counter(filled)
    often = [value for value, count in found.items() if count > 1]
    few = 0 < len(often) <= MOST_LABELS and len(found) <= max(MOST_LABELS, len(filled) // 100)
    return few and len(filled) >= TIMES_A_LABEL * len(found) and sum(map(len, found)) <= LABEL_LENGTH * len(found)


def _is_header(names: list[str], body: list[list[str]]) -> bool:
    """Names of columns are known ones, or short where the column is long, or no number where it has numbers alone."""
    if not all(names) or len(set(names)) < len(names) or max(map(len, names)) > HEADER_LENGTH:
        return False
    if any(name in SOURCES | TARGETS | NUMBERS for name in names):
        return not any([cell.strip().casefold() for cell in row] == names for row in body)
    columns = list(zip(*body, strict=True))
    numbers = any(not _is_number(name) and all(map(_is_number, column)) for name, column in zip(names, columns, strict=True))
    return numbers or any(
        _is_label(column) and name not in {cell.strip().casefold() for cell in column} and len(body) > TIMES_A_LABEL
        for name, column in zip(names, columns, strict=True)
    )


def _columns(names: list[str], columns: list[tuple[str, ...]]) -> tuple[int, int]:
    """Return (source, target)."""
    indices = range(len(columns))
    lengths = [float(np.mean([len(cell) for cell in column])) for column in columns]
    labels = [index for index in indices if _is_label(columns[index]) and names[index] not in SOURCES | NUMBERS]
    named = [index for index in indices if names[index] in TARGETS]
    target = next((index for index in named if index in labels), None)
    if target is None:
        target = min(labels, key=lengths.__getitem__) if labels else named[0] if named else None
    counted = {index for index in indices if names[index] in NUMBERS or _counts_up(columns[index])}
    rest = [index for index in indices if index != target and index not in counted] or [
        index for index in indices if index != target
    ]
    if target is None:
        pair = rest[:2] if len(rest) > 1 else [0, 1]
        return pair[0], pair[1]
    return next((index for index in rest if names[index] in SOURCES), max(rest, key=lengths.__getitem__)), target


def _counts_up(column: Sequence[str]) -> bool:
    """Whether a column numbers its rows."""
    return all(map(_is_number, column)) and all(float(one) < float(two) for one, two in pairwise(column))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
