"""The film of a run: its weights at a few steps, close together at first, far apart later. What a frame shows is `inference.film`."""

import copy
from pathlib import Path
from typing import cast

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from lmcore.errors import CheckpointDamaged
from lmcore.inference.trained import TrainedModel
from lmcore.models import NeuralLanguageModel
from lmcore.runs.data_folder import write_aside
from lmcore.runs.run_folder import RunFolder, step_of

FRAMES = 30  # at most
BYTES = 64_000_000  # of all frames together, at most


def frame_steps(planned_steps: int, frame_bytes: int) -> set[int]:
    """Return the steps after which a frame is kept: the random weights, the last ones, and others evenly on a logarithmic axis.

    >>> sorted(frame_steps(planned_steps=100, frame_bytes=10_000_000))  # six fit
    [0, 1, 3, 10, 32, 100]
    """
    frames = max(2, min(FRAMES, BYTES // max(1, frame_bytes)))
    return {0, planned_steps, *np.geomspace(1, planned_steps, frames - 1).round().astype(int).tolist()}


def frame_bytes(network: nn.Module) -> int:
    """Return how large a snapshot of this network is."""
    return sum(weights.numel() * weights.element_size() for weights in network.parameters())


def save_frame(run_folder: RunFolder, step: int, network: nn.Module) -> None:
    """Save the weights of a step for the film."""
    weights = {name: parameter.detach().contiguous() for name, parameter in network.named_parameters()}  # tied ones once
    write_aside(run_folder.frame_path(step), save(weights))


def forget_after(run_folder: RunFolder, step: int) -> None:
    """Remove the frames after a step: training goes on from it and will compute them again."""
    for path in run_folder.frames():
        if step_of(path) > step:
            path.unlink(missing_ok=True)


def at_frame(path: Path, trained: TrainedModel) -> TrainedModel:
    """Return a trained model with the weights of a frame of its run; `trained` stays as it is. Raises CheckpointDamaged."""
    model = cast(NeuralLanguageModel, trained.model)
    network = copy.deepcopy(model.network)
    load_frame(path, network)
    return trained.with_model(NeuralLanguageModel(network, model.opening, model.begin_id), step_of(path))


def load_frame(path: Path, network: nn.Module) -> None:
    """Put the weights of a frame into a network of the same run. Raises CheckpointDamaged."""
    try:
        weights = load_file(path)
        own = dict(network.named_parameters())
        if set(weights) != set(own) or any(weights[name].shape != own[name].shape for name in own):
            raise CheckpointDamaged(step=step_of(path), reason="other weights")
    except (SafetensorError, OSError) as error:
        raise CheckpointDamaged(step=step_of(path), reason=type(error).__name__) from error
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(weights[name])
