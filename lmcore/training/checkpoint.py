"""A checkpoint: one safetensors file with weights, optimizer, carried state, and a JSON header with everything else.

No pickle in either direction. A SHA-256 of all content stands in the header, because safetensors does not notice flipped bits.
Because a right SHA-256 can be written over wrong content, every field of the header and the name, type and shape of every tensor
are compared with a schema before a tensor is read.
"""

import hashlib
import json
import math
import os
from dataclasses import dataclass
from operator import contains
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from lmcore.config import RunConfig, TokenizerConfig, TrainingConfig, bounds
from lmcore.errors import CheckpointDamaged, SettingError
from lmcore.models import Network, NeuralLanguageModel, build_model, family_of
from lmcore.processor import has_bfloat16
from lmcore.schema import Check, WrongValue, choice, each, optional, real, record, row, whole
from lmcore.text.corpus import TokenData
from lmcore.text.kinds import KINDS
from lmcore.training.loop import TrainingState
from lmcore.training.optimizers import kept_shapes

VERSION = 1
LONGEST_OPENING = 4_096  # tokens
MOST_TYPES = bounds(TokenizerConfig, "vocabulary_size")[1]
LARGEST_RATE = 10 * bounds(TrainingConfig, "learning_rate")[1]
FLOAT, NARROW, WHOLE, BYTE = "F32", "BF16", "I64", "U8"  # as safetensors calls them

TRAINING: dict[str, Check] = {  # what `Checkpoint.restore` sets of a `TrainingState`
    "step": whole(),
    "tokens": whole(),
    "seconds": real(0),
    "learning_rates": each(row(whole(), real(0, LARGEST_RATE)), most=100_000),
    "best_loss": optional(real()),
    "best_step": whole(),
    "waited": whole(),
    "cuts": whole(),
    "exploding": whole(),
}


def _config(value: Any) -> dict:
    """Return a configuration in JSON values as it is. Raises WrongValue where it is not what `RunConfig.to_json` gave."""
    try:
        RunConfig.from_json(value)
    except (SettingError, TypeError, KeyError, ValueError) as error:
        raise WrongValue(value) from error
    return value


HEADER = record(
    {
        "version": whole(1, VERSION),
        "step": whole(),
        "config": _config,
        "vocabulary_size": whole(1, MOST_TYPES),
        "kind": choice(*KINDS),
        "begin_id": optional(whole()),
        "training": record({"step": TRAINING["step"]}, TRAINING),
    }
)


@dataclass(frozen=True)
class Checkpoint:
    """The content of a checkpoint, checked: all that training goes on from."""

    header: dict
    tensors: dict[str, torch.Tensor]

    @property
    def step(self) -> int:
        """The step after which it was saved."""
        return self.header["step"]

    @property
    def config(self) -> RunConfig:
        """The resolved configuration."""
        return RunConfig.from_json(self.header["config"])

    def network(self) -> Network:
        """Return the network with the weights of this step, in evaluation mode; `fit` trains it on."""
        network = build_model(self.config.model, self.header["vocabulary_size"])
        with torch.no_grad():
            for name, weight in network.named_parameters():
                weight.copy_(self.tensors[f"model.{name}"])
        return network.eval()

    def language_model(self) -> NeuralLanguageModel:
        """Return the network as a `LanguageModel`."""
        return NeuralLanguageModel(self.network(), self.tensors["opening"].numpy(), self.header["begin_id"])

    def restore(self, state: TrainingState) -> None:
        """Set a new `TrainingState` to where the run was."""
        for number, optimizer in enumerate(state.optimizers):
            kept = {}
            for name, value in _under(self.tensors, f"optimizer.{number}.").items():
                index, key = name.split(".")
                kept.setdefault(int(index), {})[key] = value
            optimizer.load_state_dict({"state": kept, "param_groups": optimizer.state_dict()["param_groups"]})
        if self.step:  # before the first, `TrainingState` has the initial state
            parts = (self.tensors[f"hidden.{index}"] for index in range(len(state.hidden)))
            state.hidden = tuple(part if has_bfloat16() else part.float() for part in parts)
        state.random_state = self.tensors["random_state"]
        for name, value in self.header["training"].items():
            setattr(state, name, value)
        state.learning_rates = [(step, rate) for step, rate in state.learning_rates]
        state.best_loss = math.inf if state.best_loss is None else state.best_loss


def save(path: Path, network: Network, state: TrainingState, config: RunConfig, data: TokenData) -> None:
    """Write a checkpoint aside, then move it: a reader sees the old file or the new one, whole."""
    tensors = {f"model.{name}": weight for name, weight in network.named_parameters()}  # tied ones once
    for number, optimizer in enumerate(state.optimizers):
        for index, values in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{index}.{key}": value for key, value in values.items() if torch.is_tensor(value)}
    if state.step:
        tensors |= {f"hidden.{index}": part for index, part in enumerate(state.hidden)}
    tensors |= {"random_state": state.random_state, "opening": torch.from_numpy(np.asarray(data.opening, dtype=np.int64))}
    tensors = {name: value.detach().contiguous() for name, value in tensors.items()}
    header = {
        "version": VERSION,
        "step": state.step,
        "config": config.to_json(),
        "vocabulary_size": network.output.out_features,
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
    """Return the content of a checkpoint. Raises CheckpointDamaged where the file is not exactly what `save` wrote."""
    step = int("".join(filter(str.isdigit, Path(path).stem)) or 0)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            text = metadata.get("next_word", "")
            header = HEADER(json.loads(text))
            names = list(file.keys())
            found = {name: file.get_slice(name) for name in names}
            _check_tensors(header, {name: (part.get_dtype(), tuple(part.get_shape())) for name, part in found.items()})
            tensors = {name: file.get_tensor(name) for name in names}
    except WrongValue as error:
        raise CheckpointDamaged(step=step, reason=error.field or "not as it was written") from error
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise CheckpointDamaged(step=step, reason=type(error).__name__) from error
    if metadata.get("sha256") != _digest(text, tensors):
        raise CheckpointDamaged(step=step, reason="sha256")
    opening, begin_id = tensors["opening"], header["begin_id"]
    if int(opening.min()) < 0 or int(opening.max()) >= header["vocabulary_size"]:
        raise CheckpointDamaged(step=step, reason="opening")
    if begin_id != (None if header["kind"] == "stream" else int(opening[0])):
        raise CheckpointDamaged(step=step, reason="begin_id")
    return Checkpoint(header, tensors)


def _check_tensors(header: dict, found: dict[str, tuple[str, tuple[int, ...]]]) -> None:
    """Compare the tensors of a file, {name: (type, shape)}, with the settings. Raises WrongValue with the name of one that differs."""
    expected = _expected(header)
    for name in (*expected, *found):
        if name not in found or name not in expected:
            raise WrongValue(None, name)
        (dtype, shape), (dtypes, sizes) = found[name], expected[name]
        if dtype not in dtypes or len(shape) != len(sizes) or not all(map(contains, sizes, shape)):
            raise WrongValue(shape, name)


def _expected(header: dict) -> dict[str, tuple[tuple[str, ...], tuple[range, ...]]]:
    """Return the types and sizes that each tensor may have; the numbers of lanes and of the opening's ids also depend on the text."""
    config = RunConfig.from_json(header["config"])
    family, lanes = family_of(config.model), config.training.batch_size
    weights = family.weight_shapes(config.model, header["vocabulary_size"])
    shapes = {f"model.{name}": shape for name, shape in weights.items()}
    hidden = {}
    if header["step"]:
        kept = kept_shapes(config.training.optimizer, weights, [name for name in weights if family.matrices(name)])
        shapes |= {f"optimizer.{name}": shape for name, shape in kept.items()}
        smallest, largest = (family.state_shapes(config.model, count) for count in (1, lanes))
        for index, sizes in enumerate(zip(smallest, largest, strict=True)):
            hidden[f"hidden.{index}"] = (FLOAT, NARROW), tuple(range(low, high + 1) for low, high in zip(*sizes, strict=True))
    return {
        **{name: ((FLOAT,), tuple(map(_exactly, shape))) for name, shape in shapes.items()},
        **hidden,
        "random_state": ((BYTE,), (_exactly(len(torch.get_rng_state())),)),
        "opening": ((WHOLE,), (range(1, LONGEST_OPENING + 1),)),
    }


def _exactly(size: int) -> range:
    return range(size, size + 1)


def _digest(text: str, tensors: dict[str, torch.Tensor]) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _under(tensors: dict, prefix: str) -> dict:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
