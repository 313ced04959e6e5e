"""The probabilities of a grammar that wrote a training text, over the ids of a tokenizer: what a model should have learned.

The grammar itself comes from elsewhere (`sample_corpora.automaton`): anything that knows which word may follow which.
"""

from typing import Protocol

import numpy as np

from lmcore.tokenizers import Tokenizer


class NextWord(Protocol):
    """A grammar that generates sentences word by word."""

    def next_word(self, prefix: list[str]) -> dict[str, float]:
        """Return the probability of every word that can follow; nothing where no sentence begins so."""


class TrueGrammar:
    """The distribution that wrote a text of sentences, one a line.

    The end of a sentence is the begin token of the next: predicting it means that an item ends.

    >>> from types import SimpleNamespace
    >>> from lmcore.tokenizers import WordTokenizer
    >>> weather = SimpleNamespace(next_word=lambda prefix: {"it": 1.0} if not prefix else {"rains": 0.75, "snows": 0.25})
    >>> grammar = TrueGrammar(weather, WordTokenizer(["it", "rains", "snows"]), end="<end>")
    >>> np.exp(grammar.next_log_probs(np.array([1]))).round(2).tolist()  # the ids are <unk>, it, rains, snows
    [0.0, 0.0, 0.75, 0.25]
    """

    def __init__(self, automaton: NextWord, tokenizer: Tokenizer, end: str) -> None:
        """end: the word by which the automaton names the end of a sentence."""
        self.automaton, self.tokenizer = automaton, tokenizer
        self.id_of = {end: tokenizer.begin_id, **{word: token_id for token_id, word in enumerate(tokenizer.vocabulary)}}

    def next_log_probs(self, ids: np.ndarray) -> np.ndarray | None:
        """Return the log-probabilities after a context, (V,) in nats; None where no sentence begins so. ids: (T,), T ≥ 0."""
        words: list[str] = []
        for token_id in ids:
            words = [] if token_id == self.tokenizer.begin_id else [*words, self.tokenizer.vocabulary[token_id]]
        return self._row(words)

    def token_log_probs(self, ids: np.ndarray) -> np.ndarray:
        """Return log P of each token given those before it, (T,) in nats.

        It is -inf for what cannot come there, and nan after that, up to the end of the sentence.
        """
        found = np.full(len(ids), np.nan)
        words: list[str] | None = []
        for position, token_id in enumerate(ids):
            if words is not None and (row := self._row(words)) is not None:
                found[position] = row[token_id]
                words = [*words, self.tokenizer.vocabulary[token_id]] if np.isfinite(row[token_id]) else None
            if token_id == self.tokenizer.begin_id:
                words = []
        return found

    def _row(self, words: list[str]) -> np.ndarray | None:
        true = self.automaton.next_word(words)
        probs = np.zeros(self.tokenizer.vocabulary_size)
        for word, probability in true.items():
            probs[self.id_of.get(word, self.tokenizer.unknown_id)] += probability
        with np.errstate(divide="ignore"):
            return np.log(probs) if true else None
