"""A store with a text and small runs, and waiting for what must come true."""

import time

from lmcore.config import ModelConfig, RunConfig, TrainingConfig
from lmcore.runs.store import Store

TEXT = "the cat sat on the mat and the dog sat on the log\n" * 120


def a_config(steps: int = 60, **training) -> RunConfig:
    settings = {"stop": "steps", "stop_after": float(steps), "batch_size": 4, "sequence_length": 8, "evaluation_interval": 20, **training}
    return RunConfig(model=ModelConfig(embedding_size=8, hidden_size=16, dropout=0.2), training=TrainingConfig(**settings))


def a_text(store: Store, content: str = TEXT, kind: str = "stream"):
    return store.add_text(owner="anna", name="cats", content=content, kind=kind, encoding="utf-8")


def a_run(store: Store, steps: int = 60, text=None, **training):
    text = text or a_text(store)
    return store.add_run(owner="anna", text_id=text.id, name="first", config=a_config(steps, **training), pinned_context="the ca")


def wait_until(condition, seconds: float = 60.0):
    """The first true value of condition(); fails loudly when it does not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError(f"not true within {seconds} s")
