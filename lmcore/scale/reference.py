"""Large runs and what they took, from `reference.csv`: each constant is a row there with its source and date. And how far it is to them."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("reference.csv")
MODELS = ("nanochat", "gpt3", "llama")  # a GPT-2-grade model of 2026, GPT-3, Llama 3.1 405B: the smallest first
NODE = 8  # devices of one machine
CLUSTER = 16_000  # devices that trained Llama 3.1 405B, about


@dataclass(frozen=True)
class Constant:
    """A row of the table."""

    of: str
    quantity: str
    value: float
    unit: str
    source: str
    address: str
    date: str  # when it was published


@dataclass(frozen=True)
class Size:
    """How large a training run is."""

    parameters: float
    tokens: float
    operations: float
    memory: float  # bytes, of weights, gradients and optimizer


@dataclass(frozen=True)
class Machine:
    """What trains: how many operations a second it really does, and how many bytes it holds."""

    speed: float
    memory: float
    devices: int = 1

    def seconds(self, size: Size) -> float:
        """Return how long a run of this size would train."""
        return size.operations / self.speed

    def times_too_small(self, size: Size) -> float:
        """Return how many times the memory of this machine such a run needs; up to 1 it fits."""
        return size.memory / self.memory


@cache
def constants() -> tuple[Constant, ...]:
    """Return all rows of the table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = ("unit", "source", "address", "date")
    return tuple(Constant(row["of"], row["quantity"], float(row["value"]), *(row[name] for name in names)) for row in rows)


def constant(of: str, quantity: str) -> float:
    """Return one value of the table. Raises KeyError.

    >>> constant("gpt3", "parameters")
    175000000000.0
    """
    return {(row.of, row.quantity): row.value for row in constants()}[of, quantity]


def size(model: str) -> Size:
    """Return the size of one of MODELS; its memory is that of Adam in float32, activations not counted.

    >>> f"{size('llama').memory:.3g}"
    '6.48e+12'
    """
    parameters, tokens, operations = (constant(model, quantity) for quantity in ("parameters", "tokens", "operations"))
    return Size(parameters, tokens, operations, parameters * constant("adam", "bytes per parameter"))


def share_of_peak(model: str) -> float:
    """Return the share of an H100's peak that a run reached, all its time counted.

    >>> f"{share_of_peak('nanochat'):.2f} {share_of_peak('llama'):.2f}"
    '0.50 0.35'
    """
    return constant(model, "operations") / (constant(model, "device seconds") * constant("h100", "peak"))


def h100s(count: int) -> Machine:
    """Return so many H100: up to a node at the share of peak that nanochat reached, beyond at that of Llama 3.1 405B.

    >>> machine = h100s(8)
    >>> f"{machine.seconds(size('nanochat')) / 3600:.2f} h, {machine.times_too_small(size('gpt3')):.1f} times too small"
    '3.04 h, 4.4 times too small'
    """
    share = share_of_peak("nanochat" if count <= NODE else "llama")
    return Machine(count * constant("h100", "peak") * share, count * constant("h100", "memory"), count)
