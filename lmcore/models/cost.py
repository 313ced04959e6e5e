"""What a model will cost before it is built: parameters and memory."""

import math

from lmcore.config import ModelConfig, TrainingConfig
from lmcore.training.losses import LOGITS_AT_ONCE, NEGATIVES, loss_over

GATES = {"rnn": 1, "gru": 3, "lstm": 4}  # blocks of recurrent weights
STEP_NUMBERS = {"rnn": 8, "gru": 16, "lstm": 46}  # of one position, for each number of a layer's hidden state
LOGIT_COPIES = 6


def weight_shapes(config: ModelConfig, vocabulary_size: int) -> dict[str, tuple[int, ...]]:
    """The weights of a network by name, in the order of its `parameters()`, without building anything. Tied ones stand there once.

    >>> list(weight_shapes(ModelConfig(family="rnn", embedding_size=4, hidden_size=8, tied=False), vocabulary_size=10).items())[:2]
    [('embedding.weight', (10, 4)), ('rnn.weight_ih_l0', (8, 4))]
    """
    rows, size = GATES[config.family] * config.hidden_size, config.embedding_size
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocabulary_size, size)}
    for layer in range(config.layers):
        shapes |= {f"rnn.weight_ih_l{layer}": (rows, size), f"rnn.weight_hh_l{layer}": (rows, config.hidden_size)}
        shapes |= {f"rnn.bias_ih_l{layer}": (rows,), f"rnn.bias_hh_l{layer}": (rows,)}
        size = config.hidden_size
    output = {} if config.tied else {"linear.weight": (vocabulary_size, config.hidden_size)}
    return {**shapes, **output, "linear.bias": (vocabulary_size,)}


def parameter_count(config: ModelConfig, vocabulary_size: int) -> int:
    """How many numbers training adjusts, without building anything.

    >>> parameter_count(ModelConfig(family="rnn", embedding_size=4, hidden_size=8), vocabulary_size=10)
    242
    """
    return sum(math.prod(shape) for shape in weight_shapes(config, vocabulary_size).values())


def training_memory(model: ModelConfig, training: TrainingConfig, vocabulary_size: int) -> int:
    """Bytes that the network and one step of its training need (an estimate; torch itself is about 200 MB beside it).

    Weights, gradients and what the optimizer keeps, some of it twice while a file is written; then what a step holds for the way
    back: of each layer gates, states, their gradients and the allocator's gaps between them, and a part of the logits. Measured on
    real workers, for a maximum: `benchmarks/memory.py`.
    """
    kept_by_optimizer = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2, "muon": 2}[training.optimizer]
    weights = parameter_count(model, vocabulary_size) * (4 + 2 * kept_by_optimizer)
    features = 3 * model.embedding_size + model.layers * model.hidden_size * STEP_NUMBERS[model.family]
    positions = training.batch_size * training.sequence_length
    loss = training.loss if training.loss != "auto" else loss_over(vocabulary_size)
    logits = min(positions * vocabulary_size, LOGITS_AT_ONCE) if loss == "exact" else positions * NEGATIVES
    return 4 * (weights + positions * features + LOGIT_COPIES * logits)
