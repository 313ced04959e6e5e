"""Settings that are good without a question asked: by how long one wants to wait and what kind of tokens."""

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig

SECONDS = (10, 30, 120)
TRY_IT_SECONDS = 20
DEMO_SECONDS = 40


def preset(seconds: int, tokenizer: str = "character") -> RunConfig:
    """The fast recipe of `TrainingConfig`; more time feeds a larger model. Sizes and rates were tuned on validation text, see
    docs/performance.md.
    """
    hidden = 192 if seconds <= 20 else 256
    tied = tokenizer == "word"  # a large vocabulary has most of its parameters in the two matrices that become one
    return RunConfig(
        TokenizerConfig(kind=tokenizer),
        ModelConfig(family="lstm", embedding_size=hidden if tied else 64, hidden_size=hidden, tied=tied),
        TrainingConfig(stop="seconds", stop_after=float(seconds), learning_rate=0.03 if seconds <= 20 else 0.02),
    )


def article() -> RunConfig:
    """The plain loop of the article: nn.RNN, SGD, a constant rate; nothing is decided for its sake."""
    return RunConfig(
        TokenizerConfig(kind="character"),
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
