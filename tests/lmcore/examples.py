"""Small models and token data that several tests share."""

from unittest.mock import patch

import numpy as np

from lmcore import config
from lmcore.config import ModelConfig, TrainingConfig
from lmcore.models import Counts, NeuralLanguageModel, NgramModel, UniformModel, build_model
from lmcore.text.corpus import TokenData
from lmcore.text.text_index import TextIndex

IN_TESTS = {"decay": "tests.lmcore.toy_family:DecayModel"}  # `conftest` adds it to the table of the product
FAMILIES = (*config.FAMILIES, *IN_TESTS)
KINDS = ("stream", "lines")


def pattern(kind: str, repeats: int = 60) -> TokenData:
    """A text any model can learn: 1 2 3 4 1 2 3 4 … as a stream, or as items `0 1 2 3 4`."""
    if kind == "stream":
        train = np.tile(np.array([1, 2, 3, 4], dtype=np.uint8), repeats)
        validation = np.tile(np.array([1, 2, 3, 4], dtype=np.uint8), 60)
        opening, predicted = train[-256:], len(validation)
    else:
        train = np.append(np.tile(np.array([0, 1, 2, 3, 4], dtype=np.uint8), repeats), np.uint8(0))
        validation = np.append(np.tile(np.array([0, 1, 2, 3, 4], dtype=np.uint8), 50), np.uint8(0))
        opening, predicted = np.array([0]), len(validation) - 1
    return TokenData(kind, train, validation, validation_bytes=predicted, unknown_bytes=0, opening=opening)


def small(family: str = "lstm", **changes) -> ModelConfig:
    return ModelConfig(**{"family": family, "embedding_size": 8, "hidden_size": 16, **changes})


def quick(**changes) -> TrainingConfig:
    """A resolved configuration of 60 steps."""
    settings = {
        "stop": "steps",
        "stop_after": 60,
        "planned_steps": 60,
        "evaluation_interval": 20,
        "batch_size": 4,
        "sequence_length": 8,
    }
    return TrainingConfig(**{**settings, **changes})


def random_index(kind: str, types: int = 6, size: int = 300, seed: int = 1) -> TextIndex:
    """Tokens by lot, the last type of the vocabulary never among them; 0 begins an item."""
    ids = np.random.default_rng(seed).integers(0, types, size).astype(np.uint8)
    if kind == "lines":
        ids[[0, -1]] = 0
    return TextIndex(ids, types + 1, 0 if kind == "lines" else None)


def every_model():
    """(name, language model with V = 7) over each family and each way a context begins."""
    for family in FAMILIES:
        for kind, opening in (("stream", [1, 2, 3]), ("lines", [0])):
            begin_id = 0 if kind == "lines" else None
            with patch.dict(config.FAMILIES, IN_TESTS):  # tests are collected before any fixture is there
                network = build_model(small(family), 7)
            yield f"{family}-{kind}", NeuralLanguageModel(network, np.array(opening), begin_id)
        counts = Counts(random_index(kind))
        for order, smoothing in ((1, "kneser-ney"), (2, "none"), (3, "add-k"), (5, "kneser-ney"), (5, "none")):
            yield f"{order}-gram-{smoothing}-{kind}", NgramModel(counts, order, smoothing)
    yield "uniform", UniformModel(7)
