"""Very small and very large amounts in words: operations, bytes, times, energy."""

import math

from pages.parts import number_format
from pages.parts.language import _, current_language

YEAR = 365.25 * 86_400
PREFIXES = ("", "k", "M", "G", "T", "P", "E")
SCIENTIFIC = 1e15  # from there on the powers of ten are read more easily


def count(number: float) -> str:
    """A number of things, in words where it is large."""
    return number_format.amount(math.log(number), current_language()) if number > 0 else "0"


def times(factor: float) -> str:
    """How many times something is something else."""
    if factor <= 0 or not math.isfinite(factor):
        return "–"
    return count(rounded(factor, 3)) if factor >= 1 else number_format.short(factor)


def rounded(number: float, digits: int) -> float:
    """
    >>> rounded(566_661.0, 2), rounded(41.0, 2)
    (570000.0, 41.0)
    """
    return float(f"{number:.{digits}g}")


def operations(number: float) -> str:
    return prefixed(number, "FLOP")


def speed(per_second: float) -> str:
    return prefixed(per_second, "FLOP/s")


def memory(size: float) -> str:
    return prefixed(size, "B")


def energy(watt_hours: float) -> str:
    return prefixed(watt_hours, "Wh")


def prefixed(number: float, unit: str = "") -> str:
    """
    >>> prefixed(532_000.0, "B"), prefixed(6.48e12, "B"), prefixed(3.14e23, "FLOP"), prefixed(0.00042, "Wh")
    ('532 kB', '6.48 TB', '3.1×10²³ FLOP', '0.42 mWh')
    >>> prefixed(2_362_752), prefixed(12)
    ('2.36 M', '12')
    >>> prefixed(0.0, "B"), prefixed(999_999.0, "B"), prefixed(1e-9, "Wh")
    ('0 B', '1 MB', '1.0×10⁻⁹ Wh')
    """
    if number <= 0:
        return f"0 {unit}".strip()
    if number >= 1e3 * SCIENTIFIC or number < 1e-6:
        return f"{number_format.scientific(math.log(number))} {unit}".strip()
    if number < 0.1:
        return f"{number * 1e3:.3g} m{unit}"
    power = 0
    while power < len(PREFIXES) - 1 and float(f"{number:.3g}") >= 1000:
        number, power = number / 1000, power + 1
    return f"{number:.3g} {PREFIXES[power]}{unit}".strip()


def time(seconds: float) -> str:
    """How long, in the unit a person would use; at least two of it."""
    if not math.isfinite(seconds):
        return "∞"
    if seconds < 120:
        return prefixed(seconds, "s") if seconds < 1 else _("{count:.3g} s").format(count=seconds)
    for unit, words in (
        (60.0, _("{count} minutes")),
        (3600.0, _("{count} hours")),
        (86_400.0, _("{count} days")),
        (YEAR / 12, _("{count} months")),
    ):
        most = {60.0: 7200.0, 3600.0: 2 * 86_400.0, 86_400.0: 60 * 86_400.0}.get(unit, 2 * YEAR)
        if seconds < most:
            return words.format(count=f"{seconds / unit:.2g}" if seconds / unit < 10 else f"{seconds / unit:.0f}")
    return _("{count} years").format(count=count(rounded(seconds / YEAR, 2)))
