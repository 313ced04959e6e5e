"""A data folder with a run in each situation a page can meet, really trained where there is something to look at."""

from contextlib import contextmanager
from pathlib import Path

from lmcore.config import ModelConfig, RunConfig, TrainingConfig
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker

OWNER = "anna"
TEXT = "the cat sat on the mat and the dog sat on the log\n" * 120
UNKNOWN = "there-is-no-such-run"


def a_config() -> RunConfig:
    training = TrainingConfig(stop="steps", stop_after=40.0, batch_size=4, sequence_length=8, evaluation_interval=10)
    return RunConfig(model=ModelConfig(family="lstm", embedding_size=8, hidden_size=16), training=training)


def fill(data: Path) -> dict[str, str]:
    """{situation: run id}: finished, running, interrupted, queued, failed, another's."""
    store = Store(data)
    text = store.add_text(owner=OWNER, name="cats", content=TEXT, kind="stream", encoding="utf-8")
    ids = {"text": text.id}
    for situation in ("finished", "running", "interrupted", "failed", "other", "queued"):  # while one waits, others give way
        owner = "ben" if situation == "other" else OWNER
        run = store.add_run(owner=owner, text_id=text.id, name=situation, config=a_config(), pinned_context="the ca")
        ids[situation] = run.id
        if situation != "queued":
            worker.work(data, run.id)
    with store.database.writing() as connection:
        for situation in ("running", "interrupted"):
            connection.execute("UPDATE runs SET status = 'running' WHERE id = ?", (ids[situation],))
        connection.execute(
            "UPDATE runs SET status = 'failed', error_code = 'training.loss_not_finite', error_values = ? WHERE id = ?",
            ('{"loss": NaN, "step": 31, "learning_rate": 9.0, "gradient_norm": 1e9}', ids["failed"]),
        )
    return ids


@contextmanager
def somebody_trains(data: Path, run_id: str):
    """Hold the lock of a run as its worker would."""
    with RunFolder.of(data, run_id).lock():
        yield
