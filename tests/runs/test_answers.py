"""A run on answers alone: trained, resumed, opened, exported and taken in like any other, with losses of its answers."""

import json

import pytest

from lmcore import open_run
from lmcore.config import RunConfig
from lmcore.errors import MarkerMissing
from lmcore.runs.exchange import transfer
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.store import Store
from lmcore.runs.worker import index_job, worker
from lmcore.tasks import answer
from tests.runs.examples import a_run, a_text, curve, measured
from tests.runs.run_files import members, take_in

TEXT = "".join(f"{'ab' * (number % 7)}{number} => {'odd' if number % 2 else 'even'}\n" for number in range(400))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("answers"))
    run = a_run(store, 60, a_text(store, TEXT, "lines"), loss_on="answer")
    worker.work(store.folder, run.id)
    return store, store.run(run.id)


def test_its_losses_are_of_its_answers(trained):
    store, run = trained
    assert run.status == "finished" and run.resolved.training.sequence_length > 8  # items are read whole
    assert run.best_loss is not None and run.best_bits_per_byte is None
    data = RunFolder.of(store.folder, run.id).token_data()
    assert data.train_counted is not None and run.tokens < run.step * run.resolved.training.batch_size * 8
    lines = {name: loss for name, _order, loss in run.reference_lines}
    assert run.best_loss < lines["uniform"] and set(lines) >= {"uniform", "unigram", "bigram"}
    assert index_job.count_again(store, run.id) is None and store.run(run.id).reference_lines == run.reference_lines
    assert answer(open_run(RunFolder.of(store.folder, run.id).path).trained(), "ab17").text in ("odd", "even")


def test_resumed_it_has_the_same_curve(trained):
    store, run = trained
    other = a_run(store, 60, store.text(run.text_id), loss_on="answer")
    worker.work(store.folder, other.id)
    checkpoints = RunFolder.of(store.folder, other.id).checkpoints()
    assert len(checkpoints) > 1
    checkpoints[0].unlink()
    with store.database.writing() as connection:
        connection.execute("UPDATE runs SET status = 'queued' WHERE id = ?", (other.id,))
    worker.work(store.folder, other.id)
    assert curve(store, other) == curve(store, run) and measured(store, other) == measured(store, run)


def test_it_travels_in_a_file_and_says_what_it_is(trained, tmp_path):
    store, run = trained
    packed = transfer.export_run(store, run.id)
    assert "nats per token of the answers" in members(packed)["README.md"].decode()
    elsewhere = Store(tmp_path)
    taken = take_in(elsewhere, "ben", packed)
    assert taken.resolved == run.resolved and taken.best_loss == run.best_loss and taken.best_bits_per_byte is None
    assert measured(elsewhere, taken) == measured(store, run)
    path = RunFolder.of(tmp_path, taken.id).path
    here = open_run(RunFolder.of(store.folder, run.id).path).trained()
    assert answer(open_run(path).trained(), "ab17").text == answer(here, "ab17").text


def test_a_text_without_a_marker_fails_with_its_sentence(tmp_path):
    store = Store(tmp_path)
    run = a_run(store, 20, a_text(store, kind="lines"), loss_on="answer")
    worker.work(tmp_path, run.id)
    assert (store.run(run.id).status, store.run(run.id).error_code) == ("failed", MarkerMissing.code)


def test_a_run_from_before_is_read_as_one_on_all_tokens(trained):
    values = json.loads(json.dumps(trained[1].requested.to_json()))
    del values["training"]["loss_on"]
    assert RunConfig.from_json(values).training.loss_on == "all"
