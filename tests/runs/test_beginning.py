"""A run that begins with the weights of another: what it takes over, what it forgets, and that it is resumed exactly."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from lmcore.config import TokenizerConfig
from lmcore.errors import RunNotFound
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import marks
from lmcore.runs.store.store import Store
from lmcore.runs.worker import beginning, restoring, run_training, worker
from lmcore.text.corpus import Corpus, encode
from lmcore.tokenizers import build_tokenizer
from lmcore.training import checkpoint
from lmcore.training.loop import look
from tests.runs.examples import a_run

NEW = "a bird sang in the tree and the cow ate in the field\n" * 120


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.fixture
def first(store):
    run = a_run(store, steps=40)
    worker.work(store.folder, run.id)
    return store.run(run.id)


def going_on(store: Store, first, content: str = NEW, kind: str = "stream", steps: int = 40):
    text = store.add_text(owner="anna", name="new", content=content, kind=kind, encoding="utf-8")
    config = first.requested.with_training(stop="steps", stop_after=float(steps), evaluation_interval=10)
    run = store.add_run(owner="anna", text_id=text.id, name="on", config=config, begin_with=(first.id, first.step))
    return store.run(run.id)


def test_it_begins_with_the_weights_and_the_tokenizer_of_the_other(store, first):
    run = going_on(store, first)
    assert marks.values_of(run, marks.BEGUN) == {"run": first.id, "step": 40, "kind": "stream"}
    worker.work(store.folder, run.id)
    run, folder, other = store.run(run.id), RunFolder.of(store.folder, run.id), RunFolder.of(store.folder, first.id)
    assert run.shown_status == "finished" and run.step == 40
    assert folder.tokenizer().vocabulary == other.tokenizer().vocabulary
    frames = {path.name: path for path in folder.frames()}
    begun = checkpoint.load(other.checkpoint_path(40)).network()
    kept = load_file(frames["snapshot-0.safetensors"])
    assert all(torch.equal(kept[name], weight) for name, weight in begun.named_parameters())


def test_the_loss_on_the_old_text_is_that_of_the_other_run_and_rises(store, first):
    run = going_on(store, first)
    worker.work(store.folder, run.id)
    old = dict(marks.old_losses(store.run(run.id)))
    evaluated = [row.step for row in store.evaluations(run.id)]
    assert list(old) == [0, *evaluated]
    corpus = Corpus.from_text(*restoring.text_of(store, first))
    data = encode(corpus, RunFolder.of(store.folder, first.id).tokenizer())
    saved = checkpoint.load(RunFolder.of(store.folder, run.id).checkpoint_path(40))
    assert old[0] == pytest.approx(store.latest_evaluation(first.id).loss, abs=1e-6)
    assert old[40] == pytest.approx(look(saved.network(), data, saved.config.training).loss, abs=1e-6)
    assert old[40] > old[0] + 0.1


def test_it_is_resumed_exactly_though_the_other_has_gone(store, first, monkeypatch):
    whole = going_on(store, first)
    worker.work(store.folder, whole.id)
    halved = going_on(store, first)
    step_done = run_training.Training._step_done

    def pausing(training, event):
        if event.step == 15:
            store.request(halved.id, "pause")
            training.writer.flush(force=True)
        step_done(training, event)

    monkeypatch.setattr(run_training.Training, "_step_done", pausing)
    worker.work(store.folder, halved.id)
    assert store.run(halved.id).shown_status == "paused"
    monkeypatch.setattr(run_training.Training, "_step_done", step_done)
    store.request(halved.id, "run")
    worker.work(store.folder, halved.id)
    assert store.steps(halved.id).loss.tolist() == store.steps(whole.id).loss.tolist()
    assert marks.old_losses(store.run(halved.id)) == marks.old_losses(store.run(whole.id))
    alone = going_on(store, first)
    store.delete(first.id)
    worker.work(store.folder, alone.id)
    assert store.steps(alone.id).loss.tolist() == store.steps(whole.id).loss.tolist()
    assert marks.old_losses(store.run(alone.id)) == []


def test_a_model_of_running_text_reads_lines_as_running_text(store, first):
    run = going_on(store, first, kind="lines")
    worker.work(store.folder, run.id)
    assert store.run(run.id).shown_status == "finished"
    assert RunFolder.of(store.folder, run.id).kind() == "stream"


def test_a_checkpoint_that_is_not_there_leaves_nothing_behind(store, first):
    with pytest.raises(RunNotFound):
        store.add_run(owner="anna", text_id=first.text_id, name="on", config=first.requested, begin_with=(first.id, 39))
    assert len(store.runs("anna")) == 1 and len(list((store.folder / "runs").iterdir())) == 1


@pytest.mark.parametrize("kind", ["stream", "lines", "blocks"])
def test_a_part_of_the_old_training_text_is_enough(kind):
    text = "\n\n".join(f"the cat {number} sat on mat {number % 7}" for number in range(3_000))
    corpus = Corpus.from_text(text, kind)
    short = beginning._short(corpus)
    assert len(short.train) < len(corpus.train) and short.validation == corpus.validation
    tokenizer = build_tokenizer(TokenizerConfig("word"), corpus.train)
    assert np.array_equal(encode(short, tokenizer).opening, encode(corpus, tokenizer).opening)
