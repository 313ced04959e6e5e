"""Tokenizers by their configuration. What one is called, its level, is character, word or subword."""

import json
from pathlib import Path

import numpy as np

from lmcore.config import TokenizerConfig
from lmcore.errors import EmptyText, TokenizerDamaged, WordsNotCut
from lmcore.tokenizers.base import BEGIN, ITEM_BREAK, UNKNOWN, OnProgress, Tokenizer, ignore
from lmcore.tokenizers.character import CharacterTokenizer
from lmcore.tokenizers.subword import SubwordTokenizer
from lmcore.tokenizers.word import WordTokenizer, check_script

__all__ = [
    "BEGIN",
    "ITEM_BREAK",
    "TOKENIZERS",
    "UNKNOWN",
    "CharacterTokenizer",
    "SubwordTokenizer",
    "Tokenizer",
    "WordTokenizer",
    "build_and_encode",
    "build_tokenizer",
    "load_tokenizer",
    "parse_tokenizer",
    "read_tokenizer",
    "suited_level",
]

TOKENIZERS: dict[str, type[CharacterTokenizer | WordTokenizer | SubwordTokenizer]] = {
    "character": CharacterTokenizer,
    "word": WordTokenizer,
    "subword": SubwordTokenizer,
}


def build_tokenizer(config: TokenizerConfig, training_text: str, on_progress: OnProgress = ignore) -> Tokenizer:
    """Return a tokenizer trained on a text. on_progress: called with the share that is done. Raises EmptyText.

    >>> tokenizer = build_tokenizer(TokenizerConfig(level="word"), "The cat sat. The dog sat.")
    >>> tokenizer.decode(tokenizer.encode("The dog sat."))
    'The dog sat.'
    >>> tokenizer.unknown_pieces("The bird sat.")
    ['bird']
    """
    if not training_text.strip(ITEM_BREAK):
        raise EmptyText()
    return TOKENIZERS[config.level].train(training_text, config.vocabulary_size, on_progress)


def suited_level(text: str) -> str:
    """Return "word", or "character" for a text whose words cannot be cut.

    >>> suited_level("The cat sat."), suited_level("ひらがなだけでかいてあるながいぶんしょうはたんごにわけられない")
    ('word', 'character')
    """
    try:
        check_script(text)
    except WordsNotCut:
        return "character"
    return "word"


def build_and_encode(
    config: TokenizerConfig, training_text: str, on_progress: OnProgress = ignore
) -> tuple[Tokenizer, np.ndarray]:
    """Return a tokenizer and the ids (T,) of the text it was trained on; words are cut once for both. Raises EmptyText."""
    if config.level == "word" and training_text.strip(ITEM_BREAK):
        return WordTokenizer.train_and_encode(training_text, config.vocabulary_size, on_progress)
    tokenizer = build_tokenizer(config, training_text, lambda share: on_progress(share / 2))
    return tokenizer, tokenizer.encode(training_text, on_progress=lambda share: on_progress((1 + share) / 2))


def load_tokenizer(values: dict) -> Tokenizer:
    """Return the tokenizer whose `to_json` gave these values. Raises TokenizerDamaged."""
    try:
        return TOKENIZERS[values["level" if "level" in values else "kind"]].from_json(values)
    except Exception as error:  # the library raises bare exceptions
        raise TokenizerDamaged(reason=type(error).__name__) from error


def parse_tokenizer(written: bytes) -> Tokenizer:
    """Return the tokenizer whose `to_json` was written as this JSON. Raises TokenizerDamaged."""
    try:
        values = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise TokenizerDamaged(reason=type(error).__name__) from error
    return load_tokenizer(values)


def read_tokenizer(path: Path) -> Tokenizer:
    """Return the tokenizer of a run's folder. Raises TokenizerDamaged, also where the file is missing."""
    try:
        return parse_tokenizer(path.read_bytes())
    except OSError as error:
        raise TokenizerDamaged(reason=type(error).__name__) from error
