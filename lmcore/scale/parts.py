"""A network part by part: how many numbers each part has, and how many floating-point operations it takes to train on one token.

A weight of a matrix that is multiplied costs two operations forward (a product and a sum) and four backward, for the gradient of its
input and its own (Kaplan et al., 2020). Looking up an embedding multiplies nothing; sums of biases are left out.
"""

import math
from dataclasses import dataclass

from lmcore.config import ModelConfig, TrainingConfig
from lmcore.models.network import family_of
from lmcore.models.transformer import STRETCH
from lmcore.training.losses import NEGATIVES, loss_over

OPERATIONS = 6  # of a weight and a token
NAMES = {  # how the name of a weight begins, after its layer -> its part
    "embedding": "embedding",
    "lift": "lift",
    "weight_ih": "input",
    "weight_hh": "state",
    "bias": "bias",
    "qkv": "attention",
    "mix": "attention",
    "widen": "feed_forward",
    "narrow": "feed_forward",
    "linear": "output",
    "output": "output",
}

OTHER = "other"  # of a family that names its weights in another way


@dataclass(frozen=True)
class Part:
    """A part of a network: an embedding, an output, or one kind of weights of a layer."""

    name: str  # a value of NAMES, or OTHER
    layer: int | None  # from 0
    parameters: int
    operations: int  # floating-point operations of training on one token


def parts(model: ModelConfig, training: TrainingConfig, vocabulary_size: int) -> list[Part]:
    """Return the parts of a network in the order in which a token goes through them; their parameters sum to `parameter_count`.

    A tied output has no matrix of its own, but multiplies that of the embedding. Where the loss is over a sample of the vocabulary,
    only its rows are multiplied.

    >>> for part in parts(ModelConfig(embedding_size=4, hidden_size=8), TrainingConfig(), vocabulary_size=10):
    ...     print(part.name, part.parameters, part.operations)
    embedding 40 0
    input 128 768
    state 256 1536
    bias 64 0
    output 90 480
    """
    found: dict[tuple[str, int | None], list[int]] = {}
    family = family_of(model)
    for name, shape in family.weight_shapes(model, vocabulary_size).items():
        part = found.setdefault(_part(name), [0, 0])
        part[0] += math.prod(shape)
        if family.matrices(name):
            part[1] += OPERATIONS * math.prod(shape)
    loss = training.loss if training.loss != "auto" else loss_over(vocabulary_size)
    rows = vocabulary_size if loss == "exact" else min(vocabulary_size, NEGATIVES + 1)
    found.setdefault(("output", None), [0, 0])[1] = OPERATIONS * rows * model.hidden_size
    for (name, _layer), part in found.items():
        if name == "attention":  # queries · keys, weights · values: those outside the window are multiplied, too
            keys = model.window + min(training.sequence_length, STRETCH)
            part[1] += OPERATIONS * 2 * keys * model.hidden_size
    return [Part(name, layer, *counts) for (name, layer), counts in found.items()]


def operations_per_token(model: ModelConfig, training: TrainingConfig, vocabulary_size: int) -> int:
    """Return the floating-point operations of training on one token.

    >>> operations_per_token(ModelConfig(embedding_size=4, hidden_size=8), TrainingConfig(), vocabulary_size=10)
    2784
    """
    return sum(part.operations for part in parts(model, training, vocabulary_size))


def _part(name: str) -> tuple[str, int | None]:
    """
    >>> _part("rnn.weight_hh_l1"), _part("layers.0.qkv.weight"), _part("output.bias")
    (('state', 1), ('attention', 0), ('output', None))
    """
    if name.startswith("rnn."):
        kind, _, layer = name.removeprefix("rnn.").rpartition("_l")
        return NAMES["bias" if kind.startswith("bias") else kind], int(layer)
    if name.startswith("layers."):
        _, number, kind, _ = name.split(".")
        return NAMES[kind], int(number)
    return NAMES.get(name.split(".")[0], OTHER), None
