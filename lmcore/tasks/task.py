"""A task: prompts with their answers, `the tea was cold => negative`, in training and held-out pairs.

Pairs from a table are cleaned and split by source (`from_pairs`), those of a run's own text as the run splits it (`from_text`). What a
model makes of a prompt is `asking`, how often it is right `scoring`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from lmcore.errors import MarkerMissing, OneLabelOnly, TargetsMissing, TooFewPairs, TooManyPairs
from lmcore.text.corpus import Corpus
from lmcore.text.decoding import normalise
from lmcore.text.markers import MARKERS, halves, marker_of
from lmcore.tokenizers.base import ITEM_BREAK

MOST_PAIRS = 100_000
FEWEST_SOURCES = 10
MOST_LABELS = 20
TIMES_A_LABEL = 3  # on average: answers that come fewer times are no classes
SEPARATOR = f" {MARKERS[0]} "

Pair = tuple[str, str]  # (prompt, answer)


@dataclass(frozen=True)
class Cleaning:
    """What was done to the rows of a table before they became a task."""

    rows: int = 0
    empty: int = 0  # rows left out because source or target is empty
    duplicates: int = 0  # rows left out because an equal one was there before
    line_breaks: int = 0  # cells in which line breaks and tabs became spaces
    contradicting: int = 0  # different sources that stand with several targets
    seen_once: tuple[str, ...] = ()  # labels of one row, which stays in training
    removed: tuple[str, ...] = ()  # markers that stood once in every row, and became spaces


@dataclass(frozen=True)
class Task:
    """Prompts with their answers. No source of a held-out pair is a source in training, in whatever case.

    >>> task = Task.from_pairs([(f"{a} and {b}", str(a + b)) for a in range(9) for b in range(9)])
    >>> len(task.training), len(task.held_out), task.marker
    (73, 8, '=>')
    >>> task.text.splitlines()[0]
    '0 and 0 => 0'
    """

    marker: str
    training: tuple[Pair, ...]
    held_out: tuple[Pair, ...]
    separator: str = SEPARATOR  # marker and white space, as they stand in the text
    cleaning: Cleaning = field(default_factory=Cleaning)

    @property
    def text(self) -> str:
        """The training pairs as a text, one a line."""
        return "".join(f"{prompt}{self.separator}{answer}\n" for prompt, answer in self.training)

    @property
    def labels(self) -> tuple[str, ...]:
        """The different answers, the most frequent first, where they are at most MOST_LABELS classes; else empty."""
        return labels_of(self.training)

    @classmethod
    def from_pairs(cls, pairs: Iterable[Pair], held_out: float = 0.1, seed: int = 0) -> "Task":
        """Return a task of the rows of a table. held_out: the share of the different sources that is held out, at random.

        Cells become one line each, rows with an empty cell and repeated rows are left out; `cleaning` says how many. The marker is the
        first that stands in no cell. Raises TargetsMissing, OneLabelOnly, TooFewPairs or TooManyPairs.
        """
        rows = list(pairs)
        if len(rows) > MOST_PAIRS:
            raise TooManyPairs(count=len(rows), limit=MOST_PAIRS)
        cells = [(_one_line(prompt), _one_line(answer)) for prompt, answer in rows]
        filled = [pair for pair in cells if all(pair)]
        kept = list(dict.fromkeys(filled))
        if cells and not any(answer for _, answer in cells):
            raise TargetsMissing(count=len(cells))
        marker = next(marker for marker in MARKERS if not any(marker in cell for pair in kept for cell in pair))
        separator = f" {marker} " if marker.strip() else marker
        kept, removed = _without_others(kept, marker, separator)
        by_source: dict[str, list[Pair]] = {}
        for pair in kept:
            by_source.setdefault(_source(pair), []).append(pair)
        if len(by_source) < FEWEST_SOURCES:
            raise TooFewPairs(count=len(by_source), needed=FEWEST_SOURCES)
        answers = Counter(answer for _, answer in kept)
        if len(answers) == 1:
            raise OneLabelOnly(label=kept[0][1], count=len(kept))
        apart = _held_out(by_source, labels_of(kept), held_out, seed)
        return cls(
            marker=marker,
            training=tuple(pair for pair in kept if _source(pair) not in apart),
            held_out=tuple(pair for pair in kept if _source(pair) in apart),
            separator=separator,
            cleaning=Cleaning(
                rows=len(rows),
                empty=len(cells) - len(filled),
                duplicates=len(filled) - len(dict.fromkeys(filled)),
                line_breaks=sum(len(cell.strip().splitlines()) > 1 or "\t" in cell.strip() for pair in rows for cell in pair),
                contradicting=sum(len({answer for _, answer in found}) > 1 for found in by_source.values()),
                seen_once=tuple(label for label in labels_of(kept) if answers[label] == 1),
                removed=removed,
            ),
        )

    @classmethod
    def from_text(cls, text: str, kind: str | None = None) -> "Task":
        """Return the task of a text that has a marker. What a run on this text holds back for validation is held out, but for prompts
        that stand in training with another answer. Raises MarkerMissing or EmptyText.

        >>> Task.from_text("a => b\\nc => d", "lines").training
        (('a', 'b'), ('c', 'd'))
        """
        corpus = Corpus.from_text(text, kind)
        marker = marker_of(corpus.text, corpus.kind)
        if marker is None:
            raise MarkerMissing()
        items = [[item for item in part.split(ITEM_BREAK) if item] for part in (corpus.train, corpus.validation)]
        training, held_out = (tuple(dict.fromkeys(halves(item, marker) for item in part)) for part in items)
        sources = {_source(pair) for pair in training}
        written = Counter(_separator(item, marker) for item in items[0])
        return cls(
            marker, training, tuple(pair for pair in held_out if _source(pair) not in sources), written.most_common(1)[0][0]
        )


def labels_of(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Return the different answers, the most frequent first, where they are classes: at most MOST_LABELS, and repeated.

    >>> labels_of([("a", "no"), ("b", "yes"), ("c", "no"), ("d", "no"), ("e", "yes"), ("f", "no")])
    ('no', 'yes')
    """
    found = Counter(answer for _, answer in pairs)
    if not 1 < len(found) <= MOST_LABELS or len(pairs) < TIMES_A_LABEL * len(found):
        return ()
    return tuple(sorted(found, key=lambda label: (-found[label], label)))


def _one_line(cell: str) -> str:
    return " ".join(normalise(cell)[0].split())


def _source(pair: Pair) -> str:
    """What tells prompts apart: upper and lower case do not."""
    return pair[0].casefold()


def _separator(item: str, marker: str) -> str:
    before, _, after = item.partition(marker)
    return item[len(before.rstrip()) : len(item) - len(after.lstrip())]


def _without_others(pairs: list[Pair], marker: str, separator: str) -> tuple[list[Pair], tuple[str, ...]]:
    """Return the pairs without markers that would be found instead of this one, as they stand once in every pair; and these markers."""
    removed: list[str] = []
    while (found := marker_of("\n".join(map(separator.join, pairs)), "lines")) not in (marker, None):
        removed.append(str(found))
        spaced = (
            (_one_line(prompt.replace(str(found), " ")), _one_line(answer.replace(str(found), " "))) for prompt, answer in pairs
        )
        pairs = list(dict.fromkeys(pair for pair in spaced if all(pair)))
    return pairs, tuple(removed)


def _held_out(by_source: dict[str, list[Pair]], labels: tuple[str, ...], share: float, seed: int) -> set[str]:
    """Return the sources that are held out. Of each label at least one pair stays in training."""
    sources, wanted, apart = list(by_source), round(share * len(by_source)), set[str]()
    left = Counter(answer for found in by_source.values() for _, answer in found)
    for index in np.random.default_rng(seed).permutation(len(sources)):
        if len(apart) == wanted:
            break
        taken = Counter(answer for _, answer in by_source[sources[index]])
        if labels and any(left[label] <= count for label, count in taken.items()):
            continue
        left -= taken
        apart.add(sources[index])
    return apart
