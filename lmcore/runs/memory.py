"""What a run will need in memory, whether that is allowed, two settings that would fit, and a limit the system enforces.

The estimate itself is `models.cost`. What a training process holds beside it (Python, torch, the text) is not counted here.
"""

import contextlib
from dataclasses import replace
from pathlib import Path

from lmcore.config import ModelConfig, RunConfig, TrainingConfig, bounds
from lmcore.errors import OutOfMemory, TooMuchMemory
from lmcore.models import training_memory

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

FIRST_TO_SHRINK = (("batch_size", "sequence_length", "hidden_size"), ("hidden_size", "batch_size", "sequence_length"))


def needed(config: RunConfig, vocabulary_size: int) -> int:
    return training_memory(config.model, config.training, vocabulary_size)


def check(config: RunConfig, vocabulary_size: int, most: int):
    """Raises TooMuchMemory with two settings that would fit. most: bytes one run may take."""
    estimate = needed(config, vocabulary_size)
    if estimate > most:
        raise TooMuchMemory(needed=_megabytes(estimate), **_values(config, vocabulary_size, most))


def ran_out(config: RunConfig, vocabulary_size: int, most: int) -> OutOfMemory:
    """It happened all the same: settings that need half as much."""
    fits = min(most, needed(config, vocabulary_size)) // 2
    return OutOfMemory(**{**_values(config, vocabulary_size, fits), "limit": _megabytes(most)})


def settings_that_fit(config: RunConfig, vocabulary_size: int, most: int) -> tuple[RunConfig, RunConfig]:
    """Two ways: a smaller batch with the same model where that is enough, and a smaller model."""
    batch_first, model_first = FIRST_TO_SHRINK
    smaller_batch = config
    for name in batch_first:
        while needed(smaller_batch, vocabulary_size) > most and (halved := _halved(smaller_batch, name)) != smaller_batch:
            smaller_batch = halved
    smaller_model = config
    while needed(smaller_model, vocabulary_size) > most:
        before = smaller_model
        for name in model_first:  # by turns: a model of width 1 helps nobody
            if needed(smaller_model, vocabulary_size) > most:
                smaller_model = _halved(smaller_model, name)
        if smaller_model == before:
            break
    return smaller_batch, smaller_model


def stay_within(most: int):
    """Let the system refuse this process more than so many bytes beyond what it holds now; where it can (Linux)."""
    if resource is None or not Path("/proc/self/statm").exists():
        return
    held = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()  # data and stack
    with contextlib.suppress(ValueError, OSError):  # a lower limit holds already
        resource.setrlimit(resource.RLIMIT_DATA, (held + most, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _halved(config: RunConfig, name: str) -> RunConfig:
    part, owner = (TrainingConfig, "training") if name in TrainingConfig.__dataclass_fields__ else (ModelConfig, "model")
    values = getattr(config, owner)
    half = max(bounds(part, name)[0], getattr(values, name) // 2)
    changes = {name: half}
    if name == "hidden_size" and values.tied:
        changes["embedding_size"] = half
    return replace(config, **{owner: replace(values, **changes)})


def _values(config: RunConfig, vocabulary_size: int, most: int) -> dict:
    """What the sentences of both errors name."""
    values = {"limit": _megabytes(most)}
    for prefix, fits in zip(("", "other_"), settings_that_fit(config, vocabulary_size, most), strict=True):
        values[f"{prefix}batch_size"] = fits.training.batch_size
        values[f"{prefix}sequence_length"] = fits.training.sequence_length
        values[f"{prefix}hidden_size"] = fits.model.hidden_size
    return values


def _megabytes(count: int) -> int:
    return round(count / 1e6)
