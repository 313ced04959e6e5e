"""The film of a run, as numbers: what its weights at several steps say about one context. The files are `lmcore.runs.worker.snapshots`."""

from dataclasses import dataclass

import numpy as np

from lmcore.models.base import LanguageModel


@dataclass(frozen=True)
class Frame:
    """What the weights after one step say."""

    step: int
    log_probs: np.ndarray  # (V,) of the next token, nats
    loss: float | None  # of the context itself, nats per token; None where it is empty


def frame(model: LanguageModel, step: int, ids: np.ndarray) -> Frame:
    """Return what a model says after a context and of it, in one pass. ids: (T,), T ≥ 0."""
    first, state = model.start()
    rows = np.concatenate([first[None], model.read(state, ids)[0]])  # (T + 1, V)
    loss = float(-rows[np.arange(len(ids)), ids].mean()) if len(ids) else None
    return Frame(step, rows[-1].astype(np.float32), loss)


def most_telling(frames: list[Frame], rows: int = 10) -> list[int]:
    """Return the ids to draw as bars, the most likely at the end first: those most likely at the end, the most likely one of each frame,
    and others that were likely before. At least `rows` where the vocabulary has as many."""
    last = frames[-1].log_probs
    highest = np.max([one.log_probs for one in frames], axis=0)
    kept = dict.fromkeys(np.argsort(-last, kind="stable")[: rows * 3 // 5].tolist())
    kept |= dict.fromkeys(int(one.log_probs.argmax()) for one in frames)
    for token_id in np.argsort(-highest, kind="stable")[: 2 * rows].tolist():
        if len(kept) < rows:
            kept[token_id] = None
    return sorted(kept, key=lambda token_id: -last[token_id])
