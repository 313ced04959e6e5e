"""What each kind would mean for one text, in its own lines; and how the held-out end of a stream differs from the rest.

How a text is split is `corpus`; which kind is guessed is `kinds`.
"""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from lmcore.text.corpus import Corpus
from lmcore.text.kinds import FIELD, WORDS, items, width
from lmcore.tokenizers.base import ITEM_BREAK

SHOWN = 60  # columns of a line
FEW_LINES = 10  # held out: fewer say nothing about how lines begin
REPEATED = 0.2  # of the held-out characters
LONG_LINE = 20  # characters: shorter lines, such as "Yes.", come again in any text
LONGEST_LABEL = 20  # characters
ONE_SIDED, HARDLY_ANY = 0.25, 0.05  # of the lines on the one side, and on the other
NEW_WORDS, MORE_THAN_ELSEWHERE = 0.15, 2.0
LOOKED_AT, PIECES = 2_000_000, 20  # characters of the training split
ELSEWHERE = 5  # other parts that might have been held out


@dataclass(frozen=True)
class Meaning:
    """An example of what a kind means. before and behind: in items, the first that are neighbours; in a stream, the text on both sides of the cut."""

    kind: str
    items: int  # 0: a stream
    before: str
    behind: str
    held_out: tuple[str, ...]  # the begin of what is held out, or some of the items
    held_items: int
    share: float  # of the characters, held out


def meaning(corpus: Corpus) -> Meaning:
    """
    >>> meaning(Corpus.from_text("red\\ngreen\\nblue", "lines")).items
    3
    """
    share = len(corpus.validation) / (len(corpus.train) + len(corpus.validation))
    if corpus.kind == "stream":
        end = _short(corpus.train[-2 * SHOWN :], from_the_end=True)
        begin = _short(corpus.validation[: 2 * SHOWN])
        return Meaning(corpus.kind, 0, end, begin, (begin,) if begin else (), 0, share)
    found = items(corpus.text, corpus.kind)
    held = [item for item in corpus.validation.split(ITEM_BREAK) if item]
    one, other = (_short(item) for item in (*found[:2], "")[:2])
    return Meaning(corpus.kind, len(found), one, other, tuple(map(_short, dict.fromkeys(held[:2]))), len(held), share)


def oddities(corpus: Corpus) -> list[tuple[str, dict]]:
    """Return (code, values) of what makes the validation loss of a stream misleading:

    repeated: `share` of the held-out characters stands in lines that are also trained on;
    one_sided: of the held-out lines the share `held_out` begin or end (`where`) with `label`, of those trained on `trained`;
    new_words: the share `held_out` of the words held out never occurs in the rest, `elsewhere` of those of other parts.
    """
    if corpus.kind != "stream" or not corpus.validation:
        return []
    corpus = replace(corpus, train=_from_all_over(corpus.train))
    return [*_repeated(corpus), *(_new_words(corpus) or _one_sided(corpus))]


def _from_all_over(train: str) -> str:
    """Return at most LOOKED_AT characters from all over a text, in whole lines where it has any."""
    if len(train) <= LOOKED_AT:
        return train
    size, pieces = LOOKED_AT // PIECES, []
    for begin in np.linspace(0, len(train) - size, PIECES).astype(int):
        piece = train[begin : begin + size]
        pieces.append(piece[piece.find("\n") + 1 : piece.rfind("\n") + 1] or piece)
    return "".join(pieces)


def _repeated(corpus: Corpus) -> list[tuple[str, dict]]:
    train, held = (
        [stripped for line in part.split("\n") if len(stripped := line.strip()) >= LONG_LINE]
        for part in (corpus.train, corpus.validation)
    )
    known = set(train)
    share = sum(len(line) for line in held if line in known) / max(1, sum(map(len, held)))
    return [("repeated", {"share": share})] if share >= REPEATED else []


def _one_sided(corpus: Corpus) -> list[tuple[str, dict]]:
    for where, end in (("begin", 0), ("end", -1)):
        train, held = (
            [FIELD.split(line.strip())[end] for line in part.split("\n") if line.strip()]
            for part in (corpus.train, corpus.validation)
        )
        if len(held) < FEW_LINES:
            continue
        in_train, in_held = Counter(train), Counter(held)
        shares = {label: (in_train[label] / len(train), in_held[label] / len(held)) for label in in_train | in_held}
        rare = [label for label, both in shares.items() if 0 < len(label) <= LONGEST_LABEL and min(both) <= HARDLY_ANY]
        label = max(rare, key=lambda label: max(shares[label]), default="")
        if label and max(shares[label]) >= ONE_SIDED:
            return [("one_sided", {"where": where, "label": label, "trained": shares[label][0], "held_out": shares[label][1]})]
    return []


def _new_words(corpus: Corpus) -> list[tuple[str, dict]]:
    text, size = corpus.train + corpus.validation, len(corpus.validation)
    everything = _words(text)
    held_out = _new(corpus.validation, everything)
    begins = np.linspace(0, len(corpus.train) - size, ELSEWHERE).astype(int)
    elsewhere = float(np.median([_new(text[begin : begin + size], everything) for begin in begins]))
    if held_out < NEW_WORDS or held_out < MORE_THAN_ELSEWHERE * elsewhere:
        return []
    return [("new_words", {"held_out": held_out, "elsewhere": elsewhere})]


def _words(text: str) -> Counter:
    return Counter(word.lower() for word in WORDS.findall(text))


def _new(part: str, everything: Counter) -> float:
    """Return the share of a part's words that occur nowhere else."""
    words = _words(part)
    return sum(count for word, count in words.items() if count >= everything[word]) / max(1, words.total())


def _short(text: str, from_the_end: bool = False) -> str:
    """Return one line of at most SHOWN columns, cut between words where there are any.

    >>> _short("one two\\n  three"), len(_short("a" * 100)), len(_short("语" * 100))
    ('one two three', 61, 31)
    """
    line = " ".join(text.split())
    if width(line) <= SHOWN:
        return line
    kept = line[-SHOWN:] if from_the_end else line[:SHOWN]
    while width(kept) > SHOWN:
        kept = kept[1:] if from_the_end else kept[:-1]
    if from_the_end:
        return "…" + (kept.split(" ", 1)[1] if " " in kept[: len(kept) // 2] else kept)
    return (kept.rsplit(" ", 1)[0] if " " in kept[len(kept) // 2 :] else kept) + "…"
