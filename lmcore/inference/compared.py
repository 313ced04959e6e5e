"""Models of one vocabulary beside each other: networks, counting models, the uniform model and a grammar answer the same two questions."""

from dataclasses import dataclass

import numpy as np

from lmcore.inference import probability
from lmcore.inference.true_grammar import TrueGrammar
from lmcore.models import LanguageModel, NgramModel, UniformModel


@dataclass(frozen=True)
class ComparedModel:
    """A model that is asked for the same context as others.

    >>> uniform = ComparedModel(UniformModel(4), memory=0)
    >>> np.exp(uniform.token_log_probs(np.array([0, 3]))).tolist()
    [0.25, 0.25]
    """

    model: LanguageModel | TrueGrammar
    memory: int | None = None  # tokens of a context that it reads, its last ones; None: all

    @property
    def is_truth(self) -> bool:
        """Whether it is the grammar that wrote the training text."""
        return isinstance(self.model, TrueGrammar)

    def next_log_probs(self, ids: np.ndarray) -> np.ndarray | None:
        """Return (V,) log-probabilities of the token after a context; None where the grammar knows no such beginning. ids: (T,)."""
        if isinstance(self.model, TrueGrammar):
            return self.model.next_log_probs(ids)
        recent = ids if self.memory is None else ids[len(ids) - min(len(ids), self.memory + 1) :]  # the others change nothing
        return probability.next_token(self.model, recent)

    def token_log_probs(self, ids: np.ndarray) -> np.ndarray:
        """Return (T,) log P of each token of a text given those before it. ids: (T,)."""
        if isinstance(self.model, UniformModel):
            return np.full(len(ids), -np.log(self.model.vocabulary_size))
        if isinstance(self.model, NgramModel | TrueGrammar):
            return self.model.token_log_probs(ids)
        return probability.score(self.model, ids).log_probs
