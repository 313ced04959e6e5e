"""A text and its splits; and the token ids a run trains on. How bytes become text is `decoding`, what kind a text is `kinds`."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from lmcore.errors import EmptyText, MarkerMissing, SettingNotAChoice, TextTooShort, TokenizerDamaged
from lmcore.text.decoding import decode, is_blank, normalise
from lmcore.text.kinds import BLANK_LINES, KINDS, guess_kind, items
from lmcore.text.markers import answer_tokens, marker_of
from lmcore.tokenizers.base import ITEM_BREAK, OnProgress, Tokenizer, ignore

VALIDATION_SHARE = 0.1
LARGEST_VALIDATION = 100_000  # characters: more would not make the loss more certain, only slower
SMALLEST_SPLIT = 2_000  # characters: a shorter text is all for training
FEWEST_ITEMS = 10  # different ones: of fewer, none is held back
SMALLEST_VALIDATION = 200  # tokens
SMALLEST_TRAINING = 8  # tokens
OPENING = 256  # tokens a context of a stream begins with
NEAR = 500  # characters: how far back a stream is cut, to end with a line or a sentence
LONGEST_TOKEN = 16  # characters: of this many for each token, enough are cut

CLOSED = r"(?:[.!?…]+[\"'”’»)\]]*|[。！？…]+[”’」』）》\"]*)"
BEGINNINGS = (  # of a line after a sentence, of any line, of a sentence, of a word: behind the white space before it
    re.compile(CLOSED + r"[^\S\n]*\n\s*(?=\S)"),
    re.compile(r"\n\s*(?=\S)"),
    re.compile(r"[.!?…]+[\"'”’»)\]]*\s+(?=\S)|[。！？…]++[”’」』）》\"]*+\s*+(?=\S)"),
    re.compile(r"\s+(?=\S)"),
)
LINE_BREAKS = re.compile(r"\n+")
WIDE = "\u2e80"  # characters from here on are written without spaces


@dataclass(frozen=True)
class Corpus:
    """A text, its kind (`stream`, `lines` or `blocks`) and its two splits.

    The splits are *marked*: in a text of items, ITEM_BREAK stands before, between and after the items.

    >>> corpus = Corpus.from_text("The cat sat on the mat. " * 100, kind="stream")
    >>> len(corpus.train), len(corpus.validation)  # characters
    (2160, 240)
    >>> Corpus.from_text("1 + 1 = 2\\n1 + 2 = 3\\n2 + 2 = 4", kind="lines").train == "\\x1e1 + 1 = 2\\x1e1 + 2 = 3\\x1e2 + 2 = 4\\x1e"
    True
    """

    text: str
    kind: str
    train: str
    validation: str  # "" where the text is too short to hold some back

    @classmethod
    def from_text(cls, text: str, kind: str | None = None, validation_share: float = VALIDATION_SHARE) -> "Corpus":
        """Return the corpus of a text. kind: None to guess it from the text.

        Held back for validation: the last tenth of a stream; of items a random tenth, the same each time. Raises EmptyText, or
        SettingNotAChoice for an unknown kind.
        """
        if kind not in (None, *KINDS):
            raise SettingNotAChoice(field="kind", value=kind, choices=", ".join(KINDS))
        text, _ = normalise(text)
        if is_blank(text):
            raise EmptyText()
        kind = kind or guess_kind(text)
        held_back = min(int(len(text) * validation_share), LARGEST_VALIDATION) if len(text) >= SMALLEST_SPLIT else 0
        split = _split_stream(text, held_back) if kind == "stream" else _split_items(items(text, kind), held_back / len(text))
        if 0 < len(split[1]) < SMALLEST_VALIDATION:  # characters, so there are fewer tokens still
            return cls.from_text(text, kind, validation_share=0.0)
        return cls(text, kind, *split)

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "", kind: str | None = None) -> "Corpus":
        """Return the corpus of a file's content. name: of the file, for the errors. Raises TextError."""
        return cls.from_text(decode(data, name=name).text, kind)


@dataclass(frozen=True)
class TokenData:
    """The token ids a run trains on and is evaluated on."""

    kind: str
    train: np.ndarray  # (N,) ids
    validation: np.ndarray  # (M,) ids; empty where there is too little
    validation_bytes: int  # UTF-8 bytes of the validation text that are predicted
    unknown_bytes: int  # of them, those that became <unk>
    opening: np.ndarray  # ids a context begins with: the end of a stream's training text, or [<begin>]
    spacing_bits: float = 0.0  # that say where the spaces of the validation text stand, where its tokens do not
    train_counted: np.ndarray | None = None  # (N,) bool: which tokens count as targets; None: all do
    validation_counted: np.ndarray | None = None  # (M,) bool

    @property
    def has_validation(self) -> bool:
        """Whether a part was held back for validation."""
        return len(self.validation) > 0


def encode(
    corpus: Corpus,
    tokenizer: Tokenizer,
    on_progress: OnProgress = ignore,
    *,
    train: np.ndarray | None = None,
    loss_on: str = "all",
) -> TokenData:
    """Return the ids a run trains on.

    train: those of the training text, where they are known. on_progress: called with the share that is done. loss_on: as in
    `TrainingConfig`; with "answer" the tokens up to the marker of each item are no targets, in training and in validation. Raises TextTooShort, MarkerMissing, or TokenizerDamaged where a tokenizer of running text meets items.
    """
    marker = marker_of(corpus.text, corpus.kind) if loss_on == "answer" else None
    if loss_on == "answer" and marker is None:
        raise MarkerMissing()
    is_stream = corpus.kind == "stream"
    if not is_stream and tokenizer.begin_id is None:
        raise TokenizerDamaged(reason="it has no token that begins an item")
    if train is None:
        train = tokenizer.encode(corpus.train, on_progress=on_progress)
    if len(train) < SMALLEST_TRAINING:
        raise TextTooShort(tokens=len(train), needed=SMALLEST_TRAINING)
    validation = tokenizer.encode(corpus.validation)
    opening = _opening(corpus, tokenizer, train) if is_stream else train[:1]
    train_counted = answer_tokens(corpus.train, marker, tokenizer) if marker else None
    if len(validation) < SMALLEST_VALIDATION:
        return TokenData(corpus.kind, train, validation[:0], 0, 0, opening, train_counted=train_counted)
    return TokenData(
        kind=corpus.kind,
        train=train,
        validation=validation,
        validation_bytes=len(corpus.validation.encode()) - (0 if is_stream else 1),  # the first break is given, not predicted
        unknown_bytes=unknown_bytes(tokenizer, corpus.validation),
        opening=opening,
        spacing_bits=tokenizer.spacing_bits(corpus.validation),
        train_counted=train_counted,
        validation_counted=answer_tokens(corpus.validation, marker, tokenizer) if marker else None,
    )


def unknown_bytes(tokenizer: Tokenizer, text: str) -> int:
    """Return the UTF-8 bytes of the pieces of a text that the tokenizer reads as <unk>."""
    return sum(len(piece.encode()) for piece in tokenizer.unknown_pieces(text))


def mark(text: str, kind: str, *, whole: bool = False) -> str:
    """Return typed text as training would see it: tidied, the breaks between items ITEM_BREAK, the items stripped.

    A context may go on: the white space at its end is kept, and a break there begins another item. `whole`: a text that is
    complete, without the white space around it.

    >>> mark("\\none\\n\\ntwo ", "lines") == "one" + ITEM_BREAK + "two "
    True
    """
    text, _ = normalise(text)
    if whole:
        text = text.strip("\n").rstrip()
    if kind == "stream":
        return text
    *ended, last = (LINE_BREAKS if kind == "lines" else BLANK_LINES).split(text)
    marked = "".join(item + ITEM_BREAK for item in items("\n\n".join(ended), kind))
    return marked + last.lstrip("\n")


def unmark(marked: str, kind: str) -> str:
    """Return a marked text with the breaks between items as a person writes them.

    >>> unmark("one" + ITEM_BREAK + "two", "blocks")
    'one\\n\\ntwo'
    """
    return marked.replace(ITEM_BREAK, "\n\n" if kind == "blocks" else "\n")


def typed(text: str, kind: str, tokenizer: Tokenizer, opening: np.ndarray, *, whole: bool = False) -> str:
    """Return typed text as `mark` does, for subwords with the space before a word where training had it: it belongs to the word, not to what stands before.

    opening: ids (S,) of what the model has read before.
    """
    marked = mark(text, kind, whole=whole)
    if tokenizer.level != "subword":
        return marked
    marked = marked.removesuffix(" ")
    before = tokenizer.decode(opening)[-1:]
    in_a_line = before and not before.isspace() and max(before, marked[:1]) < WIDE
    return " " + marked if in_a_line and marked and not marked[0].isspace() else marked


def _split_stream(text: str, held_back: int) -> tuple[str, str]:
    """Return (training, validation) text, cut where the last line, sentence or word before the final `held_back` characters begins."""
    position = len(text) - held_back
    cut = last_beginning(text, position) or position if held_back else position
    return text[:cut], text[cut:]


def last_beginning(text: str, end: int) -> int:
    """Return where the last line begins at or before a position, else the last sentence, else the last word; 0 where none is near."""
    for beginning in BEGINNINGS:
        positions = [match.end() for match in beginning.finditer(text, max(0, end - NEAR), end + 1)]
        if found := [position for position in positions if position <= end]:
            return found[-1]
    return 0


def _opening(corpus: Corpus, tokenizer: Tokenizer, train: np.ndarray) -> np.ndarray:
    """Return the end of a stream's training text up to where its last line, sentence or word begins: typed text begins one too."""
    text = corpus.train
    end = len(text) if corpus.validation else last_beginning(text, len(text) - 1) or len(text)
    text = text[max(0, end - LONGEST_TOKEN * OPENING) : end]
    ids = tokenizer.encode(text.removesuffix(" ") if tokenizer.level == "subword" else text)[-OPENING:]
    return ids if len(ids) else train[-OPENING:]


def _split_items(found: list[str], share: float) -> tuple[str, str]:
    """Return (training, validation) text, marked; the items are chosen at random, with a fixed seed.

    At random, because every tenth line of alternating questions and answers would be all answers. Equal items are held back together: one
    that also stood in the training split would measure memorising.
    """
    times = Counter(found)
    if share == 0 or len(times) < FEWEST_ITEMS:
        return _marked(found), ""
    different, left, chosen = list(times), max(1, round(len(found) * share)), set()
    for position in np.random.default_rng(0).permutation(len(different)):
        if times[item := different[position]] <= left:
            chosen.add(item)
            left -= times[item]
        if not left:
            break
    return _marked([item for item in found if item not in chosen]), _marked([item for item in found if item in chosen])


def _marked(found: list[str]) -> str:
    return ITEM_BREAK + ITEM_BREAK.join(found) + ITEM_BREAK
