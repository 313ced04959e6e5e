"""The one place that asks which kind of tokenizer: configuration and text in, tokenizer out."""

from lmcore.config import TokenizerConfig
from lmcore.errors import EmptyText, TokenizerDamaged
from lmcore.tokenizers.base import BEGIN, ITEM_BREAK, UNKNOWN, Tell, Tokenizer, keep_quiet
from lmcore.tokenizers.character import CharacterTokenizer
from lmcore.tokenizers.subword import SubwordTokenizer
from lmcore.tokenizers.word import WordTokenizer

__all__ = [
    "BEGIN",
    "ITEM_BREAK",
    "KINDS",
    "UNKNOWN",
    "CharacterTokenizer",
    "SubwordTokenizer",
    "Tokenizer",
    "WordTokenizer",
    "build_tokenizer",
    "load_tokenizer",
]

KINDS: dict[str, type[CharacterTokenizer | WordTokenizer | SubwordTokenizer]] = {
    "character": CharacterTokenizer,
    "word": WordTokenizer,
    "subword": SubwordTokenizer,
}


def build_tokenizer(config: TokenizerConfig, training_text: str, tell: Tell = keep_quiet) -> Tokenizer:
    """A tokenizer that knows the training text. tell: hears of the progress. Raises EmptyText."""
    if not training_text.strip(ITEM_BREAK):
        raise EmptyText()
    return KINDS[config.kind].train(training_text, config.vocabulary_size, tell)


def load_tokenizer(values: dict) -> Tokenizer:
    """What `to_json` gave. Raises TokenizerDamaged."""
    try:
        return KINDS[values["kind"]].from_json(values)
    except Exception as error:  # the library raises bare exceptions
        raise TokenizerDamaged(reason=type(error).__name__) from error
