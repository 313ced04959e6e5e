"""The changed weights behind an opened step. What a visitor's session keeps is the clicks; the networks themselves are kept for a while
in a memory with a bound, and are computed again from the clicks where they have been given up.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np
import streamlit as st
from cachetools import LRUCache, cached

from lmcore.errors import CheckpointDamaged
from lmcore.inference.trained import TrainedModel
from lmcore.inspection import step
from lmcore.inspection.step import Opened, OpenedStep, WeightEntry
from lmcore.models import NeuralLanguageModel
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store.records import Run
from lmcore.runs.worker import snapshots
from pages.parts import visitor
from pages.parts.run import model_cache

BYTES = 300_000_000  # of the networks that are kept
MOST_BYTES = 600_000_000  # of one that is opened
MOVES = "inside.step.moves"

Move = tuple[str, float, int]  # optimizer, learning rate, how many steps


class Start(NamedTuple):
    """Where the steps begin: weights of a run, and a sentence."""

    run_id: str
    step: int
    ids: bytes


class Chosen(NamedTuple):
    """What is looked at of the next step."""

    optimizer: str
    rate: float
    position: int
    entries: tuple[WeightEntry, ...]
    epsilon: float


_kept: OrderedDict[tuple[Start, tuple[Move, ...]], OpenedStep] = OrderedDict()
_lock = threading.Lock()


def starts(run: Run, trained: TrainedModel) -> list[int]:
    """The steps whose weights can be opened: 0, which are random, those of the film, and the checkpoint's."""
    frames = [step_of(path) for path in RunFolder.of(visitor.data_folder(), run.id).frames()]
    return sorted({0, *(frame for frame in frames if frame <= trained.step), trained.step})


def moves(start: Start) -> tuple[Move, ...]:
    """What this visitor has done since the beginning."""
    begun, done = st.session_state.get(MOVES, (None, ()))
    return done if begun == start else ()


def go_on(start: Start, move: Move):
    st.session_state[MOVES] = (start, (*moves(start), move))


def go_back(start: Start):
    st.session_state[MOVES] = (start, ())


@st.cache_resource(max_entries=32, show_spinner=False)
def telling(_run: Run, _trained: TrainedModel, start: Start) -> tuple[WeightEntry, ...]:
    """The weights to follow. Raises CheckpointDamaged."""
    with model_cache.asking():
        return _begin(_run, _trained, start).telling()


@cached(  # by a library: what Streamlit caches may not draw, and taking steps draws how far it is
    LRUCache(64), key=lambda _run, _trained, start, done, chosen, _on_progress: (start, done, chosen), lock=threading.Lock()
)
def look(
    _run: Run, _trained: TrainedModel, start: Start, done: tuple[Move, ...], chosen: Chosen, _on_progress: Callable[[float], None]
) -> tuple[Opened, list[float]]:
    """(the next step, the loss of the sentence before each step so far). Raises LossNotFinite or CheckpointDamaged.

    _on_progress: called with the share of steps that are taken.
    """
    opened, missing = _nearest(_run, _trained, start, done)
    total, taken = sum(count for _, _, count in missing), 0
    for optimizer, rate, count in missing:
        for _number in range(count):
            with model_cache.asking():
                opened.take(optimizer, rate)
            taken += 1
            _on_progress(taken / total)
    with model_cache.asking():
        found = opened.open(*chosen)
    losses = list(opened.losses)
    _keep(start, done, opened)
    return found, losses


def _nearest(run: Run, trained: TrainedModel, start: Start, done: tuple[Move, ...]) -> tuple[OpenedStep, tuple[Move, ...]]:
    """The kept network that is the fewest clicks behind, and what is missing."""
    with _lock:
        for behind in range(len(done) + 1):
            reached = done[: len(done) - behind]
            if opened := _kept.pop((start, reached), None):
                return opened, done[len(reached) :]
    with model_cache.asking():
        return _begin(run, trained, start), done


def _keep(start: Start, done: tuple[Move, ...], opened: OpenedStep):
    opened.network.zero_grad(set_to_none=True)
    with _lock:
        _kept[start, done] = opened
        while sum(each.nbytes for each in _kept.values()) > BYTES:
            _kept.popitem(last=False)


def _begin(run: Run, trained: TrainedModel, start: Start) -> OpenedStep:
    config = run.resolved or run.requested
    return OpenedStep(_model(run, trained, start.step), np.frombuffer(start.ids, dtype=np.int64), config.training)


def _model(run: Run, trained: TrainedModel, step_number: int) -> NeuralLanguageModel:
    model = trained.model
    assert isinstance(model, NeuralLanguageModel)
    if step_number == trained.step:
        return model
    path = RunFolder.of(visitor.data_folder(), run.id).frame_path(step_number)
    if path.exists():
        return cast(NeuralLanguageModel, snapshots.at_frame(path, trained).model)
    if step_number == 0:
        return step.random_model(run.resolved or run.requested, model)
    raise CheckpointDamaged(step=step_number, reason="deleted")
