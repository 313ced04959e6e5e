"""What a step of each setting takes on this machine, measured once and kept beside the store: equal seconds mean equal steps.

Runs that begin together share processor, memory and caches, so that each would measure something else. How a measurement becomes
planned steps is `planning`.
"""

import contextlib
import hashlib
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from lmcore import processor
from lmcore.config import ONLY_OF, RunConfig, has_setting
from lmcore.runs.data_folder import read_json, write_json
from lmcore.text.corpus import TokenData
from lmcore.training import planning
from lmcore.training.planning import Cost

KEPT_SECONDS = 86_400.0  # a lesson is shorter; what was measured beside a busy neighbour is not kept for ever
MOST = 1_000  # settings
WAITING_SECONDS = 10.0  # while another run measures
WORK = (
    "optimizer",
    "batch_size",
    "sequence_length",
    "threads",
    "precision",
    "loss",
    "loss_on",
)  # what decides how long a step takes


def remembered(data_folder: Path) -> Callable[[RunConfig, TokenData, int], Cost]:
    """Return what `planning.measure` returned for the first run of a setting within a day."""

    def cost(config: RunConfig, data: TokenData, vocabulary_size: int) -> Cost:
        path, key = Path(data_folder) / "speeds.json", setting(config, data, vocabulary_size)
        with contextlib.suppress(Timeout, OSError), FileLock(path.with_suffix(".lock"), timeout=WAITING_SECONDS):
            kept = _kept(path)
            if key not in kept:
                kept[key] = [*planning.measure(config, data, vocabulary_size), time.time()]
                with contextlib.suppress(OSError):  # a full disk: the next run measures by itself
                    write_json(path, dict(list(kept.items())[-MOST:]))
            return kept[key][0], kept[key][1]
        return planning.measure(config, data, vocabulary_size)

    return cost


def setting(config: RunConfig, data: TokenData, vocabulary_size: int) -> str:
    """Return a key of all that decides how long a step and an evaluation take; learning rate, schedule and seed do not."""
    model, training = config.model, config.training
    work = {
        "model": [model.family, model.embedding_size, model.hidden_size, model.layers, model.tied, model.dropout > 0]
        + [getattr(model, name) for name in ONLY_OF if has_setting(model.family, name)],
        "training": [getattr(training, name) for name in WORK] + [training.clipping > 0, training.state_resets > 0],
        "text": [config.tokenizer.level, vocabulary_size, data.kind, len(data.validation)],
        "machine": [processor.name(), processor.cores(), torch.__version__],
    }
    return hashlib.sha256(json.dumps(work).encode()).hexdigest()[:32]


def _kept(path: Path) -> dict[str, list[float]]:
    """Return what was measured within a day; nothing where the file cannot be read."""
    try:
        return {key: entry for key, entry in read_json(path).items() if _is_usable(*entry)}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _is_usable(step: float, evaluation: float, measured: float) -> bool:
    return 0 < step < math.inf and 0 <= evaluation < math.inf and abs(time.time() - measured) < KEPT_SECONDS
