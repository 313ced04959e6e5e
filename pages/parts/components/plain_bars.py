"""Next-token bars that are only looked at: tokens and probabilities are known already, no model is asked."""

from collections.abc import Iterable

from pages.parts.components.next_token_bars import labels, next_token_bars
from pages.parts.language import _


def show(most_likely: Iterable[tuple[str, float]], *, key: str, others: bool = True):
    """most_likely: tokens with their probabilities, the likeliest first. others: what is left of 1 is a bar of all other tokens."""
    rows: list[dict] = [
        {"id": index, "text": text, "p": float(p), "q": None, "cut": False} for index, (text, p) in enumerate(most_likely)
    ]
    rest = {"count": "", "p": max(0.0, 1 - sum(row["p"] for row in rows))} if others else None
    next_token_bars(rows, rest, key=key, labels={**labels(), "rest": _("all other tokens")})
