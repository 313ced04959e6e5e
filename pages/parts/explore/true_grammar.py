"""The true probabilities beside a model's, where a grammar of ours wrote the training text and the model reads its words.

The grammar is `sample_corpora.automaton`; here its words become the ids of a run's tokenizer.
"""

import numpy as np

from pages.parts import visitor
from sample_corpora import SAMPLES
from sample_corpora.automaton import END, Automaton


class Grammar:
    """The distribution that wrote the text. Its end of a sentence is the begin token: predicting it means that an item ends."""

    def __init__(self, automaton: Automaton, tokenizer):
        self.automaton, self.tokenizer = automaton, tokenizer
        self.id_of = {END: tokenizer.begin_id, **{word: token_id for token_id, word in enumerate(tokenizer.vocabulary)}}

    def next_log_probs(self, ids: np.ndarray) -> np.ndarray | None:
        """(V,) the true log-probabilities after a context, in nats; None where no sentence begins so. ids: (T,), T ≥ 0."""
        words: list[str] = []
        for token_id in ids:
            words = [] if token_id == self.tokenizer.begin_id else [*words, self.tokenizer.vocabulary[token_id]]
        return self._row(words)

    def token_log_probs(self, ids: np.ndarray) -> np.ndarray:
        """(T,) the true log P of each token given those before it; -inf what cannot come, nan where nothing can any more."""
        found, words = np.full(len(ids), np.nan), []
        for place, token_id in enumerate(ids):
            if words is not None:
                row = self._row(words)
                found[place] = row[token_id]
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


def of_run(run, trained) -> Grammar | None:
    text = visitor.store().text(run.text_id)
    automaton = SAMPLES[text.sample].grammar if text.sample in SAMPLES else None
    fits = automaton is not None and trained.kind == "lines" and trained.tokenizer.kind == "word"
    return Grammar(automaton, trained.tokenizer) if fits else None
