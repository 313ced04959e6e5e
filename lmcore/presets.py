"""Configurations that train well without a question asked: by how long one wants to wait, and by what the tokens are.

What each setting means is `config`; how seconds become steps is `training.planning`.
"""

from dataclasses import replace

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig

SECONDS = (10, 30, 120)  # that the app offers
TRY_IT_SECONDS = 20  # a first run of one's own
DEMO_SECONDS = 40  # the examples
SHORT = 20  # seconds of a run, at most

USUAL: dict[
    str, tuple[tuple[dict, float], ...]
] = {  # by family: sizes and learning rate of short runs, of longer ones; gru and rnn as lstm
    "lstm": (({"embedding_size": 64, "hidden_size": 192}, 0.03), ({"embedding_size": 64, "hidden_size": 256}, 0.02)),
    "transformer": (
        ({"embedding_size": 128, "hidden_size": 128, "layers": 2, "window": 32}, 0.02),
        ({"embedding_size": 128, "hidden_size": 128, "layers": 2, "window": 64}, 0.02),
    ),
}
RULES_HIDDEN = 96  # enough for lines of rules
USUAL_RATES = {"muon": 0.02, "adamw": 0.01, "adam": 0.005, "momentum": 0.1, "sgd": 0.5}  # by optimizer


def preset(seconds: float, tokenizer: str = "character", family: str = "lstm") -> RunConfig:
    """Return a configuration for a training time: a longer one gets a larger model.

    Sizes and learning rates were tuned on validation text, see docs/performance.md.

    >>> preset(10).model.hidden_size, preset(120).model.hidden_size, preset(10, "word").model.tied
    (192, 256, True)
    """
    sizes, rate = USUAL.get(family, USUAL["lstm"])[seconds > SHORT]
    model = ModelConfig(family=family, **sizes)
    if tokenizer == "word":  # a large vocabulary has most of its parameters in the two matrices that become one
        model = replace(model, embedding_size=model.hidden_size, tied=True)
    return RunConfig(
        TokenizerConfig(level=tokenizer),
        model,
        TrainingConfig(stop="seconds", stop_after=float(seconds), learning_rate=rate),
    )


def of_rules(seconds: int, tokenizer: str, loss_on: str) -> RunConfig:
    """Return a configuration for lines `prompt => answer` whose answers follow from their prompts by rules, as in `sample_corpora.tasks`.

    A small network, which takes several times as many steps in the same time, and no dropout beyond what is set: it delays the moment at
    which a rule is found. What that changes is in docs/performance.md.

    >>> of_rules(20, "word", "answer").model.hidden_size, of_rules(20, "word", "answer").training.regularisation
    (96, 'as_set')
    """
    config = preset(seconds, tokenizer)
    embedding = RULES_HIDDEN if config.model.tied else config.model.embedding_size
    model = replace(config.model, embedding_size=embedding, hidden_size=RULES_HIDDEN)
    training = replace(config.training, learning_rate=0.03, regularisation="as_set", loss_on=loss_on)
    return replace(config, model=model, training=training)


def article() -> RunConfig:
    """Return the plain loop that textbooks print: nn.RNN, SGD, a constant rate, float32, the exact loss.

    >>> article().training.optimizer, article().training.schedule
    ('sgd', 'constant')
    """
    return RunConfig(
        TokenizerConfig(level="character"),
        ModelConfig(family="rnn", embedding_size=64, hidden_size=128),
        TrainingConfig(
            optimizer="sgd",
            learning_rate=0.5,
            schedule="constant",
            clipping=1.0,
            batch_size=16,
            stop="seconds",
            stop_after=30.0,
            precision="float32",
            loss="exact",
            regularisation="as_set",
        ),
    )
