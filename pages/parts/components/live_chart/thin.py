"""Fewer points that look the same: of each stretch of a curve its lowest and its highest point."""

import numpy as np


def thin(values: np.ndarray, limit: int = 2_000) -> np.ndarray:
    """Indices (K,), K ≤ limit, in order: the first, the last, and the extremes of equal stretches between. NaNs are kept out.

    >>> thin(np.array([5.0, 1.0, 9.0, 4.0, 7.0, 2.0, 8.0, 3.0]), limit=6).tolist()
    [0, 1, 2, 5, 6, 7]
    """
    if len(values) <= limit:
        return np.arange(len(values))
    stretches = np.array_split(np.arange(1, len(values) - 1), max(1, (limit - 2) // 2))
    kept = {0, len(values) - 1}
    for stretch in stretches:
        if np.isfinite(values[stretch]).any():
            kept |= {int(stretch[np.nanargmin(values[stretch])]), int(stretch[np.nanargmax(values[stretch])])}
    return np.array(sorted(kept))
