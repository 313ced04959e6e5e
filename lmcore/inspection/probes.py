"""Linear probes: can a label be read off a layer by a weighted sum, and could any other label be read off just as well?

A probe learns on training text and is asked on held-out text. Beside its accuracy stand the majority and a control task (Hewitt and
Liang, 2019): each type has one random label, which says nothing, so a probe that gets it right has learned the types by heart. What is
labelled comes from `probe_labels`, what a layer holds from `lens`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lmcore.inspection import lens, states
from lmcore.inspection.probe_labels import NONE
from lmcore.models.network import Network
from lmcore.models.neural import NeuralLanguageModel

MOST, FEWEST = 4_000, 600  # tokens to learn from; half as many to be asked about
MULTIPLICATIONS = 1_600_000_000  # to read them: about a second
DIRECTIONS = (2, 4, 8, 16, 32, 64)  # that a probe may use; and all
CHOOSING = 0.25  # share of the training tokens on which their number is chosen
CONTROLS = 20  # random labellings
MARGIN = 0.03  # of accuracy, at least, by which a label is found
ERRORS = 2  # standard errors, at least
FEWEST_LABELLED = 50  # tokens of a text
RIDGE = 1e-4  # of the largest variance


@dataclass(frozen=True)
class Reading:
    """Tokens of a text with what a network held after each, and their labels."""

    ids: np.ndarray  # (N,)
    layers: dict[int, np.ndarray]  # by number, (N, D): `lens.EMBEDDING` first
    labels: Mapping[str, np.ndarray]  # by name, (N,) classes 0, 1, …; NONE where a token has none


@dataclass(frozen=True)
class Probe:
    """How well a label can be read off a layer. Accuracies are of held-out tokens.

    Two questions: does the label shape the layer (`found`), and does the layer hold more of it than its token says (`remembered`)?
    """

    label: str
    layer: int
    directions: int  # principal components of the layer that the probe uses
    accuracy: float
    whole: float  # of a probe that uses all directions
    majority: float  # of who always says the most frequent class
    alone: float  # of who knows the token alone, and says the class it has most often
    control: float  # of probes of random labels, the mean
    luckiest: float  # by how much the best of the random labels is above that mean, where the directions are chosen for it
    tokens: int  # held-out ones

    @property
    def selectivity(self) -> float:
        """By how much the label is easier to read off than labels that say nothing (Hewitt and Liang, 2019)."""
        return self.accuracy - self.control

    @property
    def found(self) -> bool:
        """Whether it beats the majority and the control by more than chance, and the control by more than any random label does."""
        beats = all(self._beats(self.accuracy, other) for other in (self.majority, self.control))
        return beats and self.selectivity > self.luckiest

    @property
    def remembered(self) -> bool:
        """Whether the layer says more of the label than the token alone: it was carried over from earlier tokens."""
        return all(self._beats(self.whole, other) for other in (self.majority, self.alone))

    def _beats(self, accuracy: float, other: float) -> bool:
        """By more than chance: two standard errors of a difference of shares."""
        variance = accuracy * (1 - accuracy) + other * (1 - other)
        return accuracy - other >= max(MARGIN, ERRORS * math.sqrt(variance / self.tokens))


def affordable(network: Network) -> int:
    """Return how many tokens to learn from a network reads in about a second."""
    tables = network.embedding.weight.numel() + network.output.weight.numel()
    weights = sum(parameter.numel() for parameter in network.parameters()) - tables
    return int(np.clip(MULTIPLICATIONS // max(1, weights), FEWEST, MOST))


def read(
    model: NeuralLanguageModel,
    ids: np.ndarray,
    labels: Mapping[str, np.ndarray],
    on_progress: Callable[[float], None] = lambda share: None,
) -> Reading:
    """Return a text as a network reads it. ids: (N,), N ≥ 1; labels: (N,) each. on_progress: called with the share that is read."""
    found: list[np.ndarray] = []
    for piece in states.pieces(model, ids):
        found.append(piece["h"])
        on_progress(min(1.0, sum(map(len, found)) / len(ids)))
    hidden = np.concatenate(found)  # (N, layers, H)
    embedded = model.network.embedding.weight.detach().numpy()[np.asarray(ids)]
    layers = {number + 1: hidden[:, number] for number in range(hidden.shape[1])}
    return Reading(np.asarray(ids), {lens.EMBEDDING: embedded, **layers}, labels)


def search(training: Reading, held_out: Reading, on_progress: Callable[[float], None] = lambda share: None) -> list[Probe]:
    """Return a probe of each label in each layer. A label that has a single class, or too few tokens, in one of the texts is left out."""
    found = []
    both = [label for label in training.labels if label in held_out.labels]
    wanted = [(layer, label) for label in both for layer in training.layers]
    projected = {layer: _projected(training.layers[layer], held_out.layers[layer]) for layer in training.layers}
    for number, (layer, label) in enumerate(wanted):
        probe = _probe(label, layer, *projected[layer], training, held_out)
        found += [probe] if probe else []
        on_progress((number + 1) / len(wanted))
    return found


def _projected(training: np.ndarray, held_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both texts along the principal components of the first, the largest first, scaled by its standard deviation; then a 1."""
    mean = training.mean(axis=0, dtype=np.float64)
    centred = training - mean
    variances, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    directions = directions[:, ::-1] / math.sqrt(max(float(variances[-1]), 1e-30))
    return tuple(np.c_[(part - mean) @ directions, np.ones(len(part))] for part in (training, held_out))


def _probe(label: str, layer: int, x: np.ndarray, asked: np.ndarray, training: Reading, held_out: Reading) -> Probe | None:
    """Ridge regression on the classes, a column each; the class of the largest is the answer.

    With many directions a probe learns any labels of few types by heart, with few it learns only what shapes the layer. How many it
    may use is chosen where a labelling beats the controls by most, on a part of the training text that it does not learn from; for
    each control as for the real label, so that they can be compared.
    """
    known, known_asked = (np.flatnonzero(part.labels[label] != NONE) for part in (training, held_out))
    y, y_asked = training.labels[label][known], held_out.labels[label][known_asked]
    if min(len(y), len(y_asked)) < FEWEST_LABELLED or len(np.unique(y)) < 2 or len(np.unique(y_asked)) < 2:
        return None
    ids, ids_asked = training.ids[known], held_out.ids[known_asked]
    classes, types = int(max(y.max(), y_asked.max())) + 1, int(max(ids.max(), ids_asked.max())) + 1
    shares = np.bincount(y, minlength=classes) / len(y)
    random = np.random.default_rng(0).choice(classes, size=(CONTROLS, types), p=shares)  # a label a type
    tasks, tasks_asked = np.vstack([y, random[:, ids]]), np.vstack([y_asked, random[:, ids_asked]])  # (1 + controls, N)

    x, asked = x[known], asked[known_asked]
    sizes = [*(size for size in DIRECTIONS if size < x.shape[1] - 1), x.shape[1] - 1]
    learned = len(y) - int(CHOOSING * len(y))
    tried = _accuracies(x[:learned], tasks[:, :learned], x[learned:], tasks[:, learned:], classes, sizes)
    accuracies = _accuracies(x, tasks, asked, tasks_asked, classes, sizes)  # (sizes, 1 + controls)
    chosen = (tried - tried[:, 1:].mean(axis=1, keepdims=True)).argmax(axis=0)
    above = (accuracies - accuracies[:, 1:].mean(axis=1, keepdims=True))[chosen, np.arange(len(tasks))]
    by_type = np.zeros((types, classes)) + shares / len(y)  # of a type that is new, the majority
    np.add.at(by_type, (ids, y), 1)
    return Probe(
        label,
        layer,
        directions=sizes[chosen[0]],
        accuracy=float(accuracies[chosen[0], 0]),
        whole=float(accuracies[-1, 0]),
        majority=float(np.mean(y_asked == shares.argmax())),
        alone=float(np.mean(y_asked == by_type[ids_asked].argmax(axis=1))),
        control=float(accuracies[chosen[0], 1:].mean()),
        luckiest=float(above[1:].max()),
        tokens=len(y_asked),
    )


def _accuracies(
    x: np.ndarray, tasks: np.ndarray, asked: np.ndarray, tasks_asked: np.ndarray, classes: int, sizes: list[int]
) -> np.ndarray:
    """Return the accuracy of each task, (sizes, tasks), with as many of the first columns of x as a size says, and the last, which is 1."""
    targets = (tasks[:, :, None] == np.arange(classes)).transpose(1, 0, 2).reshape(len(x), -1).astype(np.float64)
    products, answers, found = x.T @ x, x.T @ targets, []
    for size in sizes:
        columns = [*range(size), -1]
        ridge = RIDGE * len(x) * np.eye(size + 1)
        weights = np.linalg.solve(products[np.ix_(columns, columns)] + ridge, answers[columns])
        said = (asked[:, columns] @ weights).reshape(len(asked), len(tasks), classes).argmax(axis=2)
        found.append((tasks_asked == said.T).mean(axis=1))
    return np.array(found)
