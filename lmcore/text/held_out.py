"""Lines that a model was not trained on, of a length to play with: cut from the validation split.

How they are played is `inference.guessing`; how a text is split is `corpus`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lmcore.text.corpus import Corpus
from lmcore.tokenizers import ITEM_BREAK, Tokenizer

LENGTHS = {"character": (15, 40), "word": (5, 12), "subword": (5, 12)}  # tokens of a line
FEW_LINES = 5
SHORTEST_PART = 3  # tokens
SHORTEST = 2  # tokens, where a text has nothing longer, such as a list of names
CONTEXTS = {"character": 240, "word": 60, "subword": 60}  # tokens shown, and read by the models, before a line
KEPT_LINES = 200
SENTENCE = re.compile(r"[^\n.!?。！？…]*(?:[.!?。！？…]+[”\"’」』）)]*|\n|$)")


@dataclass(frozen=True)
class Line:
    """A line with what stands before it."""

    context: np.ndarray  # (S,) ids of what stands before it in the same item or stream, S ≥ 0
    ids: np.ndarray  # (T,)
    before: str  # the text of the context
    texts: tuple[str, ...]  # (T,) of each token, with the space that follows it in the text

    @property
    def text(self) -> str:
        """The text of the line."""
        return "".join(self.texts)


def cut(corpus: Corpus, tokenizer: Tokenizer) -> list[Line]:
    """Return lines of the validation split, 15 to 40 characters or 5 to 12 words long, in an order that is always the same.

    Left out are those with unknown tokens, which no player could name, and those that stand in the training split word for word.
    Where that leaves few, the longest part of a line without unknown tokens is one. There are none without a validation split.

    >>> from lmcore.tokenizers import WordTokenizer
    >>> corpus = Corpus("", "stream", train="the cat saw a dog and a bird .", validation="the bird saw a cat .")
    >>> [line.text for line in cut(corpus, WordTokenizer.train(corpus.train))]
    ['the bird saw a cat .']
    """
    regions = [region for region in corpus.validation.split(ITEM_BREAK) if region]
    shortest, longest = LENGTHS[tokenizer.level]
    found = {line.text.strip(): line for region in regions for line in _lines_of(region, tokenizer, shortest, longest)}
    whole = [line for line in found.values() if len(line.ids) >= shortest] or list(found.values())
    shuffled = [whole[index] for index in np.random.default_rng(0).permutation(len(whole))]
    known = [line for line in shuffled if not has_unknown(line, tokenizer.unknown_id)]
    kept = [line for line in known if line.text.strip() not in corpus.train]
    if len(kept) < FEW_LINES:
        unknown = tokenizer.unknown_id
        parts = (known_part(line, unknown) for line in shuffled if unknown is not None and has_unknown(line, unknown))
        kept += [line for line in parts if len(line.ids) >= SHORTEST_PART and line.text.strip() not in corpus.train]
    return kept[:KEPT_LINES]


def has_unknown(line: Line, unknown_id: int | None) -> bool:
    """Return whether a line has an unknown token."""
    return unknown_id is not None and bool((line.ids == unknown_id).any())


def known_part(line: Line, unknown_id: int) -> Line:
    """Return its longest part without unknown tokens; what stands before that part belongs to the context."""
    breaks = np.flatnonzero(np.concatenate([[True], line.ids == unknown_id, [True]])) - 1
    longest = int(np.argmax(np.diff(breaks)))
    begin, end = int(breaks[longest]) + 1, int(breaks[longest + 1])
    return Line(
        context=np.append(line.context, line.ids[:begin]),
        ids=line.ids[begin:end],
        before=line.before + "".join(line.texts[:begin]),
        texts=line.texts[begin:end],
    )


def _lines_of(region: str, tokenizer: Tokenizer, shortest: int, longest: int) -> Iterator[Line]:
    """Yield the sentences of an item or a stream; too short ones with the next of the same line, of too long ones the first tokens."""
    ids, starts, ends = tokenizer.offsets(region)
    if not len(ids):
        return
    begin = None  # of a line that is still too short
    for match in SENTENCE.finditer(region):
        start, end = _without_spaces(region, match.start() if begin is None else begin, match.end())
        first, last = int(np.searchsorted(ends, start, side="right")), int(np.searchsorted(ends, end, side="right"))
        line_ends = match.group().endswith("\n") or match.end() == len(region)
        begin = start if last - first < shortest and not line_ends else None
        if begin is None and last - first >= SHORTEST:
            yield _line(region, tokenizer, ids, starts, ends, first, _shortened(region, ends, first, last, shortest, longest))


def _shortened(region: str, ends: np.ndarray, first: int, last: int, shortest: int, longest: int) -> int:
    """Return where a line that is too long is cut: before a space where there is one."""
    if last - first <= longest:
        return last
    positions = range(first + longest, first + shortest - 1, -1)
    return next((position for position in positions if region[ends[position - 1]].isspace()), first + longest)


def _line(
    region: str, tokenizer: Tokenizer, ids: np.ndarray, starts: np.ndarray, ends: np.ndarray, first: int, last: int
) -> Line:
    opening = max(0, first - CONTEXTS[tokenizer.level])
    bounds = [*starts[first:last].tolist(), int(ends[last - 1])]
    texts = tuple(region[begin:end] for begin, end in zip(bounds, bounds[1:], strict=False))
    return Line(
        context=ids[opening:first].astype(np.int64),
        ids=ids[first:last].astype(np.int64),
        before=region[starts[opening] : bounds[0]].lstrip(),
        texts=texts,
    )


def _without_spaces(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))
