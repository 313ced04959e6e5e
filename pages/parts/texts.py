"""A visitor's texts: adding pasted, uploaded and sample ones, and the cut of each that pages look at.

Results are kept by content, kind and settings, never by visitor.
"""

from collections import Counter
from collections.abc import Iterable
from operator import itemgetter
from typing import cast

import streamlit as st

from lmcore.config import TokenizerConfig
from lmcore.errors import EmptyText, TextError, TextTooLarge
from lmcore.runs.store.records import Run
from lmcore.text import decoding, splits, statistics
from lmcore.text.corpus import Corpus, last_beginning
from lmcore.text.decoding import LIMIT, decode, is_blank, normalise, one_line
from lmcore.text.kinds import guess_kind
from lmcore.text.markers import marker_of
from lmcore.tokenizers import Tokenizer, WordTokenizer, build_tokenizer
from lmcore.tokenizers.base import ITEM_BREAK
from lmcore.tokenizers.word import pieces
from pages.parts import demos, visitor
from pages.parts.error_sentences import sentence
from pages.parts.language import _, current_language
from sample_corpora import SAMPLES
from sample_corpora.tasks import TASKS

PASTE_LIMIT = 1_000_000  # bytes
MEASURED = 100_000  # characters
LOOKED_AT = 1_000_000  # characters: what a page cuts into tokens while one turns a knob


def add_pasted(content: str):
    """Raises EmptyText or TextTooLarge."""
    if len(content.encode("utf-8", "replace")) > PASTE_LIMIT:
        raise TextTooLarge(megabytes=len(content.encode("utf-8", "replace")) / 1e6, limit=PASTE_LIMIT // 1_000_000)
    text, changes = normalise(content)
    if is_blank(text):
        raise EmptyText()
    return _add(_first_words(text), text, "pasted", 0, changes)


def add_uploaded(files: list[tuple[str, bytes, str | None]]):
    """files: name, bytes, and the encoding if it was chosen. Several become one text, in the order of their names. Raises TextError."""
    together = sum(len(data) for _name, data, _encoding in files)
    if together > LIMIT:
        raise TextTooLarge(megabytes=together / 1e6, limit=LIMIT // 1_000_000)
    ordered = sorted(files, key=itemgetter(0))
    decoded = [decode(data, name=name, encoding=encoding) for name, data, encoding in ordered]
    name = ordered[0][0]
    if len(files) > 1:
        name = _("{name} and {count} more").format(name=name, count=len(files) - 1)
    return _add(
        name,
        "\n\n".join(part.text for part in decoded),
        ", ".join(dict.fromkeys(part.encoding for part in decoded)),
        sum(part.unreadable for part in decoded),
        together_changed(part.changes for part in decoded),
    )


@st.cache_data(max_entries=64, show_spinner=False)
def possible_readings(file_id: str, _data: bytes) -> dict[str, str]:
    """Of an uploaded file."""
    return decoding.possible_readings(_data)


def together_changed(changes: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """What was changed in any of several files; what was dropped is added up.

    >>> together_changed([("line_ends", "invisible 2"), ("invisible 3",)])
    ('line_ends', 'invisible 5')
    """
    counts = Counter()
    for code, _space, dropped in (change.partition(" ") for part in changes for change in part):
        counts[code] += int(dropped or 0)
    return tuple(f"{code} {dropped}" if dropped else code for code, dropped in counts.items())


def sample_text(sample_id: str):
    return demos.sample_text(visitor.store(), SAMPLES[sample_id])


def name(text) -> str:
    """A text's name; a sample's in the visitor's language. It begins with the text's own words, so it is for those who may read it."""
    if text.sample in SAMPLES:
        return SAMPLES[text.sample].title[current_language()]
    if text.sample in TASKS:
        return TASKS[text.sample].titles[current_language()]
    return text.name if visitor.may_read(text) else _("Someone’s text")


def run_name(run: Run) -> str:
    """A run's name; an example's is its text's, in the visitor's language. It names its text, so others get it only with the text,
    else the beginning of its id, which tells it from others."""
    if visitor.owns(run):
        return run.name
    text = visitor.store().text(run.text_id)
    if run.owner is None and text:
        return name(text)
    return run.name if visitor.may_read(text) else f"{_('Someone’s run')} {run.id[:4]}"


def file_fault(text_id: str) -> str | None:
    """What to say where nothing can be trained on a text, because its file is missing or damaged."""
    try:
        visitor.store().check_text_file(text_id)
    except TextError as error:
        return sentence(error.code, error.values)
    return None


def named(run: Run) -> str:
    """A run's name and its text's, unless the one says the other already."""
    text = visitor.store().text(run.text_id)
    of_run, of_text = run_name(run), name(text) if text else "…"
    return of_run if says_its_text(of_run, of_text) else f"{of_run} — {of_text}"


def says_its_text(of_run: str, of_text: str) -> bool:
    """Return whether a run's name begins with its text's, as it does until one of them is renamed."""
    return of_run.startswith(of_text[:30].rstrip("…"))


def _add(name, content, encoding, unreadable, changes):
    return visitor.store().add_text(
        owner=visitor.current(),
        name=name,
        content=content,
        kind=guess_kind(content),
        encoding=encoding,
        unreadable=unreadable,
        changes=changes,
    )


def _first_words(text: str) -> str:
    return one_line(next(line for line in text.splitlines() if line.strip()), 40)


def suggested_tokenizer(text) -> str:
    """A sample knows its own; other texts begin with characters, which suit any script and any size."""
    sample = SAMPLES.get(text.sample) or TASKS.get(text.sample)
    return sample.tokenizer if sample else "character"


def begin_of_a_context(text) -> str:
    """The context whose next token is shown while a run trains: a sample's own, else the first words of a line or sentence from the
    middle of the text, never all of it: they can be read with the run's address."""
    if text.sample in SAMPLES:
        return SAMPLES[text.sample].context
    content = visitor.store().content(text.id)[:200_000].strip()
    begin = last_beginning(content, len(content) // 2)
    return first_words(next(line for line in content[begin:].splitlines() if line.strip()).strip())


def first_words(line: str, most: int = 4) -> str:
    """Half of the words of a line, at most four; of a single one half its characters.

    >>> first_words("从前有一只狐狸住在森林里"), first_words("Anna"), first_words("The fox saw a bunch of grapes.")
    ('从前有一只狐狸', 'An', 'The fox saw a')
    """
    ids, _starts, ends = WordTokenizer([]).offsets(line)
    words = min(most, len(ids) // 2)
    return line[: ends[words - 1]] if words else line[: max(1, len(line) // 2)]


def corpus(text, looked_at: int | None = LOOKED_AT) -> Corpus:
    """The text with its splits; only its first part where a quick answer matters more than an exact one."""
    return _corpus(text.sha256, text.kind, looked_at, text.id)


def split_sizes(text) -> tuple[int, int]:
    """Characters of the whole text for training, and of those held back."""
    return _whole(text.sha256, text.kind, text.id)[:2]


def forget():
    """What is kept of texts in memory."""
    for kept in (_corpus, _whole, _meaning, _words_seen_once, _tokenizer):
        kept.clear()


def meaning(text) -> splits.Meaning:
    """What its kind means for it, by its first part."""
    return _meaning(text.sha256, text.kind, text)


def oddities(text) -> list[tuple[str, dict]]:
    """What makes the validation loss of the whole text say less than it seems to."""
    return _whole(text.sha256, text.kind, text.id)[2]


def words_seen_once(text) -> list[str]:
    """In the part that is looked at, in alphabetical order; the tokenizer may read them all as unknown."""
    return _words_seen_once(text.sha256, text.kind, text)


def types(text, config: TokenizerConfig) -> tuple[int, int]:
    """The least and the most types that a run on this text may have. Characters are counted in all of it, words and subwords only in
    the part that is looked at: learning those of 50 MB takes longer than a visitor waits."""
    looked_at = None if config.level == "character" else LOOKED_AT
    found = _tokenizer(text.sha256, text.kind, config, text, looked_at).vocabulary_size
    whole = looked_at is None or text.characters <= LOOKED_AT
    return found, found if whole else max(found, config.vocabulary_size)


def marker(text) -> str | None:
    """Return what stands between prompt and answer in each item of a text; None where there is none."""
    return _marker(text.sha256, text.kind, text)


def lost_by_words(text, config: TokenizerConfig) -> tuple[statistics.Lost, bool]:
    """(what words lose of the held-out text, or of the text where none is held out; whether some is), of the part that is looked at."""
    return _lost_by_words(text.sha256, text.kind, config, text)


def tokenizer(text, config: TokenizerConfig) -> Tokenizer:
    return _tokenizer(text.sha256, text.kind, config, text, LOOKED_AT)


@st.cache_resource(max_entries=8, show_spinner=False)
def _corpus(sha256, kind, looked_at, _text_id) -> Corpus:
    return Corpus.from_text(visitor.store().content(_text_id)[:looked_at], kind=kind)


@st.cache_data(max_entries=64, show_spinner=False)
def _whole(sha256, kind, _text_id) -> tuple[int, int, list[tuple[str, dict]]]:
    """(characters for training, characters held back, oddities): the text itself, which may be large, is not kept."""
    whole = Corpus.from_text(visitor.store().content(_text_id), kind=kind)
    train, held_out = (len(part) - part.count(ITEM_BREAK) for part in (whole.train, whole.validation))
    return train, held_out, splits.oddities(whole)


@st.cache_data(max_entries=64, show_spinner=False)
def _marker(sha256, kind, _text) -> str | None:
    return marker_of(visitor.store().content(_text.id), kind)


@st.cache_data(max_entries=64, show_spinner=False)
def _meaning(sha256, kind, _text) -> splits.Meaning:
    return splits.meaning(corpus(_text))


@st.cache_data(max_entries=16, show_spinner=False)
def _words_seen_once(sha256, kind, _text) -> list[str]:
    counted = Counter(pieces(corpus(_text).train))
    return sorted(word for word, count in counted.items() if count == 1)


@st.cache_data(max_entries=64, show_spinner=False)
def _lost_by_words(sha256, kind, config, _text) -> tuple[statistics.Lost, bool]:
    found = corpus(_text)
    words = cast(WordTokenizer, tokenizer(_text, config))
    return statistics.lost_by_words(words, found.validation or found.train[:MEASURED]), bool(found.validation)


@st.cache_resource(max_entries=32, show_spinner=False)
def _tokenizer(sha256, kind, config, _text, looked_at) -> Tokenizer:
    if looked_at is not None:
        return build_tokenizer(config, corpus(_text, looked_at).train)
    whole = Corpus.from_text(visitor.store().content(_text.id), kind=kind)  # not kept: it may be large
    return build_tokenizer(config, whole.train)
