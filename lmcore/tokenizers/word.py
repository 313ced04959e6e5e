"""One token a word, a number, a mark, a line break or a tab; Chinese is cut into words by rjieba. A lone space is no token (`spacing`)."""

import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import count

import numpy as np
import regex
import rjieba

from lmcore.errors import WordsNotCut
from lmcore.tokenizers.base import ITEM_BREAK, OnProgress, checked, id_type, ignore, joined, vocabulary_of, with_progress
from lmcore.tokenizers.spacing import Spacing

CHUNK = 1 << 17  # characters: what is cut from them stays in the processor's cache
SAFE = re.compile(r"(?<=[\n\x1e])|(?<=\S)(?= \S)|(?<=[。，、！？；])(?=\S)")  # here a text may be cut without cutting a token
REMEMBERED = 200_000  # spans
ONCE_IS_UNKNOWN_FROM = 2_000  # types
UNKNOWN_SHARE = 0.05  # of the training tokens, at most, are unknown because they occur once
SPAN = re.compile(  # a space between two others is none; one beside other white space is found, but makes no token
    r"\S+|[\n\t\x1e]|[^\S\n\t\x1e]{2,}|[^\S\n\t\x1e ]|(?<!\S) | (?!\S)"
)
LONE = -1
PIECE = regex.compile(
    r"""(?P<han>\p{Han}+)
    |<[|/]?[\p{L}\p{N}_\-]+[|/]?>|\[[A-Z]{2,}\]|@[\-,.]@  # markers of data sets: <unk> </s> [MASK] @-@
    |(?:https?://|www\.)[!-~--["<>]]*[A-Za-z0-9/_#=&+~\-]
    |[\p{L}\p{N}--\p{Han}][\p{L}\p{M}\p{N}._%+\---\p{Han}]{0,63}@[\p{L}\p{N}--\p{Han}]{1,63}(?:[.\-][\p{L}\p{N}--\p{Han}]{1,63})+
    |(?:[\p{L}--\p{Han}]\.)+[\p{L}--\p{Han}](?![\p{L}\p{M}\p{N}])\.?  # U.S. e.g.
    |(?:\d*[\p{L}--\p{Han}]|\p{M})[\p{L}\p{M}\p{N}\u200c\u200d--\p{Han}]*(?:['’‘\-][\p{L}\p{M}\p{N}\u200c\u200d--\p{Han}]+)*  # 1st don't
    |\d\p{M}+  # a keycap is a digit with marks
    |\d+(?!\p{M})(?:[.,:]\d+(?!\p{M}))*%?
    |\p{Regional_Indicator}{2}[\p{Grapheme_Extend}\u200d]*  # a flag: \X takes time that grows with the square of their number
    |\X""",
    regex.V1 | regex.VERBOSE,
)
CHINESE = regex.compile(r"[\p{Han}，。、；：？！“”《》（）]+")  # rjieba takes each of these marks as a word of its own
UNCUT = regex.compile(  # scripts written without spaces, for which there is no cutter here
    r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Hiragana}\p{Katakana}ー\p{Tibetan}\p{Javanese}\p{Balinese}\p{Tai_Le}\p{New_Tai_Lue}"
    r"\p{Tai_Tham}\p{Tai_Viet}\p{Yi}]+"
)
LONGEST_WORD = 8  # letters, on average: what is longer in these scripts is a clause
LOOKED_AT = 200_000  # characters


def pieces(text: str) -> list[str]:
    """
    >>> pieces("Don't stop, 我们学习语言。 It’s 3.5!")
    ["Don't", 'stop', ',', '我们', '学习', '语言', '。', 'It’s', '3.5', '!']
    """
    return [piece for span in spans_of(text) for piece in _cut(span)]


def _cut(span: str) -> list[str]:
    """Return the tokens of what `SPAN` finds; joined they are the span."""
    if span.isascii():  # most are a word, or a word and a mark: no pattern is needed for them
        if span.isalpha():
            return [span]
        if span[:-1].isalpha() and not span[-1].isalnum():
            return [span[:-1], span[-1]]
    if span.isspace():
        return [] if span == " " else [span]
    if CHINESE.fullmatch(span):
        return rjieba.cut(span)
    found = []
    for match in PIECE.finditer(span):
        if match.lastgroup == "han":
            found += rjieba.cut(match.group())
        else:
            found.append(match.group())
    return found


def check_script(text: str) -> None:
    """Raise WordsNotCut where most letters are of scripts without spaces between words: Thai, or kana alone."""
    text = text[:LOOKED_AT]
    found = UNCUT.findall(text)
    letters = sum(map(len, found))
    if letters > LONGEST_WORD * len(found) and 2 * letters > sum(map(str.isalpha, text)):
        raise WordsNotCut(beginning=found[0][:20])


class _Remembering(dict):
    """The numbers of a span's tokens, as bytes; those of short spans are remembered."""

    def __init__(self, number: Callable[[str], int], dtype: type, joints: bool) -> None:
        """joints: keep number · 2, + 1 where a token stands joined to the one before it in its span, and LONE for a lone space."""
        self.number, self.dtype, self.joints = number, np.dtype(dtype).char, joints

    def __missing__(self, span: str) -> bytes:
        numbers = [self.number(piece) for piece in _cut(span)]
        if self.joints:
            numbers = [2 * number + 1 for number in numbers] or [LONE + 1]
            numbers[0] -= 1
        result = array(self.dtype, numbers).tobytes()
        if len(span) <= 24 and len(self) < REMEMBERED:
            self[span] = result
        return result


class WordTokenizer:
    """One token a word; case is kept.

    In a text of more than 2,000 different words those seen only once become unknown, up to a twentieth of the text, so that the
    model learns what an unknown word costs; beyond `vocabulary_size` the rarest do.

    >>> tokenizer = WordTokenizer.train("the cat saw the dog")
    >>> tokenizer.encode("the bird saw").tolist(), tokenizer.decode([1, 2, 4])
    ([1, 0, 4], 'the cat saw')
    """

    level = "word"
    unknown_id: int | None = 0

    def __init__(self, words: list[str], spacing: Spacing | None = None) -> None:
        """words: of the ids from 1 on; ITEM_BREAK first where the text is made of items."""
        self.words, self.spacing = words, spacing or Spacing()
        self.vocabulary, self.begin_id = vocabulary_of(words)
        self.vocabulary_size = len(self.vocabulary)
        self._ids = {word: token_id for token_id, word in enumerate(words, start=1)}

    @classmethod
    def train(cls, text: str, vocabulary_size: int = 100_000, on_progress: OnProgress = ignore) -> "WordTokenizer":
        """Return a tokenizer of the words of a text: the most frequent first, equally frequent ones in alphabetical order. Raises WordsNotCut."""
        return cls.train_and_encode(text, vocabulary_size, on_progress)[0]

    @classmethod
    def train_and_encode(
        cls, text: str, vocabulary_size: int = 100_000, on_progress: OnProgress = ignore
    ) -> tuple["WordTokenizer", np.ndarray]:
        """Return the tokenizer of a text and the ids (T,) of that text, which is cut only once. Raises WordsNotCut."""
        check_script(text)
        number_of: dict[str, int] = defaultdict(count().__next__)
        rows = list(_through(text, number_of.__getitem__, np.int32, CHUNK, on_progress, joints=True))
        words = list(number_of)
        white = np.array([word.isspace() for word in words], bool)
        for index, row in enumerate(rows):
            rows[index] = _spaces_found(row, white)
        times = sum((np.bincount(row >> 1, minlength=len(words)) for row in rows), np.zeros(len(words), np.int64))
        known = _known(dict(zip(words, times.tolist(), strict=True)))
        tokenizer = cls(known[: vocabulary_size - 1])
        dtype = id_type(tokenizer.vocabulary_size)
        id_of = np.array([tokenizer._ids.get(word, 0) for word in words], dtype)
        tokenizer.spacing = Spacing.learn(rows, words, id_of, times)
        return tokenizer, joined((id_of[row >> 1] for row in rows), dtype)

    def encode(self, text: str, chunk: int = CHUNK, *, on_progress: OnProgress = ignore) -> np.ndarray:
        dtype = id_type(self.vocabulary_size)
        return joined(_through(text, lambda piece: self._ids.get(piece, 0), dtype, chunk, on_progress), dtype)

    def decode(self, ids: Iterable[int]) -> str:
        return "".join(self.texts(ids))

    def texts(self, ids: Iterable[int]) -> list[str]:
        """Return what each token adds to the text: itself, and the space before it."""
        words = ["\ufffd" if token_id == 0 else self.words[token_id - 1] for token_id in ids]
        spaces = self.spacing.spaces(words, ids)
        return [f" {word}" if space else word for word, (space, _) in zip(words, spaces, strict=True)]

    def offsets(self, text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        ids, starts, ends = [], [], []
        for match in SPAN.finditer(text):
            end = match.start()
            for piece in _cut(match.group()):
                ids.append(self._ids.get(piece, 0))
                starts.append(end)
                ends.append(end := end + len(piece))
        return np.array(ids, id_type(self.vocabulary_size)), np.array(starts, np.int64), np.array(ends, np.int64)

    def unknown_pieces(self, text: str) -> list[str]:
        return [piece for span in spans_of(text) for piece in _cut(span) if piece not in self._ids]

    def spacing_bits(self, text: str) -> float:
        words, ids, apart = self._spaced(text)
        return self.spacing.bits(words, ids, apart)

    def misplaced(self, text: str) -> float:
        """Return the share of the gaps between words where `decode` writes a space too many or leaves one out."""
        words, ids, apart = self._spaced(text)
        written = [space for space, _ in self.spacing.spaces(words, ids)]
        return float(np.mean(apart != written)) if len(apart) else 0.0

    def _spaced(self, text: str) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Return (tokens, ids (T,), whether a space stands before each (T,))."""
        ids, starts, ends = self.offsets(text)
        apart = starts != np.concatenate([[0], ends[:-1]]) if len(ids) else np.zeros(0, bool)
        return [text[start:end] for start, end in zip(starts, ends, strict=True)], ids, apart

    def to_json(self) -> dict:
        return {"level": self.level, "words": self.words, "spacing": self.spacing.to_json()}

    @classmethod
    def from_json(cls, values: dict) -> "WordTokenizer":
        words = checked(values["words"])
        return cls(words, Spacing.from_json(values.get("spacing"), len(words) + 1))


def _known(times: dict[str, int]) -> list[str]:
    """Return the words that are kept, ITEM_BREAK first, then the most frequent. Of the words seen once, some are left out, evenly spread."""
    tokens, begin = sum(times.values()), [ITEM_BREAK] if times.pop(ITEM_BREAK, 0) else []
    often = sorted((word for word, count in times.items() if count > 1), key=lambda word: (-times[word], word))
    once = sorted(word for word, count in times.items() if count == 1)
    few = min(len(once), int(UNKNOWN_SHARE * tokens)) if len(times) > ONCE_IS_UNKNOWN_FROM else 0
    unknown = {number * len(once) // few for number in range(few)}
    return begin + often + [word for number, word in enumerate(once) if number not in unknown]


def _parts(text: str, size: int) -> Iterator[str]:
    """Yield parts of about `size` characters, cut at the next safe position; anywhere where there is none.

    >>> list(_parts("one two three", 3))
    ['one', ' two', ' three']
    """
    begin = 0
    while begin < len(text):
        found = SAFE.search(text, begin + size, begin + 2 * size)
        end = found.start() if found else begin + 2 * size
        yield text[begin:end]
        begin = end


def _through(
    text: str, number: Callable[[str], int], dtype: type, size: int, on_progress: OnProgress, joints: bool = False
) -> Iterator[np.ndarray]:
    """Return, for each part of a text, the numbers of its tokens, or what `joints` of `_Remembering` makes of them."""
    numbers_of = _Remembering(number, dtype, joints)
    for part in with_progress(_parts(text, size), len(text), on_progress):
        yield np.frombuffer(b"".join(map(numbers_of.__getitem__, spans_of(part))), dtype)


def _spaces_found(row: np.ndarray, white: np.ndarray) -> np.ndarray:
    """Return number · 2, + 1 where a space stands before the token, given numbers with joints. white: whether each is white space."""
    before = np.zeros(len(row), bool)
    before[1:] = row[:-1] == LONE
    kept = row != LONE
    row, before = row[kept], before[kept]
    word = ~white[row >> 1]
    apart = word & (row & 1 == 0)
    apart[1:] &= word[:-1]
    apart[:1] = False
    return (row & ~1) | (apart | before)


def spans_of(text: str) -> list[str]:
    """Return what `SPAN` finds, in half the time."""
    found = []
    for item in text.split(ITEM_BREAK):
        for line in item.split("\n"):
            spans = line.split()
            found += spans if " ".join(spans) == line else [" ", *spans] if " ".join(["", *spans]) == line else SPAN.findall(line)
            found.append("\n")
        found[-1] = ITEM_BREAK
    return found[:-1]
