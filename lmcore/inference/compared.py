"""Models of one vocabulary beside each other: networks, counting models, the uniform model and a grammar answer the same two questions."""

from dataclasses import dataclass

import numpy as np

from lmcore.inference.trained import TrainedModel
from lmcore.inference.true_grammar import TrueGrammar
from lmcore.models import NgramModel, UniformModel


@dataclass(frozen=True)
class ComparedModel:
    """A model that is asked for the same context as others.

    >>> from lmcore.tokenizers import CharacterTokenizer
    >>> uniform = TrainedModel.of(UniformModel(4), CharacterTokenizer.train("abc"), kind="stream")
    >>> np.exp(ComparedModel(uniform, memory=0).token_log_probs(np.array([0, 3]))).tolist()
    [0.25, 0.25]
    """

    asked: TrainedModel | TrueGrammar
    memory: int | None = None  # tokens of a context that it reads, its last ones; None: all

    @property
    def is_truth(self) -> bool:
        """Whether it is the grammar that wrote the training text."""
        return isinstance(self.asked, TrueGrammar)

    def next_log_probs(self, ids: np.ndarray) -> np.ndarray | None:
        """Return (V,) log-probabilities of the token after a context; None where the grammar knows no such beginning. ids: (T,)."""
        if isinstance(self.asked, TrueGrammar):
            return self.asked.next_log_probs(ids)
        recent = ids if self.memory is None else ids[len(ids) - min(len(ids), self.memory + 1) :]  # the others change nothing
        return self.asked.next_token(recent).log_probs

    def token_log_probs(self, ids: np.ndarray) -> np.ndarray:
        """Return (T,) log P of each token of a text given those before it. ids: (T,)."""
        if isinstance(self.asked, TrueGrammar):
            return self.asked.token_log_probs(ids)
        if isinstance(model := self.asked.model, UniformModel):
            return np.full(len(ids), -np.log(model.vocabulary_size))
        return model.token_log_probs(ids) if isinstance(model, NgramModel) else self.asked.score(ids).log_probs
