"""Lines that give a validation loss its meaning: what knowing nothing, counting tokens, pairs and longer sequences would reach.

The loss of the network itself is `evaluation`; how counts become probabilities is `models.ngram`.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lmcore.models.ngram import NgramModel
from lmcore.models.ngram_counts import HIGHEST_ORDER, Counts
from lmcore.text.corpus import TokenData

ORDERS = {
    "uniform": (0,),
    "unigram": (1,),
    "bigram": (2,),
    "ngram": range(3, HIGHEST_ORDER + 1),
}  # that a line of a name may have


@dataclass(frozen=True)
class Reference:
    """The validation loss of a counting model, drawn as a line beside a curve."""

    name: str  # one of ORDERS
    order: int  # n of the counting model; 0 for uniform
    loss: float  # nats per token


def reference_losses(counts: Counts, data: TokenData) -> tuple[Reference, ...]:
    """The loss of each line on the tokens a network is evaluated on: all of a stream, each given what stands before it;
    all of the items but the begin token of the first, or those of the answers where they alone count. Empty without a validation split.

    "ngram" is the best of the longer counting models, chosen on these same tokens; it is left out where pairs are as good.
    All counting models are smoothed by Kneser and Ney's method.
    """
    if not data.has_validation:
        return ()
    first = 0 if data.kind == "stream" else 1
    predicted = data.validation[first:]
    counted = slice(None) if data.validation_counted is None else data.validation_counted[first:]
    losses = {}
    for order in range(1, HIGHEST_ORDER + 1):
        losses[order] = float(-np.mean(NgramModel(counts, order).token_log_probs(predicted)[counted]))
    best = min(losses, key=losses.__getitem__)
    references = [
        Reference("uniform", 0, math.log(counts.index.vocabulary_size)),
        Reference("unigram", 1, losses[1]),
        Reference("bigram", 2, losses[2]),
    ]
    return (*references, Reference("ngram", best, losses[best])) if best > 2 else tuple(references)


def crossings(evaluations: Iterable[tuple[int, float]], references: Iterable[Reference]) -> list[tuple[str, int]]:
    """Return (name of a line, first step evaluated below it), in the order of the steps. Lines never crossed are missing.

    evaluations: (step, loss in nats per token), in order.

    >>> crossings([(1, 3.0), (20, 2.0), (40, 1.0)], [Reference("uniform", 0, 2.5), Reference("bigram", 2, 0.5)])
    [('uniform', 20)]
    """
    evaluations = list(evaluations)
    found = []
    for line in references:
        step = next((step for step, loss in evaluations if loss < line.loss), None)
        if step is not None:
            found.append((line.name, step))
    return sorted(found, key=lambda crossing: crossing[1])
