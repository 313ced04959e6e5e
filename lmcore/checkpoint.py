"""One safetensors file for a run at a step: weights, optimizer, carried state, and a JSON header with everything else.

No pickle in either direction. A SHA-256 of all content stands in the header, because safetensors does not notice flipped bits.
"""

import hashlib
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from lmcore.config import RunConfig
from lmcore.corpus import TokenData
from lmcore.errors import CheckpointDamaged
from lmcore.models import NeuralLanguageModel, build_model
from lmcore.training import TrainingState

VERSION = 1


@dataclass(frozen=True)
class Checkpoint:
    header: dict
    tensors: dict[str, torch.Tensor]

    @property
    def step(self) -> int:
        return self.header["step"]

    @property
    def config(self) -> RunConfig:
        return RunConfig.from_json(self.header["config"])

    def network(self) -> nn.Module:
        """The network with the weights of this step."""
        network = build_model(self.config.model, self.header["vocabulary_size"])
        network.load_state_dict(_under(self.tensors, "model."))
        return network

    def language_model(self) -> NeuralLanguageModel:
        return NeuralLanguageModel(self.network(), self.tensors["opening"].numpy(), self.header["begin_id"])

    def restore(self, state: TrainingState):
        """Set a fresh `TrainingState` to where the run was."""
        for number, optimizer in enumerate(state.optimizers):
            kept = {}
            for name, value in _under(self.tensors, f"optimizer.{number}.").items():
                index, key = name.split(".")
                kept.setdefault(int(index), {})[key] = value
            optimizer.load_state_dict({"state": kept, "param_groups": optimizer.state_dict()["param_groups"]})
        parts = [self.tensors[name] for name in sorted(self.tensors) if name.startswith("hidden.")]
        state.hidden = None if not parts else parts[0] if len(parts) == 1 else tuple(parts)
        state.random_state = self.tensors["random_state"]
        for name, value in self.header["training"].items():
            setattr(state, name, value)
        state.learning_rates = [(step, rate) for step, rate in state.learning_rates]
        state.best_loss = math.inf if state.best_loss is None else state.best_loss


def save(path: Path, network: nn.Module, state: TrainingState, config: RunConfig, data: TokenData):
    """Write aside, then move: a reader sees the old file or the new one, whole."""
    tensors = {f"model.{name}": value for name, value in network.state_dict().items()}
    if config.model.tied:
        del tensors["model.linear.weight"]  # the same memory as the embedding
    for number, optimizer in enumerate(state.optimizers):
        for index, values in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{index}.{key}": value for key, value in values.items() if torch.is_tensor(value)}
    hidden = state.hidden if isinstance(state.hidden, tuple) else () if state.hidden is None else (state.hidden,)
    tensors |= {f"hidden.{index}": part for index, part in enumerate(hidden)}
    tensors |= {"random_state": state.random_state, "opening": torch.from_numpy(np.asarray(data.opening, dtype=np.int64))}
    tensors = {name: value.detach().contiguous() for name, value in tensors.items()}
    header = {
        "version": VERSION,
        "step": state.step,
        "config": config.to_json(),
        "vocabulary_size": network.linear.out_features,
        "kind": data.kind,
        "begin_id": None if data.kind == "stream" else int(data.opening[0]),
        "training": {
            "step": state.step,
            "tokens": state.tokens,
            "seconds": state.seconds,
            "learning_rates": state.learning_rates,
            "best_loss": state.best_loss if math.isfinite(state.best_loss) else None,
            "best_step": state.best_step,
            "waited": state.waited,
            "cuts": state.cuts,
            "exploding": state.exploding,
        },
    }
    text = json.dumps(header, sort_keys=True)
    aside = path.with_suffix(".partial")
    try:
        save_file(tensors, aside, metadata={"next_word": text, "sha256": _digest(text, tensors)})
        os.replace(aside, path)
    except SafetensorError as error:
        raise OSError(str(error)) from error
    finally:
        aside.unlink(missing_ok=True)


def load(path: Path) -> Checkpoint:
    """Raises CheckpointDamaged where the file is not exactly what `save` wrote."""
    step = int("".join(filter(str.isdigit, Path(path).stem)) or 0)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        raise CheckpointDamaged(step=step, reason=type(error).__name__) from error
    text = metadata.get("next_word", "")
    if not text or metadata.get("sha256") != _digest(text, tensors):
        raise CheckpointDamaged(step=step, reason="sha256")
    header = json.loads(text)
    if header["version"] > VERSION:
        raise CheckpointDamaged(step=step, reason=f"version {header['version']}")
    if header["config"]["model"]["tied"]:
        tensors["model.linear.weight"] = tensors["model.embedding.weight"]
    return Checkpoint(header, tensors)


def _digest(text: str, tensors: dict[str, torch.Tensor]) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _under(tensors: dict, prefix: str) -> dict:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
