"""The one place that asks which family: configuration in, network out."""

import torch
from torch import nn

from lmcore.config import ModelConfig
from lmcore.models.base import LanguageModel, UniformModel
from lmcore.models.cost import parameter_count, training_memory, weight_shapes
from lmcore.models.ngram import NgramModel
from lmcore.models.ngram_counts import Counts
from lmcore.models.recurrent import FAMILIES, GRUModel, LSTMModel, NeuralLanguageModel, RNNModel

__all__ = [
    "Counts",
    "GRUModel",
    "LSTMModel",
    "LanguageModel",
    "NeuralLanguageModel",
    "NgramModel",
    "RNNModel",
    "UniformModel",
    "build_model",
    "parameter_count",
    "training_memory",
    "weight_shapes",
]


def build_model(config: ModelConfig, vocabulary_size: int, seed: int = 1) -> nn.Module:
    """A new network; the same seed gives the same weights, and the caller's random numbers stay as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return FAMILIES[config.family](
            vocabulary_size, config.embedding_size, config.hidden_size, config.layers, config.dropout, config.tied
        )
