"""A run of the app, opened by its folder alone, is the run that the pages show."""

import json
import shutil

import numpy as np
import pytest

from lmcore import open_run
from lmcore.errors import CheckpointMissing, CheckpointsDamaged, StoreMissing, TextMissing, TokenizerDamaged
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.store import Store
from lmcore.tokenizers import CharacterTokenizer
from pages.parts.run import model_cache
from tests.runs.examples import TEXT, a_run, curve


@pytest.fixture(scope="module")
def trained(tmp_path_factory, forker):
    """(store, run) of a run whose best checkpoint is not its last one."""
    store = Store(tmp_path_factory.mktemp("data"))
    run = a_run(store)
    assert forker.work(store.folder, run.id) == 0
    with store.database.writing() as connection:
        connection.execute("UPDATE runs SET best_step = 40 WHERE id = ?", (run.id,))
    return store, store.run(run.id)


def test_its_model_gives_the_probabilities_of_the_page(trained):
    store, run = trained
    opened = open_run(str(RunFolder.of(store.folder, run.id).path))
    for step, page in ((None, model_cache.load(store.folder, run)), (60, model_cache.load(store.folder, run, last=True))):
        model = opened.trained(step)
        assert model.step == page.step == (step or 40) and model.tokenizer.vocabulary == page.tokenizer.vocabulary
        np.testing.assert_array_equal(model.next_token("the ca").log_probs, page.next_token("the ca").log_probs)


def test_it_has_all_that_the_run_was_trained_with(trained):
    store, run = trained
    opened = open_run(RunFolder.of(store.folder, run.id).path)
    assert opened.config == run.resolved and opened.row == run
    assert opened.corpus.text == TEXT and opened.tokenizer.decode(opened.data.train[:11]) == TEXT[:11]
    assert opened.steps.loss.tolist() == [loss for _, loss, _ in curve(store, run)]
    assert opened.evaluations == store.evaluations(run.id) and opened.frames[:2] == [0, 1]
    assert not np.array_equal(opened.trained(1).next_token().log_probs, opened.trained(60).next_token().log_probs)
    frames = opened.film("the ca")
    assert [frame.step for frame in frames] == opened.frames
    np.testing.assert_allclose(frames[1].log_probs, opened.trained(1).next_token("the ca").log_probs, atol=1e-6)
    weights = opened.trained().model.network.output.weight
    np.testing.assert_array_equal(opened.network.output.weight.detach(), weights.detach())


def test_a_folder_alone_can_be_asked_and_says_what_it_lacks(trained, tmp_path):
    """Copied to another machine, without store and text."""
    store, run = trained
    here = RunFolder.of(store.folder, run.id)
    path = tmp_path / "data" / "runs" / run.id
    shutil.copytree(here.path, path)
    opened = open_run(path)
    newest = open_run(here.path).trained(60)
    np.testing.assert_array_equal(opened.trained().next_token("the").log_probs, newest.next_token("the").log_probs)
    with pytest.raises(StoreMissing):
        _ = opened.steps
    assert not (tmp_path / "data" / "store.sqlite").exists()
    with pytest.raises(TextMissing):
        _ = opened.data
    saved = opened.folder.checkpoints()
    saved[0].write_bytes(saved[0].read_bytes()[:-1])
    assert open_run(path).trained().step == 40
    opened.folder.tokenizer_path.write_text(json.dumps(CharacterTokenizer.train("ab").to_json()))
    with pytest.raises(TokenizerDamaged):
        open_run(path).trained()
    saved[1].write_bytes(b"")
    with pytest.raises(CheckpointsDamaged):
        open_run(path).trained()
    for checkpoint in saved:
        checkpoint.unlink()
    with pytest.raises(CheckpointMissing):
        _ = open_run(path).network
    with pytest.raises(CheckpointMissing):
        open_run(path).trained(60)
