"""The kind of a text, guessed from its lines: running text, one item a line, or items between blank lines.

The kind decides how a context begins: `stream` (running text, the state is carried on), `lines` (one item a line) or `blocks`
(items between blank lines), each read from the initial state. How a text is split is `corpus`.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
import regex

KINDS = ("stream", "lines", "blocks")
GUESSED_ON = 200_000  # characters
COMPARED = 2_000  # lines: enough to see whether neighbours have more in common than strangers
FEW_LINES = 10
FEW_RECORDS = 20  # different lines: among fewer, a pattern may be chance
SHORT_LINE = 60  # columns
SHORT_HEAD = 30  # characters of a speaker's name
NARROWEST_PAGE = 36  # columns: a list of short names has no margin
LINE_MAY_END = set(".!?,;:。！？，；：、…—”\"'’」』》）)]}>|")
SENTENCE_MAY_END = set(".!?。！？…”\"'’」』)）:：")
SENTENCE_WITHIN = re.compile(r"[a-z0-9)][.!?][”\"’]? +\S|[。！？][”」』]?.")  # more than one sentence in a line
ENDS_SENTENCE = re.compile(r"[.!?。！？…”\"’」』]$")
SPEECH = re.compile(r"[“\"「『‘—–«„]|- ")  # what a line of dialogue in a story begins with
BLANK_LINES = re.compile(r"\n(?:[ \t\u3000]*\n)+")
CODE = re.compile(
    r"""[{}\\]$|[)\]}"'\d];$|["'],$|[\])>]$|\w[(\[].*:$|\w\(|[=!<>+\-*/|&:]=|\w = |->|=>|::|\w="""
    r"""|^(?://|/\*|\*/|<[!/\w]|\.\w|\#[!a-z]|\$|(?:end|else|return|import|begin|then|fi|done|try)\b)"""
)
HEAD = re.compile(r"([^\s:：.。\d][^\t:：.。]*)(?:[:：]|[.。] )")  # "HAMLET. To be", "First Citizen:", "周冲：妈！"
DIGITS = re.compile(r"\d+")
BETWEEN = ("=", "->", "→", ": ", "：", " - ", " – ", " — ")  # two halves of a line, such as a word and its translation
FIELD = re.compile(r"[\s,;|]+")
WORDS = regex.compile(r"\p{Han}\p{Han}|\p{L}{4,}", regex.V1)


def items(text: str, kind: str) -> list[str]:
    """Return the lines or blocks of a text, without empty ones.

    >>> items("one\\n\\ntwo\\nthree\\n", "lines"), items("one\\n\\ntwo\\nthree\\n", "blocks")
    (['one', 'two', 'three'], ['one', 'two\\nthree'])
    """
    parts = text.split("\n") if kind == "lines" else BLANK_LINES.split(text)
    return [stripped for part in parts if (stripped := part.strip("\n").rstrip())]


def guess_kind(text: str) -> str:
    """Return the kind of a text.

    Blocks: blank lines stand between groups that mostly have several short lines, such as poems, dialogues, records. Lines: no line
    goes on in the next, as with names, sentences, tables, and with messages or reviews that have no more to do with their neighbours
    than with any other. All else is a stream: prose, programs, a play with its speeches, a few lines.

    >>> guess_kind("Anna\\nBen\\nCarla\\nDora\\nEmil\\nFrida\\nGustav\\nHanna\\nIda\\nJan\\nKlara\\nLeo")
    'lines'
    >>> guess_kind("A fox saw a bunch of grapes. It jumped, and jumped again.\\n\\nThen it went away.")
    'stream'
    """
    sample = text[:GUESSED_ON]
    if len(sample) < len(text):
        sample = sample[: sample.rfind("\n") + 1] or sample  # whole lines
    rows = sample.rstrip("\n").split("\n")
    lines = [row.strip() for row in rows if row.strip()]
    if len(lines) < FEW_LINES:
        return "stream"
    indented = _share(row[0] in " \t\u3000" for row in rows if row.strip())
    of_code = _share(CODE.search(line) for line in lines)
    if indented > 0.2 and of_code > 0.2:
        return "stream"
    groups = items(sample, "blocks")
    grouped = len(groups) >= 4 and len(rows) - len(lines) > 0.05 * len(rows)
    different = list(dict.fromkeys(lines))
    if not grouped and indented <= 0.2 and _are_records(different):
        return "lines"
    if of_code > 0.5 and _share(" " in line for line in lines) > 0.5:  # words, unlike the formulas of molecules
        return "stream"
    widths = np.array([width(line) for line in lines])
    if _broken_at_margin(lines, widths) > 0.4:
        return "stream"
    if grouped:
        by_heads = _kind_by_heads(list(dict.fromkeys(groups)))
        several = _share("\n" in group for group in groups)
        return by_heads or ("blocks" if several >= 0.6 and np.quantile(widths, 0.8) < SHORT_LINE else "stream")
    if indented > 0.2:
        return "stream"
    of_sentences = _share(SENTENCE_WITHIN.search(line) for line in lines)
    return "lines" if of_sentences <= 0.2 or _are_strangers(different) else "stream"


def _are_records(different: list[str]) -> bool:
    """Return whether the lines have one shape: the same number of fields, two halves, an object each, or a label or number at one end."""
    if len(different) < FEW_RECORDS:
        return False
    for delimiter in "\t,;|":
        try:
            fields = Counter(len(row) for row in csv.reader(different, delimiter=delimiter))
        except csv.Error:
            continue
        most, count = fields.most_common(1)[0]
        if most > 1 and count >= 0.9 * len(different):
            return True
    if any(_share(line.count(sign) == 1 and line[0] != "<" for line in different) >= 0.9 for sign in BETWEEN):
        return True
    if _share(line[0] + line[-1] in ("{}", "[]", "()") for line in different) >= 0.9:
        return True
    return any(_are_labels([FIELD.split(line)[end] for line in different], end) for end in (0, -1))


def _are_labels(ends: list[str], end: int) -> bool:
    """Return whether they are labels, at most ten different ones, numbers apart: `__label__2`, `neg`, `[12:03]`, `Anna:` or `正面`, not the words with which
    sentences begin or end."""
    counted = Counter(DIGITS.sub("0", label) for label in ends)
    often = [label for label, count in counted.items() if count >= 0.02 * len(ends)]
    of_sentences = (lambda word: word.istitle() and "_" not in word and word[-1].isalpha()) if end == 0 else ENDS_SENTENCE.search
    return (
        len(often) <= 10
        and sum(counted[label] for label in often) >= 0.95 * len(ends)
        and not any(of_sentences(label) for label in often)
    )


def _kind_by_heads(groups: list[str]) -> str | None:
    """Return the kind of groups that begin with a name.

    One speaker in each is a play, which goes on from speech to speech; several are a dialogue each; the same name everywhere means
    records, such as questions with their answers."""
    if len(groups) < 4:
        return None
    heads = [_head(group.split("\n", 1)[0]) for group in groups]
    known = {head for head, count in Counter(heads).items() if head and count > 1}
    named = [group for group, head in zip(groups, heads, strict=True) if head in known]
    if len(named) < 0.6 * len(groups):
        return None
    if Counter(heads).most_common(1)[0][1] >= 0.8 * len(groups):
        return "blocks"
    inside = _share(any(_head(line) in known for line in group.split("\n")[1:]) for group in named)
    return "blocks" if inside > 0.3 else "stream"


def _head(line: str) -> str | None:
    """Return the name of a speaker at the beginning of a line or alone on it.

    >>> _head("HAMLET. To be"), _head("First Citizen:"), _head("OPHELIA"), _head("周冲：妈！"), _head("It was late.")
    ('HAMLET', 'First Citizen', 'OPHELIA', '周冲', None)
    """
    line = line.strip()
    if found := HEAD.match(line[: SHORT_HEAD + 2]):
        return found[1].strip()
    return line if len(line) <= SHORT_HEAD and line.isupper() and "\t" not in line else None


def _are_strangers(different: list[str]) -> bool:
    """Return whether lines of several sentences are independent: messages and reviews, not the paragraphs of a story.

    Neighbouring paragraphs share rarer words, names above all, much more often than two paragraphs from anywhere.
    """
    different = different[:COMPARED]
    if len(different) < FEW_RECORDS or _share(SPEECH.match(line) for line in different) > 0.1:
        return False
    if _share(line[-1] not in SENTENCE_MAY_END for line in different) > 0.15:
        return True
    words = [{word.lower() for word in WORDS.findall(line, overlapped=True)} for line in different]
    counted, count = Counter(word for found in words for word in found), len(words)
    weights = {word: np.log(count / seen) for word, seen in counted.items() if 2 <= seen <= max(4, count // 4)}
    rare = [found & weights.keys() for found in words]
    near = np.mean([_common(*pair, weights) for pair in zip(rare, rare[1:], strict=False)])
    far = np.mean([_common(rare[i], rare[(i + count // part) % count], weights) for part in (2, 3, 4, 5) for i in range(count)])
    return bool(near < 2 * far + 0.02)


def _common(one: set[str], other: set[str], weights: dict[str, float]) -> float:
    """Return the weight of the words two lines share, over the weight of the lighter line."""
    shared, lighter = (sum(map(weights.__getitem__, found)) for found in (one & other, min(one, other, key=len)))
    return shared / lighter if lighter else 0.0


def _broken_at_margin(lines: list[str], widths: np.ndarray) -> float:
    """Return the share of lines that fill the page and go on in the next one, in lower case or in a script without case."""
    margin = np.quantile(widths, 0.9)
    if margin < NARROWEST_PAGE:
        return 0.0
    broken = 0
    for line, after, width in zip(lines, lines[1:], widths, strict=False):
        full = 0.85 if after[0].islower() else 0.93  # Chinese lines are as wide as each other
        goes_on = line[-1] not in LINE_MAY_END and after[0].isalpha() and not after[0].isupper()
        broken += goes_on and width >= full * margin
    return broken / len(lines)


def width(line: str) -> int:
    """Return the columns a text takes on a page: a Chinese character takes two."""
    return len(line) + sum(character > "\u2e80" for character in line)


def _share(found: Iterable) -> float:
    """Return the share of true values; 0.0 where there are none."""
    values = [bool(value) for value in found]
    return sum(values) / max(1, len(values))
