"""Language models: counting models, and networks of several families."""

from lmcore.models.base import LanguageModel, UniformModel
from lmcore.models.network import Network, State, build_model, family_of, parameter_count
from lmcore.models.neural import NeuralLanguageModel
from lmcore.models.ngram import NgramModel
from lmcore.models.ngram_counts import Counts
from lmcore.models.recurrent import RNNModel

__all__ = [
    "Counts",
    "LanguageModel",
    "Network",
    "NeuralLanguageModel",
    "NgramModel",
    "RNNModel",
    "State",
    "UniformModel",
    "build_model",
    "family_of",
    "parameter_count",
]
