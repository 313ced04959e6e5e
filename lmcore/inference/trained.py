"""A language model that can be asked in words: `TrainedModel`.

It ties a model to its tokenizer and to the kind of its text. Questions to a bare model, in token ids, are `probability`, `sampling`,
`attribution` and `shannon`; how a network is trained is `lmcore.training`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np

from lmcore.inference import attribution, film, probability, sampling, shannon
from lmcore.inference.film import Frame
from lmcore.inference.probability import TextScore
from lmcore.inference.sampling import Sampling
from lmcore.models.base import LanguageModel
from lmcore.models.network import Network
from lmcore.models.neural import NeuralLanguageModel
from lmcore.text.corpus import typed, unmark
from lmcore.tokenizers.base import ITEM_BREAK, Tokenizer

NO_IDS = np.empty(0, np.int64)


@dataclass(frozen=True)
class NextToken:
    """The distribution of the token after a context.

    >>> from lmcore.tokenizers import CharacterTokenizer
    >>> after = NextToken(np.log([0.1, 0.7, 0.2]), CharacterTokenizer.train("ab"))
    >>> after.top(2), after["b"]
    ([('a', 0.7), ('b', 0.2)], 0.2)
    """

    log_probs: np.ndarray  # (V,) natural logarithms
    tokenizer: Tokenizer

    def top(self, count: int = 10) -> list[tuple[str, float]]:
        """Return the `count` most likely tokens with their probabilities, the most likely first."""
        order = np.argsort(-self.log_probs, kind="stable")[:count]
        return [(self.tokenizer.vocabulary[token_id], float(np.exp(self.log_probs[token_id]))) for token_id in order]

    def __getitem__(self, token: str) -> float:
        """Return the probability of a token. Raises ValueError where the vocabulary has no such token."""
        return float(np.exp(self.log_probs[self.tokenizer.vocabulary.index(token)]))

    @property
    def entropy(self) -> float:
        """The uncertainty of the distribution, nats."""
        return float(probability.entropy(self.log_probs))


@dataclass(frozen=True)
class TrainedModel:
    """A language model with what it needs to be asked in words. Text is tidied and marked exactly as the training text was.

    The model itself is fetched when it is needed: Streamlit keeps what its buttons hold for as long as a page is open, and a page
    that held a network would hold its memory.

    >>> from lmcore.models import UniformModel
    >>> from lmcore.tokenizers import CharacterTokenizer
    >>> model = TrainedModel.of(UniformModel(3), CharacterTokenizer.train("ab"), kind="stream")
    >>> model.next_token("a").top(1)
    [('⟨unk⟩', 0.3333333333333333)]
    >>> round(model.score("abba").perplexity, 6)
    3.0
    """

    fetch: Callable[[], LanguageModel]
    tokenizer: Tokenizer
    step: int  # of training
    kind: str  # of the corpus: decides what a line break means
    opening: np.ndarray = field(default_factory=lambda: NO_IDS)  # (S,) ids that every context begins with

    @classmethod
    def of(
        cls, model: LanguageModel, tokenizer: Tokenizer, kind: str, step: int = 0, opening: np.ndarray = NO_IDS
    ) -> "TrainedModel":
        """Return a TrainedModel that holds its model."""
        return cls(lambda: model, tokenizer, step, kind, opening)

    def with_model(self, model: LanguageModel, step: int | None = None) -> "TrainedModel":
        """Return another model of the same tokens, which is asked in the same words. step: of training; None: the same."""
        return replace(self, fetch=lambda: model, step=self.step if step is None else step)

    @property
    def model(self) -> LanguageModel:
        """The bare model, which reads token ids. Raises CheckpointDamaged where its run has been deleted."""
        return self.fetch()

    @property
    def network(self) -> Network:
        """The network behind the model. Raises what `model` raises; a counting model has none (AttributeError)."""
        return cast(NeuralLanguageModel, self.model).network

    @property
    def never(self) -> tuple[int, ...]:
        """Ids that are not drawn when the model writes: the unknown token."""
        return () if self.tokenizer.unknown_id is None else (self.tokenizer.unknown_id,)

    def marked(self, text: str, *, whole: bool = False, context: Sequence[int] | np.ndarray = ()) -> str:
        """Return a text as training saw its text.

        whole: the text is complete, so white space around it does not count. context: (S,) ids that the
        model has read before it; none: the opening.
        """
        return typed(text, self.kind, self.tokenizer, np.asarray(context) if len(context) else self.opening, whole=whole)

    def encode(self, text: str, *, whole: bool = False) -> np.ndarray:
        """Return the ids (T,) of a text."""
        return self.tokenizer.encode(self.marked(text, whole=whole))

    def written(self, ids: Sequence[int] | np.ndarray) -> str:
        """Return tokens as a person would write them: the inverse of `encode`."""
        return unmark("".join(self.tokenizer.texts(ids)), self.kind)

    def next_token(self, context: str | np.ndarray = "") -> NextToken:
        """Return the distribution of the token after a context: a text, or its ids (T,)."""
        ids = self.encode(context) if isinstance(context, str) else context
        return NextToken(probability.next_token(self.model, ids), self.tokenizer)

    def score(self, text: str | np.ndarray, *, with_end: bool = False, context: np.ndarray = NO_IDS) -> TextScore:
        """Return the probability of a text, or of its ids (T,), token by token. Raises ValueError where it has no token.

        with_end: that the item ends behind the text counts as a token too (not in running text, which has no items).
        context: (S,) ids that are read before it.
        """
        if isinstance(text, str):
            marked = self.marked(text, whole=True, context=context)
            ids = self.tokenizer.encode(marked + ITEM_BREAK if with_end and self.kind != "stream" else marked)
        else:
            ids = text
        if not len(ids):
            raise ValueError("a text without a token has no probability")
        return probability.score(self.model, ids, context)

    def write(self, prompt: str = "", tokens: int = 100, settings: Sampling | None = None, seed: int = 1) -> str:
        """Return a prompt and the tokens that the model writes after it. The same seed gives the same text.

        settings: temperature, top-k and top-p; None leaves the probabilities as they are.
        """
        ids = self.encode(prompt)
        drawn = sampling.generate(self.model, ids, tokens, settings or Sampling(), seed, self.never)
        return self.written([*ids.tolist(), *drawn])

    def explain(self, context: str, token: str) -> list[tuple[str, float]]:
        """Return each of the last tokens of a context with its influence on a next token, by occlusion.

        The influence is log P(token | context) - log P(token | context without it), nats: above 0 it made the token more likely.
        Raises ValueError where the vocabulary has no such token.
        """
        ids = self.encode(context)
        influence = self.influence(ids, self.tokenizer.vocabulary.index(token))
        texts = self.tokenizer.texts(ids[len(ids) - len(influence) :])
        return list(zip(texts, influence.tolist(), strict=True))

    def influence(
        self, context: np.ndarray, target: int, replacement: int | None = None, most: int = attribution.MOST
    ) -> np.ndarray:
        """Return the influence of each of the last `most` tokens of a context (T,) on a next token, by occlusion: see `attribution`."""
        return attribution.occlusion(self.model, context, target, replacement, most)

    def frame(self, context: np.ndarray) -> Frame:
        """Return what this step of training says after a context (T,), and of it."""
        return film.frame(self.model, self.step, context)

    def play(self, context: np.ndarray, line: np.ndarray) -> shannon.Played:
        """Return at which guess the model finds each token of a line after its context, and the bits of each. Both are (T,) ids."""
        return shannon.play(self.model, context, line)
