"""A store with a text and small runs, what is true of a whole curve, and waiting for what must come true."""

import time

from lmcore.config import ModelConfig, RunConfig, TrainingConfig
from lmcore.runs.store.limits import Limits
from lmcore.runs.store.store import Store

NO_LIMITS = Limits(
    waiting_per_visitor=1000, waiting_alone=1000, queue_length=100_000, runs_per_visitor=100_000, texts_per_visitor=100_000
)
TEXT = "the cat sat on the mat and the dog sat on the log\n" * 120


def a_config(steps: int = 60, hidden_size: int = 16, family: str = "lstm", **training) -> RunConfig:
    settings = {
        "stop": "steps",
        "stop_after": float(steps),
        "batch_size": 4,
        "sequence_length": 8,
        "evaluation_interval": 20,
        "precision": "float32",
        "regularisation": "as_set",
        **training,
    }
    return RunConfig(
        model=ModelConfig(family, embedding_size=8, hidden_size=hidden_size, dropout=0.2), training=TrainingConfig(**settings)
    )


def a_text(store: Store, content: str = TEXT, kind: str = "stream"):
    return store.add_text(owner="anna", name="cats", content=content, kind=kind, encoding="utf-8")


def a_run(store: Store, steps: int = 60, text=None, owner="anna", **settings):
    text = text or a_text(store)
    return store.add_run(owner=owner, text_id=text.id, name="first", config=a_config(steps, **settings), pinned_context="the ca")


def curve(store: Store, run) -> list[tuple]:
    columns = store.steps(run.id)
    return list(zip(columns.step.tolist(), columns.loss.tolist(), columns.learning_rate.tolist(), strict=True))


def measured(store: Store, run) -> list[tuple]:
    """Evaluations, without what a clock decides."""
    return [(row.step, row.loss, row.bits_per_byte, row.improved, row.sample, row.bars) for row in store.evaluations(run.id)]


def wait_until(condition, seconds: float = 120.0):
    """The first true value of condition(); fails loudly when it does not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError(f"not true within {seconds} s")
