"""Estimates the memory that training needs, before anything is built. What is allowed on a server is `runs.worker.memory_limits`."""

from lmcore.config import ModelConfig, TrainingConfig
from lmcore.models.network import family_of, parameter_count
from lmcore.training.losses import LOGITS_AT_ONCE, NEGATIVES, loss_over

LOGIT_COPIES = 6


def memory_parts(model: ModelConfig, training: TrainingConfig, vocabulary_size: int) -> dict[str, int]:
    """Return {part: bytes} of what a network and one step of its training need, an estimate; torch itself takes about 200 MB more.

    Weights, gradients, what the optimizer keeps, and copies of them while a step is computed and a file is written; then what a step holds for the way
    back: the activations of each position with the allocator's gaps between them, and a part of the logits. Measured on real workers,
    for a maximum: `benchmarks/memory.py`.
    """
    kept_by_optimizer = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2, "muon": 2}[training.optimizer]
    weights = 4 * parameter_count(model, vocabulary_size)
    positions = training.batch_size * training.sequence_length
    loss = training.loss if training.loss != "auto" else loss_over(vocabulary_size)
    logits = min(positions * vocabulary_size, LOGITS_AT_ONCE) if loss == "exact" else positions * NEGATIVES
    return {
        "weights": weights,
        "gradients": weights,
        "optimizer": kept_by_optimizer * weights,
        "copies": (5 + 2 * kept_by_optimizer) * weights,
        "activations": 4 * positions * family_of(model).activations(model, training.sequence_length),
        "logits": 4 * LOGIT_COPIES * logits,
    }


def training_memory(model: ModelConfig, training: TrainingConfig, vocabulary_size: int) -> int:
    """Return the sum of `memory_parts`."""
    return sum(memory_parts(model, training, vocabulary_size).values())
