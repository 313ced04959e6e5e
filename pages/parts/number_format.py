"""How rare something is, in numbers people can read: 1 in 3 million."""

import math

from pages.parts.language import _, current_language
from pages.parts.run.charts import scientific

WORDS = {
    "en": ((1e12, " trillion"), (1e9, " billion"), (1e6, " million"), (1, "")),
    "zh": ((1e12, " 万亿"), (1e8, " 亿"), (1e4, " 万"), (1, "")),
}
LARGEST = 1e15  # beyond it words help nobody


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
