"""The most likely next tokens, before and after temperature, top-k and top-p: what a page draws as bars.

The whole distribution is `LanguageModel.step`; temperature, top-k and top-p are `sampling.adjust`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

VISIBLE = 0.0005  # a change of probability smaller than this is not drawn


@dataclass(frozen=True)
class TopTokens:
    """The K most likely of V tokens, the most likely first.

    >>> log_probs = np.log([0.5, 0.3, 0.2])
    >>> top = TopTokens.of(log_probs, np.log([0.625, 0.375, 1e-300]), count=2)
    >>> rows, rest = top.rows("abc", count=1)
    >>> rows
    [{'id': 0, 'text': 'a', 'p': 0.5, 'q': 0.625, 'cut': False}]
    >>> rest
    {'count': 2, 'p': 0.5, 'q': 0.375}
    """

    ids: np.ndarray  # (K,)
    before: np.ndarray  # (K,) probabilities as the model says
    after: np.ndarray  # (K,) what is drawn from; 0 where cut off
    types: int  # V
    others_after: float  # of the V - K others together

    @classmethod
    def of(cls, log_probs: np.ndarray, adjusted: np.ndarray, count: int) -> "TopTokens":
        """Return the `count` most likely tokens. log_probs: (V,) as the model says; adjusted: (V,) after `sampling.adjust`. count: K, or V where that is less."""
        order = np.argsort(-log_probs, kind="stable")
        ids = order[:count].copy()  # a view would keep all V
        return cls(
            ids, np.exp(log_probs[ids]), np.exp(adjusted[ids]), len(log_probs), float(np.exp(adjusted[order[count:]]).sum())
        )

    @property
    def changed(self) -> bool:
        """Whether temperature, top-k and top-p have changed a probability visibly."""
        return bool(np.abs(self.after - self.before).max() > VISIBLE)

    @property
    def ends(self) -> np.ndarray:
        """(K,) where the interval of each ends on [0, 1), on which the random number falls."""
        return np.cumsum(self.after)

    def rows(self, names: Sequence[str] | Mapping[int, str], count: int, changed: bool | None = None) -> tuple[list[dict], dict]:
        """Return the first `count` as rows {id, text, p, q, cut}, and all the others as one {count, p, q}.

        names: by id. p is the probability before, q the one after; q is None, and missing in the others, where nothing has `changed`.
        """
        changed = self.changed if changed is None else changed
        rows: list[dict[str, Any]] = [
            {
                "id": int(token_id),
                "text": names[int(token_id)],
                "p": float(p),
                "q": float(q) if changed else None,
                "cut": bool(changed and q == 0),
            }
            for token_id, p, q in zip(self.ids[:count], self.before, self.after, strict=False)
        ]
        rest = {"count": self.types - len(rows), "p": max(0.0, 1 - sum(row["p"] for row in rows))}
        if changed:
            rest["q"] = float(self.after[count:].sum()) + self.others_after  # exactly 0 where all others are cut off
        return rows, rest
