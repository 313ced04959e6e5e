"""Embeddings as points: principal components, nearest neighbours, and frames of training laid over one another.

A plane cannot keep the distances of many dimensions; `nearest` uses all of them. How points are drawn is a page's.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from lmcore.tokenizers.base import BEGIN, UNKNOWN

CLASSES = ("lower", "capital", "letter", "number", "punctuation", "space", "special")  # of tokens, by how they are written
SAMPLE = 500  # points whose neighbours are looked up, where a share of all is asked for


@dataclass(frozen=True)
class Plane:
    """Points seen from the two directions in which they differ most."""

    points: np.ndarray  # (N, 2), their mean at 0
    shares: np.ndarray  # (D,) of the variance along each principal component, the largest first; all 0 where the points are one

    @property
    def shown(self) -> float:
        """The share of the variance that the plane shows."""
        return float(self.shares[:2].sum())


def principal_components(vectors: np.ndarray) -> Plane:
    """Return the points on the plane of their first two principal components. vectors: (N, D), N ≥ 1, D ≥ 1.

    The sign of a component is arbitrary; here its largest weight is positive, so that the same points give the same picture.

    >>> plane = principal_components(np.array([[0.0, 2.0], [0.0, -2.0], [1.0, 0.0], [-1.0, 0.0]]))
    >>> plane.points.tolist(), plane.shares.tolist()
    ([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]], [0.8, 0.2])
    """
    centred = np.asarray(vectors, dtype=np.float64)
    centred = centred - centred.mean(axis=0)
    variances, directions = np.linalg.eigh(centred.T @ centred)  # (D,) ascending, (D, D) in columns
    variances, directions = np.maximum(variances[::-1], 0), directions[:, ::-1][:, :2]
    directions = directions * np.where(directions[np.abs(directions).argmax(axis=0), range(directions.shape[1])] < 0, -1, 1)
    points = np.zeros((len(centred), 2))  # vectors of one number lie on a line
    points[:, : directions.shape[1]] = centred @ directions
    return Plane(points + 0.0, variances / (variances.sum() or 1.0))


def nearest(vectors: np.ndarray, row: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (rows, cosines) of the `count` vectors that point most nearly the same way as one of them, the nearest first.

    The cosine with a vector of zeros is 0.

    >>> rows, cosines = nearest(np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 4.0], [-1.0, 0.0]]), row=0, count=2)
    >>> rows.tolist(), cosines.round(2).tolist()
    ([2, 1], [0.6, 0.0])
    """
    directions = _directions(vectors)
    return _first(directions @ directions[row], row, count)


def nearest_on(points: np.ndarray, row: int, count: int) -> np.ndarray:
    """Return the rows of the points that lie nearest to one of them on the plane, the nearest first."""
    return _first(-np.linalg.norm(points - points[row], axis=1), row, count)[0]


def rotated_onto(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return points turned, and mirrored where that is nearer, so that they lie as near as can be to others: orthogonal Procrustes
    (Schönemann, 1966). No distance between two of the points changes. Both: (N, D).

    >>> square = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    >>> bool(np.allclose(rotated_onto(np.roll(square, 1, axis=0), square), square))
    True
    """
    left, _, right = np.linalg.svd(points.T @ target)
    return points @ (left @ right)


def film(frames: Iterable[np.ndarray]) -> list[Plane]:
    """Return the same points at several moments, (N, D) each, every one on its own plane, turned onto the one after it.

    The last is `principal_components` of itself. Turned are the planes, not the vectors: in many dimensions a rotation could lay even
    random points near any others.
    """
    planes = [principal_components(vectors) for vectors in frames]
    for index in range(len(planes) - 2, -1, -1):
        planes[index] = Plane(rotated_onto(planes[index].points, planes[index + 1].points), planes[index].shares)
    return planes


def same_class(vectors: np.ndarray, classes: Sequence[str]) -> tuple[float, float]:
    """Return (share of the points whose nearest neighbour by cosine is of their own class, the share expected by chance).

    Of many points the first 500 are asked, of all of which a neighbour may be any. N ≥ 2.

    >>> same_class(np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]]), ["a", "a", "b", "b"])
    (1.0, 0.3333333333333333)
    """
    directions = _directions(vectors)
    asked = range(min(SAMPLE, len(directions)))
    cosines = directions[: len(asked)] @ directions.T
    cosines[asked, asked] = -np.inf
    found = cosines.argmax(axis=1)
    times = Counter(classes)
    chance = [(times[classes[row]] - 1) / (len(classes) - 1) for row in asked]
    return float(np.mean([classes[row] == classes[other] for row, other in zip(asked, found, strict=True)])), float(
        np.mean(chance)
    )


def token_class(token: str) -> str:
    """Return how a token is written, of `CLASSES`; "letter" is one of a script without capitals.

    >>> [token_class(token) for token in ("the", " The", "狐", "42", "?!", "\\n", UNKNOWN)]
    ['lower', 'capital', 'letter', 'number', 'punctuation', 'space', 'special']
    """
    if token in (UNKNOWN, BEGIN):
        return "special"
    for character in token:
        category = unicodedata.category(character)
        if category in ("Lu", "Lt"):
            return "capital"
        if category[0] in "LN":
            return {"Ll": "lower"}.get(category, "letter" if category[0] == "L" else "number")
    return "punctuation" if token.strip() else "space"


def _directions(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)


def _first(nearness: np.ndarray, row: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(rows, nearness) of the `count` largest without one row."""
    order = np.argsort(-nearness, kind="stable")
    rows = order[order != row][:count]
    return rows, nearness[rows]
