"""The copy meter: how much of a text stands word for word in the training text, and how much of text that was never trained on does.

The counts behind a single token are `evidence`; both use the sorted index `text.text_index`.
"""

from dataclasses import dataclass

import numpy as np

from lmcore.text.corpus import WIDE, Corpus
from lmcore.text.text_index import TextIndex
from lmcore.tokenizers.base import Tokenizer

LEAST = 5  # tokens: shorter spans are common speech
USUAL = {"character": 25, "wide": 10, "subword": 8, "word": 5}  # tokens of the shortest span that counts, by `size_of_tokens`
HELD_OUT = 2_000  # tokens compared with


@dataclass(frozen=True)
class Span:
    """Tokens begin … end - 1 of a text stand word for word in the training split, from `position` on."""

    begin: int
    end: int
    position: int


@dataclass(frozen=True)
class Copied:
    """What of a text also stands in the training text."""

    spans: tuple[Span, ...]  # none lies within another; they may overlap
    share: float  # of the text's tokens that lie in a span
    longest: int  # tokens of the longest match, spans or not


def copied(ids: np.ndarray, index: TextIndex, unknown_id: int | None = None, least: int = LEAST) -> Copied:
    """Return the maximal spans of at least `least` tokens that stand in the training text.

    ids: (T,) of an output, without the prompt. A span holds no begin token and no <unk>, which may stand for different words;
    neither counts for the share.

    >>> index = TextIndex(np.array([0, 1, 2, 3, 4, 5, 6]), vocabulary_size=7)
    >>> found = copied(np.array([6, 1, 2, 3, 4, 5, 0, 1]), index)
    >>> found.spans, found.share, found.longest
    ((Span(begin=1, end=6, position=1),), 0.625, 5)
    """
    ids = np.asarray(ids)
    apart = np.isin(ids, [other for other in (index.begin_id, unknown_id) if other is not None])
    lengths, low, high = _longest_matches(ids, index, apart)
    ends = np.arange(len(ids)) + lengths
    reaches_further = np.diff(ends, prepend=0) > 0  # else it is the rest of the match before
    begins = np.flatnonzero(reaches_further & (lengths >= least))
    covered = np.zeros(len(ids) + 1, dtype=np.int64)
    np.add.at(covered, begins, 1)
    np.add.at(covered, ends[begins], -1)
    inside = np.cumsum(covered[:-1]) > 0

    def first_position(begin: np.intp) -> int:
        return int(index.order[low[begin] : high[begin]].min()) + index.skipped

    return Copied(
        spans=tuple(Span(int(begin), int(ends[begin]), first_position(begin)) for begin in begins),
        share=float(inside.sum() / max(1, (~apart).sum())),
        longest=int(lengths.max(initial=0)),
    )


def _longest_matches(ids: np.ndarray, index: TextIndex, apart: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (length, low, high), each (T,): the longest span from each token on that stands in the index, and its range there.

    apart: (T,) tokens that no span may hold.
    """
    lengths = np.zeros(len(ids), dtype=np.int64)
    lows, highs = np.zeros((2, len(ids)), dtype=np.int32)
    low, high = lows, highs
    going = np.flatnonzero(~apart)
    length = 0
    while len(going):
        low, high = index.narrow(low[: len(going)], high[: len(going)], length, ids[going + length])
        found = low < high
        going, low, high = going[found], low[found], high[found]
        length += 1
        lengths[going], lows[going], highs[going] = length, low, high
        further = going + length < len(ids)
        further[further] = ~apart[going[further] + length]
        going, low, high = going[further], low[further], high[further]
    return lengths, lows, highs


def size_of_tokens(tokenizer: Tokenizer) -> str:
    """Return how much a token says, as the key of USUAL: its level, or "wide" for characters most of which are Chinese or the like.

    >>> from lmcore.tokenizers import CharacterTokenizer
    >>> size_of_tokens(CharacterTokenizer.train("abc")), size_of_tokens(CharacterTokenizer.train("语言模型"))
    ('character', 'wide')
    """
    wide = 2 * sum(name[0] >= WIDE for name in tokenizer.vocabulary) > len(tokenizer.vocabulary)
    return "wide" if tokenizer.level == "character" and wide else tokenizer.level


def held_out_copied(corpus: Corpus, tokenizer: Tokenizer, index: TextIndex, least: int = LEAST) -> Copied | None:
    """Return what `copied` finds in the beginning of the validation split; None where none was held back.

    A text with many set phrases has a high share without any copying: what a model copies is compared with it.
    """
    ids = tokenizer.encode(corpus.validation[: 8 * HELD_OUT])[:HELD_OUT]
    return copied(ids, index, tokenizer.unknown_id, least) if len(ids) else None
