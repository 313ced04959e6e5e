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
LARGE = 1024  # rows and columns of the products that measure the peak
PEAK_SECONDS = 0.12  # in which it is measured, about
FINE = time.get_clock_info("thread_time").resolution < 1e-3  # on Windows it is not
CLOCK = time.thread_time if FINE else time.perf_counter  # of this thread, so that other work of the machine does not count


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


def measure_peak(precision: str) -> float:
    """Return the floating-point operations a second of products of large square matrices on one core, the fastest of a few.

    A slow processor multiplies smaller ones, so that this takes no longer. precision: "float32" or "bfloat16".
    """
    dtype, size = getattr(torch, precision), LARGE // 8
    with threads(1):
        _product_seconds(size, dtype)  # the first one prepares
        while (took := min(_product_seconds(size, dtype) for _ in range(2))) * TRIES * 8 < PEAK_SECONDS and size < LARGE:
            size *= 2
        return 2 * size**3 / min(took, *(_product_seconds(size, dtype) for _ in range(TRIES)))


peak = functools.cache(measure_peak)  # measured once a process


def _product_seconds(size: int, dtype: torch.dtype) -> float:
    matrix = torch.ones(size, size, dtype=dtype)
    began = CLOCK()
    matrix @ matrix
    return CLOCK() - began


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
