"""How far back one prediction reaches: the gradient of its loss by what the network held, and read, at each position before.

What the loss gains from the past on held-out text is `position_loss`.
"""

import copy
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from lmcore.models.neural import NeuralLanguageModel

FADED = 0.01  # of the largest gradient: below it a position hardly counts


@dataclass(frozen=True)
class Reach:
    """Norms of the gradient of L = -log P(target | w_1 … w_T), one a position. 0 where nothing of a position reaches the target."""

    loss: float  # L, nats
    token: np.ndarray  # (T,) ‖∂L/∂e_s‖, e_s the embedding of the token read at s: the same measure for every family
    state: (
        np.ndarray | None
    )  # (T,) ‖∂L/∂h_s‖, h_s the whole state after s; at T itself by the features. None: the state is no vector


def gradients(model: NeuralLanguageModel, ids: np.ndarray, target: int) -> Reach:
    """Return the gradient norms of the loss of `target` after a context, in float64. ids: (T,), T ≥ 1.

    The state counts as a vector where each of its tensors is (layers, lanes, units), as of recurrent networks (h, or h and c); a
    window of keys and values is none: it holds earlier positions themselves. At the last position the loss reads the features alone,
    so the norm there is that of ∂L/∂features, which of a recurrent network is ∂L/∂h of its last layer (Pascanu et al., 2013).
    """
    rows = model.network.embedding.weight.detach()[torch.tensor(np.asarray(ids, dtype=np.int64))]
    table = nn.Embedding.from_pretrained(rows)  # a row a position: the gradient of a row is that of one reading of its token
    network = copy.deepcopy(model.network, {id(model.network.embedding): table}).double()
    for parameter in network.parameters():
        parameter.requires_grad_(parameter is table.weight)
    state = tuple(part.double().clone() for part in model.start()[1])
    held = []
    for position, token in enumerate(ids):
        if token == model.begin_id:
            state = network.initial_state(1)
        features, state = network.features(torch.tensor([[position]]), state)
        held.append([part for part in state if part.requires_grad])
        for part in held[-1]:
            part.retain_grad()
    features.retain_grad()
    loss = -torch.log_softmax(network.output(features[0, -1]), dim=-1)[target]
    loss.backward()
    norms = None
    if all(part.dim() == 3 for part in state):
        norms = np.array([*(_norm(parts) for parts in held[:-1]), _norm([features])])
    return Reach(float(loss.detach()), table.weight.grad.norm(dim=1).numpy(), norms)


def _norm(tensors: Iterable[Tensor]) -> float:
    return math.sqrt(sum(float(tensor.grad.square().sum()) for tensor in tensors if tensor.grad is not None))


def factor(norms: np.ndarray) -> float | None:
    """Return by how much a gradient is multiplied for each token further back: least squares on its logarithm. None below two positions.

    norms: (T,) in the order of the text; those that are 0 are left out.

    >>> factor(np.array([0.125, 0.25, 0.5, 1.0]))
    0.5
    """
    distances = np.arange(len(norms))[::-1][norms > 0]
    if len(distances) < 2:
        return None
    return float(np.exp(np.polyfit(distances, np.log(norms[norms > 0]), 1)[0]).round(12))


def farthest(norms: np.ndarray, share: float = FADED) -> int:
    """Return how many tokens back the gradient is for the last time at least a share of its largest value.

    >>> farthest(np.array([1e-6, 0.002, 0.02, 0.5, 1.0]))
    2
    """
    return len(norms) - 1 - int(np.flatnonzero(norms >= share * norms.max())[0])
