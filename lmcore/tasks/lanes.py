"""Many prompts at once: the log-probabilities of given answers, and the most likely continuation of each.

A network reads the prompts side by side, one a lane; a counting model looks all of them up in one pass. Both give the numbers that
`LanguageModel.step` gives one prompt at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lmcore.inference import probability, sampling
from lmcore.inference.sampling import Sampling
from lmcore.inference.trained import TrainedModel
from lmcore.models.network import Network, evaluating
from lmcore.models.neural import NeuralLanguageModel
from lmcore.models.ngram import NgramModel

TOKENS_AT_ONCE = 16_384  # that a network reads in one pass
LOGITS_AT_ONCE = 4_000_000  # numbers
GREEDY = Sampling(temperature=0.0)


@dataclass(frozen=True)
class Continuation:
    """What a model wrote after a prompt."""

    ids: np.ndarray  # (T,) without the token that ends the item
    log_probs: np.ndarray  # (T,) or, where the item has ended, (T + 1,), of the ending too; nats
    ended: bool  # by itself; False: it was cut


def log_probs(trained: TrainedModel, contexts: Sequence[np.ndarray], answers: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return log P of each token of each answer after its context, nats: (T,) each.

    contexts: ids (S,) each, of a prompt that begins an item. answers: ids (T,) each, T ≥ 1; the last of them ends the item.
    """
    model = trained.model
    if isinstance(model, NgramModel):
        rows = [np.concatenate([context, answer]) for context, answer in zip(contexts, answers, strict=True)]
        scored = np.split(model.token_log_probs(np.concatenate(rows)), np.cumsum([len(row) for row in rows])[:-1])
        return [row[len(row) - len(answer) :] for row, answer in zip(scored, answers, strict=True)]
    if isinstance(model, NeuralLanguageModel):
        return _in_lanes(model, contexts, answers)
    return [probability.score(model, answer, context).log_probs for context, answer in zip(contexts, answers, strict=True)]


def continuations(trained: TrainedModel, contexts: Sequence[np.ndarray], limit: int = 100) -> list[Continuation]:
    """Return the greedy continuation of each context, of at most `limit` tokens: always the most likely token, never the unknown one.

    contexts: ids (S,) each, of a prompt that begins an item.
    """
    model, end = trained.model, trained.tokenizer.begin_id
    if isinstance(model, NeuralLanguageModel):
        order = np.argsort([len(context) for context in contexts], kind="stable")  # neighbours are of a length
        lanes = max(1, LOGITS_AT_ONCE // model.vocabulary_size)
        found: dict[int, Continuation] = {}
        for begin in range(0, len(order), lanes):
            part = order[begin : begin + lanes]
            found |= zip(part.tolist(), _greedy(model, [contexts[index] for index in part], limit, trained.never), strict=True)
        return [found[index] for index in range(len(contexts))]
    stop = frozenset() if end is None else frozenset([end])
    return [
        continuation(list(sampling.draws(model, context, limit, GREEDY, never=trained.never, stop=stop)), end)
        for context in contexts
    ]


def continuation(drawn: list[sampling.Drawn], end: int | None) -> Continuation:
    """Return what was drawn one token at a time. end: the token that ends an item."""
    ids = np.array([token.id for token in drawn], dtype=np.int64)
    scores = np.array([token.log_probs[token.id] for token in drawn])
    ended = len(ids) > 0 and int(ids[-1]) == end
    return Continuation(ids[:-1] if ended else ids, scores, ended)


@torch.inference_mode()
def _in_lanes(model: NeuralLanguageModel, contexts: Sequence[np.ndarray], answers: Sequence[np.ndarray]) -> list[np.ndarray]:
    network, first = model.network, model.opening
    rows = [np.concatenate([first, context, answer]) for context, answer in zip(contexts, answers, strict=True)]
    order = np.argsort([len(row) for row in rows], kind="stable")
    lanes = max(1, TOKENS_AT_ONCE // max(map(len, rows)))
    found: dict[int, np.ndarray] = {}
    with evaluating(network):
        for begin in range(0, len(order), lanes):
            part = order[begin : begin + lanes]
            ids = _padded([rows[index] for index in part])
            features, _ = network.features(ids[:, :-1], network.initial_state(len(part)))
            lengths = np.array([len(rows[index]) for index in part])
            counts = np.array([len(answers[index]) for index in part])
            lane = np.repeat(np.arange(len(part)), counts)
            column = np.concatenate([np.arange(length - count, length) for length, count in zip(lengths, counts, strict=True)])
            scores = _chosen(network, features[lane, column - 1], ids[lane, column])
            found |= zip(part.tolist(), np.split(scores, np.cumsum(counts)[:-1]), strict=True)
    return [found[index] for index in range(len(rows))]


def _chosen(network: Network, features: torch.Tensor, targets: torch.Tensor) -> np.ndarray:
    """(N,) log-probabilities of the targets (N,) after features (N, H)."""
    at_once = max(1, LOGITS_AT_ONCE // network.output.out_features)
    parts = [
        torch.log_softmax(network.output(part).double(), dim=1).gather(1, wanted[:, None])[:, 0]
        for part, wanted in zip(features.split(at_once), targets.split(at_once), strict=True)
    ]
    return torch.cat(parts).numpy()


@torch.inference_mode()
def _greedy(model: NeuralLanguageModel, contexts: Sequence[np.ndarray], limit: int, never: tuple[int, ...]) -> list[Continuation]:
    """Every lane takes a token at each step: the next of its prompt, then its own most likely one."""
    network, end = model.network, model.begin_id
    rows = [np.concatenate([model.opening, context]) for context in contexts]
    ids, lengths = _padded(rows), torch.tensor([len(row) for row in rows])
    written: list[list[int]] = [[] for _ in rows]
    scores: list[list[float]] = [[] for _ in rows]
    lanes, position = torch.arange(len(rows)), int(lengths.min())
    with evaluating(network):
        features, state = network.features(ids[:, :position], network.initial_state(len(rows)))
        while True:
            logits = torch.log_softmax(network.output(features[:, -1]).double(), dim=1)
            allowed = logits.clone()
            allowed[:, list(never)] = -torch.inf
            token = allowed.argmax(dim=1)
            own = position >= lengths[lanes]
            for lane, chosen, score in zip(
                lanes[own].tolist(), token[own].tolist(), logits.gather(1, token[:, None])[own, 0].tolist(), strict=True
            ):
                written[lane].append(chosen)
                scores[lane].append(score)
            going = torch.tensor([not row or (row[-1] != end and len(row) < limit) for row in (written[lane] for lane in lanes)])
            if not going.any():
                break
            token = torch.where(own, token, ids[lanes, min(position, ids.shape[1] - 1)])
            if not going.all():
                lanes, token, state = lanes[going], token[going], tuple(part[:, going] for part in state)
            features, state = network.features(token[:, None], state)
            position += 1
    return [
        Continuation(np.array(row[:-1] if row[-1] == end else row, dtype=np.int64), np.array(score), row[-1] == end)
        for row, score in zip(written, scores, strict=True)
    ]


def _padded(rows: Sequence[np.ndarray]) -> torch.Tensor:
    """(B, T) ids, each row filled up on the right, where no later token is asked for."""
    ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    for lane, row in enumerate(rows):
        ids[lane, : len(row)] = row
    return torch.from_numpy(ids)
