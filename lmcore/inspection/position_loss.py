"""The loss by position in the context: how much a model gains from what it has read since a context began.

Contexts begin at many positions of held-out text, each as every context does (`LanguageModel.start`): after the end of the training text, or at
the beginning of an item. The loss of a whole text is `probability`.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch

from lmcore.models.base import LanguageModel
from lmcore.models.network import Network
from lmcore.models.neural import NeuralLanguageModel
from lmcore.models.ngram import NgramModel

LENGTH = 200  # tokens of a context
MOST, FEWEST = 256, 16  # contexts
MULTIPLICATIONS = 20_000_000_000  # for the contexts of one network: about a second
AT_ONCE = 2_000_000  # logits
NOTHING = -1  # fills up the rows of contexts that have ended
PER_DOUBLING = 2  # bins


@dataclass(frozen=True)
class Bin:
    """Positions that are taken together; the first token of a context has position 0: none of the context was read before it."""

    first: int
    last: int
    mean: float  # nats per token
    error: float  # of the mean, a standard error: contexts differ
    contexts: int

    @property
    def middle(self) -> float:
        """Tokens read before it, on a logarithmic axis that begins with 1."""
        return math.sqrt((self.first + 1) * (self.last + 1))


def affordable(network: Network) -> int:
    """Return how many contexts of LENGTH tokens a network reads in about a second, MOST at most."""
    weights = sum(parameter.numel() for parameter in network.parameters())
    return int(np.clip(MULTIPLICATIONS // (weights * LENGTH), FEWEST, MOST))


def contexts(validation: np.ndarray, begin_id: int | None, most: int = MOST, length: int = LENGTH) -> np.ndarray:
    """Return (N, L) ids: a context a row, filled up with NOTHING, N at most `most`. validation: (M,) held-out ids; N is 0 with M = 0.

    A stream is cut at positions as far from one another as possible, L at most half of it; items are contexts from their first token to
    the begin token that ends them.

    >>> contexts(np.arange(10), None, most=3, length=4).tolist()
    [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]
    >>> contexts(np.array([0, 5, 6, 0, 7, 0]), 0).tolist()
    [[5, 6, 0], [7, 0, -1]]
    """
    if begin_id is None:
        length = min(length, len(validation) // 2)
        starts = np.unique(np.linspace(0, len(validation) - length, most).astype(int)) if length else np.empty(0, int)
        return validation[starts[:, None] + np.arange(length)].astype(np.int64)
    begins = np.flatnonzero(validation == begin_id)
    items = [validation[begin + 1 : end + 1][:length] for begin, end in zip(begins, begins[1:], strict=False)]
    chosen = [items[index] for index in np.unique(np.linspace(0, len(items) - 1, most).astype(int))] if items else []
    table = np.full((len(chosen), max(map(len, chosen), default=0)), NOTHING, dtype=np.int64)
    for row, item in zip(table, chosen, strict=True):
        row[: len(item)] = item
    return table


def nats(model: LanguageModel, rows: np.ndarray) -> np.ndarray:
    """Return (N, L) losses, -log P of each token given those before it in its row, NaN where there is none. rows: N, L ≥ 1."""
    readable = np.maximum(rows, 0)
    found = _counted(model, readable) if isinstance(model, NgramModel) else _read(model, readable)
    return np.where(rows == NOTHING, np.nan, found)


def _counted(model: NgramModel, rows: np.ndarray) -> np.ndarray:
    """Each row stands behind the end of the opening, which is all that the model remembers of what stands before."""
    opening = np.array(model.start()[1], dtype=np.int64)
    text = np.concatenate([np.tile(opening, (len(rows), 1)), rows], axis=1)
    return -model.token_log_probs(text.ravel()).reshape(text.shape)[:, len(opening) :]


@torch.inference_mode()
def _read(model: NeuralLanguageModel, rows: np.ndarray) -> np.ndarray:
    """All rows are read side by side, a lane each."""
    network, targets = model.network, torch.from_numpy(rows)
    log_probs, state = model.start()
    lanes = tuple(part.repeat_interleave(len(rows), dim=1) for part in state)
    found = [torch.from_numpy(-log_probs)[targets[:, :1]]]
    at_once = max(1, AT_ONCE // (len(rows) * model.vocabulary_size))
    for begin in range(0, rows.shape[1] - 1, at_once):
        inputs = targets[:, :-1][:, begin : begin + at_once]
        features, lanes = network.features(inputs, lanes)
        logits = network.output(features)  # (N, T, V)
        wanted = targets[:, begin + 1 : begin + 1 + inputs.shape[1], None]
        found.append((logits.logsumexp(dim=-1) - logits.gather(-1, wanted)[..., 0]).double())
    return torch.cat(found, dim=1).numpy()


def bins(losses: np.ndarray) -> list[Bin]:
    """Return the mean loss of positions 0, 1, 2 … taken together ever more, evenly on a logarithmic axis. losses: (N, L), from `nats`.

    The standard error is that between the contexts, s / √N with one mean a context. Positions that fewer than two contexts have are
    left out.

    >>> [(one.first, one.last, one.mean, one.error) for one in bins(np.array([[3.0, 1.0], [5.0, 1.0]]))]
    [(0, 0, 4.0, 1.0), (1, 1, 1.0, 0.0)]
    """
    length = losses.shape[1]
    edges = np.unique(np.round(2 ** np.arange(0, math.log2(length + 1) + 1, 1 / PER_DOUBLING)).astype(int)) - 1 if length else []
    found = []
    for first, end in zip(edges, edges[1:], strict=False):
        part = losses[:, first : min(end, length)]
        part = part[~np.isnan(part).all(axis=1)] if part.size else part
        if part.size and len(part) > 1:
            means = np.nanmean(part, axis=1)
            error = float(means.std(ddof=1) / math.sqrt(len(means)))
            found.append(Bin(int(first), int(min(end, length)) - 1, float(means.mean()), error, len(means)))
    return found


def reached(found: list[Bin], share: float = 0.9) -> int | None:
    """Return after how many tokens of context a share of the whole fall of the loss is reached, from `bins`; None where it does not fall.

    >>> reached([Bin(0, 0, 4.0, 0.1, 9), Bin(1, 2, 2.1, 0.1, 9), Bin(3, 5, 2.0, 0.1, 9)])
    1
    """
    fall = found[0].mean - found[-1].mean if found else 0.0
    if fall <= 0:
        return None
    return next(one.first for one in found if one.mean <= found[-1].mean + (1 - share) * fall)
