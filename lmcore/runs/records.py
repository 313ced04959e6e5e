"""The rows of the store as frozen values: texts, runs, steps, evaluations."""

from dataclasses import dataclass, fields

import numpy as np

from lmcore.config import RunConfig


@dataclass(frozen=True)
class Text:
    id: str
    owner: str | None  # None: a sample, for everyone
    sha256: str
    name: str
    kind: str
    encoding: str
    unreadable: int
    changes: tuple[str, ...]
    characters: int
    bytes: int
    sample: str | None
    created: str  # UTC
    deleted: str | None = None  # UTC; it is kept as long as a run needs it
    shared: bool = False  # whoever has its address, or that of a run trained on it, may read it


@dataclass(frozen=True)
class Run:
    id: str
    owner: str | None  # None: an example of the home page
    text_id: str
    name: str
    requested: RunConfig
    resolved: RunConfig | None
    notes: list[dict]  # {code, values}: what is not as it was asked for
    status: str  # queued, running, paused, finished, stopped, failed
    shown_status: str  # the same, or interrupted: running by its row, but nobody holds its lock
    want: str  # run, pause, stop; queue: make way, go on later
    learning_rate: float | None  # asked for while it runs
    pinned_context: str
    created: str  # UTC
    started: str | None  # UTC, the first time
    ended: str | None  # UTC
    prepared: float  # share of its text that is cut into tokens, before the first step
    step: int
    planned_steps: int
    tokens: int
    seconds: float
    received: float  # seconds it has held a place, preparing and training
    best_step: int | None
    best_loss: float | None
    best_bits_per_byte: float | None
    reference_lines: list[list]  # [[name, order, nats per token], …] of `references.Reference`; empty until they are counted
    error_code: str | None
    error_values: dict
    heartbeat: int
    film_kept: bool = False  # its snapshots stay when those of other runs have to go


@dataclass(frozen=True)
class StepRow:
    step: int
    epoch: float
    tokens: int
    loss: float
    learning_rate: float
    gradient_norm: float
    seconds: float
    tokens_per_second: float


@dataclass(frozen=True)
class EvaluationRow:
    step: int
    loss: float | None
    bits_per_byte: float | None
    improved: bool
    sample: str
    pinned_context: str
    bars: list  # [[token, probability], …] of the pinned context


@dataclass(frozen=True)
class StepColumns:
    """Steps by column, each (N,); a value the store does not have is NaN, never 0."""

    step: np.ndarray
    epoch: np.ndarray
    tokens: np.ndarray
    loss: np.ndarray
    learning_rate: np.ndarray
    gradient_norm: np.ndarray
    seconds: np.ndarray
    tokens_per_second: np.ndarray

    @classmethod
    def of(cls, rows: list[tuple]) -> "StepColumns":
        table = np.array(rows, dtype=float).reshape(-1, len(STEP_FIELDS))
        return cls(table[:, 0].astype(np.int64), *table[:, 1:].T)


STEP_FIELDS = tuple(entry.name for entry in fields(StepRow))
