"""A checkpoint restored as a network and a training state, or refused: as it may come from outside, all of it must fit together.

Also which text a run goes on with: of a known kind, in the file that the run began with.
"""

from typing import cast

import numpy as np
import torch

from lmcore.config import RunConfig
from lmcore.errors import CheckpointDamaged, LmcoreError, TokenizerDamaged
from lmcore.models import Network
from lmcore.runs import data_folder
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store import marks
from lmcore.runs.store.records import Run, Text
from lmcore.runs.store.store import Store
from lmcore.text.corpus import OPENING, TokenData
from lmcore.training import checkpoint
from lmcore.training.loop import TrainingState

UNFIT = (LmcoreError, RuntimeError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
LARGEST_WEIGHT = 1e12  # where none is larger, no product overflows a float32: each distribution is one, whatever is read


def newest(
    run_folder: RunFolder, data: TokenData, vocabulary_size: int
) -> tuple[tuple[RunConfig, Network, TrainingState] | None, list[dict]]:
    """Return ((config, network, state) of the newest checkpoint that can be used, or None; a note for each that cannot).

    Those that cannot be used are removed. Raises TokenizerDamaged where a whole checkpoint has another vocabulary.
    """
    notes = []
    for path in run_folder.checkpoints():
        try:
            saved = checkpoint.load(path)
            if saved.step != step_of(path):
                raise CheckpointDamaged(step=step_of(path), reason="another step")
            if saved.header["vocabulary_size"] != vocabulary_size:
                raise TokenizerDamaged(reason="another vocabulary")
            return (saved.config, *restore(saved, data, vocabulary_size)), notes
        except CheckpointDamaged as error:
            notes.append({"code": error.code, "values": error.values})
            path.unlink(missing_ok=True)
    return None, notes


def restore(saved: checkpoint.Checkpoint, data: TokenData, vocabulary_size: int) -> tuple[Network, TrainingState]:
    """Return (config, network, state) of a checkpoint. Raises CheckpointDamaged for any fault."""
    try:
        network = network_of(saved, vocabulary_size)
        openings = data.opening, data.train[-OPENING:]  # the second: as it was cut before it ended where a line begins
        known = any(np.array_equal(saved.tensors["opening"].numpy(), opening) for opening in openings)
        if not known or saved.header["kind"] != data.kind:
            raise CheckpointDamaged(step=saved.step, reason="another text")
        state = TrainingState(network, data, saved.config.training)
        saved.restore(state)
        reason = "" if saved.step == state.step else "another step"
        reason = reason or _misfit(network, state)
    except CheckpointDamaged:
        raise
    except UNFIT as error:
        raise CheckpointDamaged(step=saved.step, reason=type(error).__name__) from error
    if reason:
        raise CheckpointDamaged(step=saved.step, reason=reason)
    return network, state


def network_of(saved: checkpoint.Checkpoint, vocabulary_size: int) -> Network:
    """Return the network with the weights of a checkpoint, which `checkpoint.load` has compared with its settings. Raises CheckpointDamaged."""
    if saved.header["vocabulary_size"] != vocabulary_size:
        raise CheckpointDamaged(step=saved.step, reason="another vocabulary")
    network = saved.network()
    if not is_sound(network):
        raise CheckpointDamaged(step=saved.step, reason="not finite")
    return network


def is_sound(network: Network) -> bool:
    """Return whether every weight is finite, and small enough for probabilities to be numbers."""
    return all(bool((weights.abs() <= LARGEST_WEIGHT).all()) for weights in network.parameters())


def _misfit(network: Network, state: TrainingState) -> str:
    """Return what does not fit, which torch would notice only during a step; "" where all fits."""
    for optimizer in state.optimizers:
        for kept in optimizer.state.values():
            if not all(bool(value.isfinite().all()) for value in kept.values() if torch.is_tensor(value)):
                return "another optimizer"
    expected = network.initial_state(state.config.batch_size)
    misshapen = state.step and any(part.shape != other.shape for part, other in zip(state.hidden, expected, strict=True))
    if misshapen or not all(bool(torch.isfinite(part).all()) for part in state.hidden):
        return "another hidden state"
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(state.random_state)  # RuntimeError where it is none
    return ""


# the text


def text_of(store: Store, run: Run) -> tuple[str, str]:
    """Return (content, kind) of the text a run trains on; the kind is fixed when the run first begins. A missing or damaged `run.json` is
    written again from the store. Raises TextMissing or TextChanged."""
    content, kind, run_folder = store.content(run.text_id), kind_of(store, run), RunFolder.of(store.folder, run.id)
    if run_folder.described_kind() is None:
        values = {"id": run.id, "kind": kind, "requested": run.requested.to_json()}
        data_folder.write_json(run_folder.configuration_path, values)
    return content, kind


def kind_of(store: Store, run: Run) -> str:
    """Return the kind of a run's text as its folder says; before it has begun, that of the text.

    A run that begins with a model of running text reads any text so: its vocabulary has nothing that begins an item.
    """
    if kind := RunFolder.of(store.folder, run.id).kind():
        return kind
    begun = marks.values_of(run, marks.BEGUN)
    return "stream" if begun and begun["kind"] == "stream" else cast(Text, store.text(run.text_id)).kind
