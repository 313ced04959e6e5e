"""The memory a run will need, whether it is allowed, settings that would fit, and a limit the system enforces.

The estimate for the model is `training.memory`. What a training process holds when it begins (Python, torch) is not counted here.
`benchmarks/memory.py` compares the estimate with what real workers take.
"""

import contextlib
import math
from dataclasses import replace
from pathlib import Path

from lmcore.config import RunConfig, has_setting
from lmcore.errors import OutOfMemory, TextTakesTooMuchMemory, TooMuchMemory
from lmcore.text.text_index import MOST_TOKENS
from lmcore.training.memory import training_memory

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

OVERHEAD = 55_000_000  # bytes of any run: its store, its first evaluation and sample, files it writes
BYTES_A_TOKEN, BYTES_A_COUNTED_TOKEN = 3, 150
TRAINING = ("batch_size", "sequence_length")
MODEL = ("hidden_size", "layers", "embedding_size", "vocabulary_size", "window")
SMALL_BATCH = 8
LOWEST = {"hidden_size": 8, "embedding_size": 8, "sequence_length": 4, "vocabulary_size": 260}
WORTH_IT = 0.1  # of the memory: what saves less is left as it is


def needed(config: RunConfig, vocabulary_size: int, tokens: int = 0) -> int:
    """Return the bytes of a run with these settings. tokens: of its text, at most as many as it has characters."""
    if config.tokenizer.level != "character":
        vocabulary_size = min(vocabulary_size, config.tokenizer.vocabulary_size)
    return OVERHEAD + text_memory(tokens) + training_memory(config.model, config.training, vocabulary_size)


def text_memory(tokens: int) -> int:
    """Return the bytes for reading a text and counting in it."""
    return tokens * BYTES_A_TOKEN + min(tokens, MOST_TOKENS) * BYTES_A_COUNTED_TOKEN


def check(config: RunConfig, vocabulary_size: int, most: int, tokens: int = 0) -> None:
    """Check the memory of a run. most: bytes it may take. Raises TooMuchMemory with two settings that would fit, or
    TextTakesTooMuchMemory where none would."""
    estimate = needed(config, vocabulary_size, tokens)
    if estimate <= most:
        return
    if any(needed(way, vocabulary_size, tokens) > most for way in settings_that_fit(config, vocabulary_size, most, tokens)):
        raise TextTakesTooMuchMemory(needed=_megabytes(OVERHEAD + text_memory(tokens)), limit=_megabytes(most))
    raise TooMuchMemory(needed=_megabytes(estimate), **_values(config, vocabulary_size, most, tokens))


def ran_out(config: RunConfig, vocabulary_size: int, most: int, tokens: int = 0) -> OutOfMemory:
    """Return the error of a run that ran out of memory, with settings that need half as much for all but the text."""
    fixed = OVERHEAD + text_memory(tokens)
    half = fixed + (min(most, needed(config, vocabulary_size, tokens)) - fixed) // 2
    return OutOfMemory(**{**_values(config, vocabulary_size, half, tokens), "limit": _megabytes(most)})


def settings_that_fit(config: RunConfig, vocabulary_size: int, most: int, tokens: int = 0) -> tuple[RunConfig, RunConfig]:
    """Return two settings that fit: a smaller batch with the same model where that is enough, and a smaller model."""

    def size(which: RunConfig) -> int:
        return needed(which, vocabulary_size, tokens)

    def by_turns(names: tuple[str, ...]) -> RunConfig:
        smaller, worth = config, WORTH_IT
        while size(smaller) > most:
            before = smaller
            for name in names:
                halved = _halved(smaller, name)
                if size(smaller) > most and size(smaller) - size(halved) > worth * size(before):
                    smaller = halved
            if smaller == before:
                if not worth:
                    break
                worth = 0.0
        return smaller

    smaller_batch = config
    while size(smaller_batch) > most and smaller_batch.training.batch_size > SMALL_BATCH:
        smaller_batch = _halved(smaller_batch, "batch_size")
    return smaller_batch if size(smaller_batch) <= most else by_turns(TRAINING + MODEL), by_turns(MODEL + TRAINING)


def lowered(config: RunConfig, smaller: RunConfig) -> dict[str, int]:
    """Return {setting: its lower value}.

    >>> lowered(RunConfig(), RunConfig().with_training(batch_size=8))
    {'batch_size': 8}
    """
    before, after = ({**vars(one.tokenizer), **vars(one.model), **vars(one.training)} for one in (config, smaller))
    return {name: value for name, value in after.items() if value != before[name]}


def stay_within(most: int, seconds: int | None = None) -> None:
    """Let the system refuse this process more than `most` bytes beyond what it holds now (Linux), and end it after `seconds` more
    of processor time (where it has such limits)."""
    if resource is not None and seconds is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = math.ceil(used.ru_utime + used.ru_stime) + seconds
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    if resource is None or not Path("/proc/self/statm").exists():
        return
    held = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()  # data and stack
    with contextlib.suppress(ValueError, OSError):  # a lower limit holds already
        resource.setrlimit(resource.RLIMIT_DATA, (held + most, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _halved(config: RunConfig, name: str) -> RunConfig:
    owner, part = next((owner, part) for owner, part in vars(config).items() if name in vars(part))
    half = max(1, min(LOWEST.get(name, 1), getattr(part, name)), getattr(part, name) // 2)
    changes = {name: half}
    if owner == "model" and part.tied and name.endswith("_size"):
        changes = {"hidden_size": half, "embedding_size": half}
    if name == "hidden_size" and has_setting(part.family, "heads"):
        changes["heads"] = math.gcd(half, part.heads)
    return replace(config, **{owner: replace(part, **changes)})


def _values(config: RunConfig, vocabulary_size: int, most: int, tokens: int) -> dict:
    """Return the values that the sentences of both errors name."""
    fits, other = (lowered(config, way) for way in settings_that_fit(config, vocabulary_size, most, tokens))
    return {"limit": _megabytes(most), "fits": fits, "other": other}


def _megabytes(count: int) -> int:
    return round(count / 1e6)
