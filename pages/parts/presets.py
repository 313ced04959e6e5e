"""Settings that are good without a question asked: by how long one wants to wait and what kind of tokens."""

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig

SECONDS = (10, 30, 120)
TRY_IT_SECONDS = 20
DEMO_SECONDS = 40


def preset(seconds: int, tokenizer: str = "character") -> RunConfig:
    """More time feeds a larger model. Rates and sizes were tuned on validation text, see docs/performance.md."""
    hidden = 128 if seconds <= 30 else 256
    return RunConfig(
        TokenizerConfig(kind=tokenizer),
        ModelConfig(family="lstm", embedding_size=64, hidden_size=hidden, dropout=0.1 if seconds > 30 else 0.0),
        TrainingConfig(stop="seconds", stop_after=float(seconds), learning_rate=0.01 if hidden < 256 else 0.006),
    )


def article() -> RunConfig:
    """The plain loop of the article: nn.RNN, SGD, a constant rate."""
    return RunConfig(
        TokenizerConfig(kind="character"),
        ModelConfig(family="rnn", embedding_size=64, hidden_size=128),
        TrainingConfig(optimizer="sgd", schedule="constant", learning_rate=0.5, stop="seconds", stop_after=30.0),
    )
