"""A checkpoint made into a network and a training state again, or refused: whoever wrote it, what it holds must fit together."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from lmcore import checkpoint
from lmcore.config import RunConfig
from lmcore.corpus import OPENING, TokenData
from lmcore.errors import CheckpointDamaged, LmcoreError
from lmcore.runs import folder
from lmcore.training import TrainingState

UNFIT = (LmcoreError, RuntimeError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


def newest(run_folder: Path, data: TokenData, vocabulary_size: int):
    """((config, network, state) of the newest checkpoint that can be used, or None; a note for each one that could not).

    Those that cannot be used are removed.
    """
    notes = []
    for path in folder.checkpoints(run_folder):
        try:
            return restore(path, data, vocabulary_size), notes
        except CheckpointDamaged as error:
            notes.append({"code": error.code, "values": error.values})
            path.unlink(missing_ok=True)
    return None, notes


def restore(path: Path, data: TokenData, vocabulary_size: int) -> tuple[RunConfig, nn.Module, TrainingState]:
    """Raises CheckpointDamaged, and nothing else."""
    try:
        saved = checkpoint.load(path)
        network = network_of(saved, vocabulary_size)
        openings = data.opening, data.train[-OPENING:]  # the second: as it was cut before it ended where a line begins
        known = any(np.array_equal(saved.tensors["opening"].numpy(), opening) for opening in openings)
        if not known or saved.header["kind"] != data.kind:
            raise CheckpointDamaged(step=saved.step, reason="another text")
        state = TrainingState(network, data, saved.config.training)
        saved.restore(state)
        reason = "" if saved.step == state.step == folder.step_of(path) else "another step"
        reason = reason or _misfit(network, state)
    except CheckpointDamaged:
        raise
    except UNFIT as error:
        raise CheckpointDamaged(step=folder.step_of(path), reason=type(error).__name__) from error
    if reason:
        raise CheckpointDamaged(step=folder.step_of(path), reason=reason)
    return saved.config, network, state


def network_of(saved: checkpoint.Checkpoint, vocabulary_size: int) -> nn.Module:
    """The network with the weights of a checkpoint. Raises CheckpointDamaged before a larger one is built than the file holds."""
    if saved.header["vocabulary_size"] != vocabulary_size:
        raise CheckpointDamaged(step=saved.step, reason="another vocabulary")
    if saved.tensors["model.embedding.weight"].shape != (vocabulary_size, saved.config.model.embedding_size):
        raise CheckpointDamaged(step=saved.step, reason="other sizes")
    network = saved.network()
    if not is_finite(network):
        raise CheckpointDamaged(step=saved.step, reason="not finite")
    return network


def is_finite(network: nn.Module) -> bool:
    return all(bool(torch.isfinite(weights).all()) for weights in network.parameters())


def _misfit(network: nn.Module, state: TrainingState) -> str:
    """What torch itself would notice only in the middle of a step."""
    for optimizer in state.optimizers:
        for weights, kept in optimizer.state.items():
            tensors = [value for value in kept.values() if torch.is_tensor(value)]
            if any(value.dim() and value.shape != weights.shape or not bool(value.isfinite().all()) for value in tensors):
                return "another optimizer"
    layers, width = network.rnn.num_layers, network.rnn.hidden_size
    hidden = state.hidden if isinstance(state.hidden, tuple) else () if state.hidden is None else (state.hidden,)
    if any(part.shape != (layers, state.config.batch_size, width) or not bool(torch.isfinite(part).all()) for part in hidden):
        return "another hidden state"
    random_state = state.random_state
    return "" if random_state.dtype == torch.uint8 and random_state.shape == torch.get_rng_state().shape else "random numbers"
