"""Logistic regression on a bag of words: which words are in a prompt says how likely each label is, their order nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lmcore.tasks.task import Pair
from lmcore.tokenizers.word import pieces

MOST_WORDS = 50_000
PENALTY = 1.0  # of the squared weights, halved, beside the summed loss: the usual strength
STEPS = 100  # of L-BFGS, at most


@dataclass(frozen=True)
class BagOfWords:
    """P(label | prompt) = softmax(b + Σ w_word) over the different words of a prompt, lower case.

    >>> model = BagOfWords.train([("good tea", "yes"), ("bad tea", "no")] * 5, ("yes", "no"))
    >>> model.log_probs(["a good soup"]).argmax(axis=1).tolist()
    [0]
    """

    numbers: dict[str, int]  # of each word
    weights: np.ndarray  # (words, L)
    bias: np.ndarray  # (L,)

    @classmethod
    def train(cls, training: Sequence[Pair], labels: Sequence[str]) -> "BagOfWords":
        """Return the regression that minimises the summed loss and PENALTY / 2 · Σ w², by L-BFGS (Liu and Nocedal, 1989).

        Nothing is drawn at random: the same pairs give the same weights.
        """
        found = [_words(prompt) for prompt, _ in training]
        counted = Counter(word for words in found for word in words)
        numbers = {word: number for number, (word, _) in enumerate(counted.most_common(MOST_WORDS))}
        number_of = {label: number for number, label in enumerate(labels)}
        ids, offsets = _bags(found, numbers)
        wanted = torch.tensor([number_of[label] for _, label in training])
        weights = torch.zeros(max(1, len(numbers)), len(labels), requires_grad=True)
        bias = torch.zeros(len(labels), requires_grad=True)
        optimizer = torch.optim.LBFGS([weights, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimizer.zero_grad()
            logits = functional.embedding_bag(ids, weights, offsets, mode="sum") + bias
            value = functional.cross_entropy(logits, wanted) + PENALTY / 2 / len(training) * (weights * weights).sum()
            value.backward()
            return value

        optimizer.step(loss)
        return cls(numbers, weights.detach().numpy(), bias.detach().numpy())

    def log_probs(self, prompts: Sequence[str]) -> np.ndarray:
        """Return (N, L) log P(label | prompt)."""
        ids, offsets = _bags([_words(prompt) for prompt in prompts], self.numbers)
        logits = functional.embedding_bag(ids, torch.from_numpy(self.weights), offsets, mode="sum") + torch.from_numpy(self.bias)
        return torch.log_softmax(logits.double(), dim=1).numpy()


def _words(prompt: str) -> list[str]:
    return list(dict.fromkeys(pieces(prompt.casefold())))


def _bags(found: Sequence[list[str]], numbers: dict[str, int]) -> tuple[Tensor, Tensor]:
    """(ids of the known words of all prompts, where each prompt begins)."""
    known = [[numbers[word] for word in words if word in numbers] for words in found]
    offsets = np.cumsum([0, *map(len, known)])[:-1]
    return torch.tensor([number for row in known for number in row], dtype=torch.int64), torch.from_numpy(offsets)
