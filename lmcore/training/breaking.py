"""Runs that go wrong on purpose: settings or a text that are broken in one thing, what the curve then does, and the change that mends it.

What a curve shows is told by `diagnosis`; a preset names only the code that it is made for. The texts are the caller's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.presets import USUAL_RATES
from lmcore.text.kinds import items
from lmcore.text.markers import halves
from lmcore.tokenizers.word import pieces

OUTCOMES = (  # what a curve can do, to be guessed before
    "explodes",  # it climbs far above guessing
    "flat",  # it stays where it began, at guessing
    "learns",  # it falls, as in any other run
    "by_heart",  # the training loss falls to nearly nothing
    "frequencies",  # it falls to the line of counting tokens, and no further
    "pairs",  # it comes near the line of counting pairs, and not below it
    "above_pairs",  # it falls slowly, and stays far above the line of counting pairs
    "answers",  # it falls to that of guessing among the answers, and no further
    "unknown",  # it falls far, but the model writes unknown words
)
LINES = 12
SEED, SHUFFLING = 1, 3  # of a run, of what is done to a text


@dataclass(frozen=True)
class Broken:
    """A run that goes wrong on purpose, and the run that mends it by one change."""

    code: str
    config: RunConfig
    mended: RunConfig
    diagnosis: str  # the code that `diagnose` finds
    outcomes: tuple[str, str, str, str]  # of OUTCOMES, the true one first
    text: str = "story"  # or "task": lines `prompt => answer`
    spoiled: str = ""  # of SPOILED: what is done to the text; the mended run has the text as it was


def shuffled(text: str, kind: str) -> tuple[str, str]:
    """Return the words and marks of a text in random order, as running text: all that is left of it are frequencies.

    >>> shuffled("one two three\\n\\nfour", "blocks")
    ('four three two one', 'stream')
    """
    words = [piece for piece in pieces(text) if not piece.isspace()]
    order = np.random.default_rng(SHUFFLING).permutation(len(words))
    return " ".join(words[position] for position in order), "stream"


def first_lines(text: str, kind: str) -> tuple[str, str]:
    """Return the first LINES lines of a text, blank ones left out, as running text.

    >>> first_lines("one\\n\\n" * 20, "blocks")[0].count("one")
    12
    """
    return "\n".join([line for line in text.splitlines() if line.strip()][:LINES]), "stream"


def swapped(text: str, kind: str) -> tuple[str, str]:
    """Return items `prompt => answer` with the answers dealt to other prompts at random.

    >>> print(swapped("a => 1\\nb => 2\\nc => 3", "lines")[0])
    a => 3
    b => 2
    c => 1
    """
    found = [halves(item, "=>") for item in items(text, kind)]
    order = np.random.default_rng(SHUFFLING).permutation(len(found))
    return "\n".join(f"{prompt} => {found[other][1]}" for (prompt, _), other in zip(found, order, strict=True)), kind


SPOILED: dict[str, Callable[[str, str], tuple[str, str]]] = {
    "": lambda text, kind: (text, kind),
    "shuffled": shuffled,
    "first_lines": first_lines,
    "swapped": swapped,
}


def _config(model: ModelConfig, words: int = 10_000, steps: int = 100, **training: Any) -> RunConfig:
    """A run of words that gives one curve on every machine: steps, float32, the exact loss, one rate from the first step to the last."""
    settings: dict[str, Any] = {
        "learning_rate": USUAL_RATES["muon"],
        "batch_size": 32,
        "sequence_length": 32,
        "schedule": "constant",
    } | training
    fixed: dict[str, Any] = {
        "stop": "steps",
        "stop_after": float(steps),
        "precision": "float32",
        "loss": "exact",
        "regularisation": "as_set",
    }
    return RunConfig(
        TokenizerConfig("word", words), model, TrainingConfig(**fixed, evaluation_interval=steps // 5, **settings, seed=SEED)
    )


def _table() -> tuple[Broken, ...]:
    lstm = ModelConfig("lstm", embedding_size=32, hidden_size=64)
    rnn = ModelConfig("rnn", embedding_size=32, hidden_size=64)
    tiny = ModelConfig("lstm", embedding_size=32, hidden_size=2)
    large = ModelConfig("lstm", embedding_size=64, hidden_size=256)
    usual, answers = _config(lstm), _config(lstm, loss_on="answer")
    steep: dict[str, Any] = {"optimizer": "sgd", "learning_rate": 10.0}
    alone: dict[str, Any] = {"sequence_length": 1, "state_resets": 0.9, "batch_size": 256}
    return (
        Broken("rate_too_high", _config(lstm, learning_rate=3.0), usual, "diverged", ("explodes", "learns", "flat", "by_heart")),
        Broken(
            "rate_too_low",
            _config(lstm, learning_rate=1e-5),
            usual,
            "rate_too_low",
            ("flat", "learns", "explodes", "frequencies"),
        ),
        Broken(
            "no_clipping",
            _config(rnn, **steep, clipping=0.0),
            _config(rnn, **steep, clipping=0.25),
            "exploded",
            ("explodes", "learns", "flat", "pairs"),
        ),
        Broken(
            "twelve_lines",
            _config(large),
            usual,
            "by_heart",
            ("by_heart", "learns", "flat", "frequencies"),
            spoiled="first_lines",
        ),
        Broken("hidden_two", _config(tiny), usual, "too_small", ("above_pairs", "learns", "flat", "by_heart")),
        Broken(
            "context_of_one",
            _config(lstm, steps=200, **alone),
            usual,
            "context_of_one",
            ("pairs", "frequencies", "learns", "flat"),
        ),
        Broken("shuffled", usual, usual, "no_order", ("frequencies", "flat", "learns", "by_heart"), spoiled="shuffled"),
        Broken(
            "swapped",
            answers,
            answers,
            "prompt_ignored",
            ("answers", "learns", "explodes", "flat"),
            text="task",
            spoiled="swapped",
        ),
        Broken("few_words", _config(lstm, words=30), usual, "mostly_unknown", ("unknown", "flat", "explodes", "frequencies")),
    )


BROKEN: dict[str, Broken] = {preset.code: preset for preset in _table()}  # in the order in which they are shown
