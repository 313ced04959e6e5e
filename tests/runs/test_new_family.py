"""A new family of networks needs one module and one line: it trains, is explored, resumed and exported like the others."""

import io
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lmcore import open_run
from lmcore.config import FAMILIES, ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.runs.exchange.transfer import export_run
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from lmcore.training import checkpoint

TEXT = "the cat sat on the mat and the dog sat on the log\n" * 120


@pytest.fixture(autouse=True)
def family(monkeypatch):
    monkeypatch.setitem(FAMILIES, "decay", "tests.lmcore.toy_family:DecayModel")


def a_config(optimizer: str = "muon") -> RunConfig:
    training = TrainingConfig(
        optimizer=optimizer, stop="steps", stop_after=40.0, batch_size=4, sequence_length=8, evaluation_interval=10
    )
    return RunConfig(TokenizerConfig("word"), ModelConfig(family="decay", embedding_size=12, hidden_size=16), training)


@pytest.mark.parametrize("kind", ["stream", "lines"])
@pytest.mark.parametrize("optimizer", ["muon", "sgd"])
def test_it_trains_is_asked_resumed_and_exported(tmp_path, kind, optimizer):
    store = Store(tmp_path)
    text = store.add_text(owner="anna", name="cats", content=TEXT, kind=kind, encoding="utf-8")
    whole = store.add_run(owner="anna", text_id=text.id, name="whole", config=a_config(optimizer)).id
    worker.work(tmp_path, whole)
    losses = store.steps(whole).loss
    assert len(losses) == 40 and losses[-5:].mean() < losses[:5].mean()

    model = open_run(RunFolder.of(tmp_path, whole).path).trained()
    ids = model.encode("the cat sat on the mat")
    assert np.exp(model.next_token("the cat").log_probs).sum() == pytest.approx(1)
    row, state = model.model.start()
    for token_id in ids:  # token by token and all at once
        row, state = model.model.step(state, int(token_id))
    assert_allclose(row, model.next_token("the cat sat on the mat").log_probs, atol=1e-5)

    halved = store.add_run(owner="anna", text_id=text.id, name="halved", config=a_config(optimizer)).id
    worker.work(tmp_path, halved)
    newest = RunFolder.of(tmp_path, halved).checkpoints()[0]
    older = [path for path in RunFolder.of(tmp_path, halved).checkpoints() if path != newest]
    newest.unlink()  # the run lost its last steps
    with store.database.writing() as connection:
        connection.execute("UPDATE runs SET status = 'queued' WHERE id = ?", (halved,))
    assert older
    worker.work(tmp_path, halved)
    assert store.steps(halved).loss.tolist() == losses.tolist()

    (member,) = (
        (name, archive.read(name))
        for archive in [zipfile.ZipFile(io.BytesIO(export_run(store, whole)))]
        for name in archive.namelist()
        if name.endswith(".safetensors")
    )
    path = tmp_path / "checkpoint-40.safetensors"
    path.write_bytes(member[1])
    assert checkpoint.load(path).config.model.family == "decay"
