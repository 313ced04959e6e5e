"""What a run took: parameters, operations, memory, time, and the share of the machine that it used."""

from dataclasses import dataclass

from lmcore.config import RunConfig
from lmcore.scale.parts import Part, parts
from lmcore.scale.reference import Machine, Size
from lmcore.training.memory import memory_parts

WATT_HOUR = 3600.0  # joules


@dataclass(frozen=True)
class Measured:
    """A run in numbers."""

    config: RunConfig  # that it trains with
    parts: list[Part]
    memory_parts: dict[str, int]  # bytes
    tokens: int  # that it has trained on, those it read again counted again
    seconds: float  # of its steps

    @classmethod
    def of(cls, config: RunConfig, vocabulary_size: int, tokens: int, seconds: float) -> "Measured":
        """Return the numbers of a run from its settings and from how far it is."""
        found = parts(config.model, config.training, vocabulary_size)
        return cls(config, found, memory_parts(config.model, config.training, vocabulary_size), tokens, seconds)

    @property
    def parameters(self) -> int:
        """How many numbers training adjusts."""
        return sum(part.parameters for part in self.parts)

    @property
    def operations_per_token(self) -> int:
        """Floating-point operations of training on one token."""
        return sum(part.operations for part in self.parts)

    @property
    def operations(self) -> int:
        """Floating-point operations of its training so far; validation and samples are not counted."""
        return self.operations_per_token * self.tokens

    @property
    def memory(self) -> int:
        """Bytes of the network and of one step, an estimate."""
        return sum(self.memory_parts.values())

    @property
    def size(self) -> Size:
        """Its size, beside those of `reference`."""
        return Size(self.parameters, self.tokens, self.operations, self.memory)

    @property
    def speed(self) -> float | None:
        """Operations a second; None before its first step."""
        return self.operations / self.seconds if self.seconds > 0 and self.operations else None

    def share_of_peak(self, peak: float) -> float | None:
        """Return the share of what its cores can do at most. peak: operations a second of one core."""
        return None if self.speed is None else self.speed / (peak * self.config.training.threads)

    def watt_hours(self, watts: float) -> float:
        """Return an estimate of the energy that its training took on a machine of so many watts."""
        return watts * self.seconds / WATT_HOUR

    def machine(self, cores: int, memory: float) -> Machine | None:
        """Return the machine it ran on with all cores at the pace of this run; None before its first step."""
        if self.speed is None:
            return None
        return Machine(self.speed * max(1.0, cores / self.config.training.threads), memory)
