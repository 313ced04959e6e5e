"""How numbers are written: probabilities and perplexities of any size, and how rare something is (1 in 3 million)."""

import math

from pages.parts.language import _, current_language

WORDS = {
    "en": ((1e12, " trillion"), (1e9, " billion"), (1e6, " million"), (1, "")),
    "zh": ((1e12, " 万亿"), (1e8, " 亿"), (1e4, " 万"), (1, "")),
}
LARGEST = 1e15  # beyond it, words are harder to read than powers of ten


def one_in(log_p: float) -> str:
    """In the visitor's language. log_p: nats."""
    worded = _("1 in {number}") if -log_p < math.log(LARGEST) else _("about 1 in {number}")
    return worded.format(number=amount(-log_p, current_language()))


def amount(log_number: float, language: str) -> str:
    """
    >>> amount(math.log(3_000_000), "en"), amount(math.log(3_000_000), "zh"), amount(math.log(1234), "en")
    ('3 million', '300 万', '1,234')
    >>> amount(100.0, "en"), amount(math.inf, "en"), amount(math.log(1.5), "zh")
    ('2.7×10⁴³', '∞', '1.5')
    """
    if log_number == math.inf:
        return "∞"
    if log_number >= math.log(LARGEST):
        return scientific(log_number)
    number = math.exp(max(0.0, log_number))
    size, word = next((size, word) for size, word in WORDS[language] if number >= size * (1 - 1e-9))
    share = number / size
    return f"{share:,.0f}{word}" if share >= 99.5 or (not word and share >= 9.95) else f"{share:.2g}{word}"


def digits(value: float) -> float:
    """Three decimals; of what would become 0, two digits that say something.

    >>> digits(1.23456), digits(0.000144)
    (1.235, 0.00014)
    """
    return round(value, 3) if abs(value) >= 0.001 or not math.isfinite(value) else float(f"{value:.2g}") + 0.0  # never -0


def short(value: float) -> str:
    """A positive number in the room of a figure.

    >>> short(0.02), short(0.000123), short(0.0)
    ('0.02', '1.2×10⁻⁴', '0')
    """
    return f"{value:.3g}" if value >= 0.001 or value <= 0 else scientific(math.log(value))


def large(value: float) -> str:
    """A perplexity in the room of a figure.

    >>> large(12.34), large(123_456.7), large(1_858_452_170_393.1), large(math.inf)
    ('12.3', '123,457', '1.9×10¹²', '∞')
    """
    if not math.isfinite(value):
        return "∞"
    return scientific(math.log(value)) if value >= 1e6 else f"{value:,.0f}" if value >= 1e4 else f"{value:,.1f}"


SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_probability(p: float) -> str:
    """In percent, however small; never 0 unless it is 0.

    >>> [format_probability(p) for p in (1.0, 0.5, 0.03456, 0.00012, 3.2e-9, 0.0)]
    ['100%', '50.0%', '3.46%', '0.012%', '3.2×10⁻⁷%', '0%']
    """
    if p <= 0:
        return "0%"
    if p >= 0.9995:
        return "100%" if p > 0.99999 else f"{100 * p:.2f}%"
    if p < 1e-4:
        return format_probability_from_log(math.log(p))
    return f"{100 * p:.1f}%" if p >= 0.1 else f"{100 * p:.2f}%" if p >= 0.01 else f"{100 * p:.3f}%"


def format_probability_from_log(log_p: float) -> str:
    """A probability too small for a float is written all the same.

    >>> format_probability_from_log(-1000 * math.log(10)), format_probability_from_log(math.log(0.25))
    ('1.0×10⁻⁹⁹⁸%', '25.0%')
    """
    if log_p == -math.inf:
        return "0%"
    if log_p >= math.log(1e-4):
        return format_probability(math.exp(log_p))
    return scientific(log_p + math.log(100)) + "%"


def scientific(log_number: float) -> str:
    """A number of any size from its natural logarithm.

    >>> scientific(100.0), scientific(math.log(9.97e-7))
    ('2.7×10⁴³', '1.0×10⁻⁶')
    """
    exponent = math.floor(log_number / math.log(10) + 1e-9)
    mantissa = round(10 ** (log_number / math.log(10) - exponent), 1)
    if mantissa >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{mantissa:.1f}×10{str(exponent).translate(SUPERSCRIPT)}"
