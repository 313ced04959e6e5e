"""What this machine's processor does fast, measured because no list of processors is complete; and how many of its cores are used."""

import functools
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

CLEARLY = 1.1  # times as fast
TRIES = 5


@functools.cache
def bfloat16_is_faster() -> bool:
    """Return whether a small recurrent layer trains faster in bfloat16 than in float32: about twice where the processor multiplies it.

    The fastest of a few alternating tries counts, so that other work of the machine does not decide.
    """
    if not has_bfloat16():
        return False
    with torch.random.fork_rng(devices=[]):
        took = [(_seconds(narrow=False), _seconds(narrow=True)) for _ in range(TRIES)]
    plain, narrow = (min(column) for column in zip(*took, strict=True))
    return plain > CLEARLY * narrow


@functools.cache
def has_bfloat16() -> bool:
    """Return whether torch can train a recurrent layer in bfloat16 here: for some processors it has no kernel."""
    try:
        with torch.random.fork_rng(devices=[]):
            _seconds(narrow=True)
    except RuntimeError:
        return False
    return True


def _seconds(narrow: bool) -> float:
    """Return the seconds of one step of a small layer."""
    layer, inputs = nn.LSTM(64, 128, batch_first=True), torch.zeros(32, 16, 64)
    began = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, enabled=narrow):
        output, _ = layer(inputs)
    output.float().sum().backward()
    return time.perf_counter() - began


@functools.cache
def name() -> str:
    """Return the processor's name, as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Set torch's number of threads for a while. Sums in another order differ in their last digits, so a run fixes it."""
    before = torch.get_num_threads()
    if before != count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        if before != count:
            torch.set_num_threads(before)
