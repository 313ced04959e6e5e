"""The film of a run: its weights at a few steps, close together at first, far apart later. What a frame shows is the pages' business."""

from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from lmcore.errors import CheckpointDamaged
from lmcore.runs.folder import step_of, write_aside

FRAMES = 30  # at most
BYTES = 64_000_000  # of all frames together, at most


def frame_steps(planned_steps: int, frame_bytes: int) -> set[int]:
    """The steps after which a frame is kept: the random weights, the last ones, and others evenly on a logarithmic axis.

    >>> sorted(frame_steps(planned_steps=100, frame_bytes=10_000_000))  # six fit
    [0, 1, 3, 10, 32, 100]
    """
    frames = max(2, min(FRAMES, BYTES // max(1, frame_bytes)))
    return {0, planned_steps, *np.geomspace(1, planned_steps, frames - 1).round().astype(int).tolist()}


def frame_bytes(network: nn.Module) -> int:
    return sum(weights.numel() * weights.element_size() for weights in network.parameters())


def save_frame(run_folder: Path, step: int, network: nn.Module):
    weights = {name: parameter.detach().contiguous() for name, parameter in network.named_parameters()}  # tied ones once
    write_aside(_folder(run_folder) / f"snapshot-{step}.safetensors", save(weights))


def frames(run_folder: Path) -> list[Path]:
    """In the order of their steps."""
    return sorted(_folder(run_folder).glob("snapshot-*.safetensors"), key=step_of)


def forget_after(run_folder: Path, step: int):
    """A run goes on from an earlier step: what lies after it will be computed again."""
    for path in frames(run_folder):
        if step_of(path) > step:
            path.unlink(missing_ok=True)


def load_frame(path: Path, network: nn.Module):
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


def _folder(run_folder: Path) -> Path:
    return Path(run_folder) / "snapshots"
