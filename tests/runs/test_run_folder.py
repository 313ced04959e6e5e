"""A run's folder alone: what is known of a run without its store."""

import json
import sys

import pytest

from lmcore.config import RunConfig
from lmcore.errors import RunNotFound, TextChanged, TextMissing, TokenizerDamaged
from lmcore.runs import data_folder
from lmcore.runs.data_folder import text_path
from lmcore.runs.run_folder import RunFolder, checkpoint_header
from lmcore.runs.store.store import Store
from tests.runs.examples import TEXT, a_run


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_a_folder_says_what_its_run_trains_on(store, forker):
    run = a_run(store)
    before = RunFolder.of(store.folder, run.id)
    with pytest.raises(RunNotFound):
        before.configuration()
    assert before.text() == TEXT and before.kind() is None
    forker.work(store.folder, run.id)
    run_folder, run = RunFolder(before.path), store.run(run.id)
    assert (run_folder.run_id, run_folder.data, run_folder.kind()) == (run.id, store.folder, "stream")
    assert run_folder.configuration() == run.resolved != run.requested
    assert run_folder.tokenizer().decode(run_folder.token_data().train[:11]) == TEXT[:11]
    header = checkpoint_header(run_folder.checkpoints()[0])
    assert header["step"] == 60 and RunConfig.from_json(header["config"]) == run.resolved

    run_folder.configuration_path.unlink()
    assert run_folder.kind() == "stream" and run_folder.described_kind() is None
    for path in run_folder.checkpoints():
        path.write_bytes(b"[" * 5_000)
    with pytest.raises(RunNotFound):
        run_folder.configuration()
    run_folder.configuration_path.write_text(json.dumps({"kind": "lines", "requested": run.requested.to_json()}))
    assert run_folder.configuration() == run.requested and run_folder.kind() == "lines"


def test_a_folder_says_what_it_has_lost(store):
    run = a_run(store)
    run_folder = RunFolder.of(store.folder, run.id)
    with pytest.raises(TokenizerDamaged):
        run_folder.tokenizer()
    text = text_path(store.folder, store.text(run.text_id).sha256)
    text.write_bytes(text.read_bytes()[:-1])
    with pytest.raises(TextChanged):
        run_folder.corpus()
    text.unlink()
    with pytest.raises(TextMissing):
        run_folder.corpus()
    run_folder.row_path.unlink()
    with pytest.raises(TextMissing):
        run_folder.corpus()


def test_a_run_is_locked_as_long_as_somebody_holds_it(tmp_path):
    run_folder = RunFolder.of(tmp_path, "a")
    assert not run_folder.is_locked() and not run_folder.path.exists()
    with run_folder.lock():
        assert run_folder.is_locked() and RunFolder.of(tmp_path, "a").is_locked()
    assert not run_folder.is_locked()


@pytest.mark.skipif(sys.platform == "win32", reason="modes")
def test_a_data_folder_is_closed_to_other_accounts(tmp_path):
    """A new one, and one that an earlier version left open; what holds other things and no store stays as it is."""
    new, old, foreign = tmp_path / "new", tmp_path / "old", tmp_path / "foreign"
    for folder, name in ((old, "store.sqlite"), (foreign, "photo.jpg")):
        folder.mkdir()
        folder.chmod(0o755)
        (folder / name).write_bytes(b"")
        (folder / name).chmod(0o644)
    for folder in (new, old, foreign):
        data_folder.keep_private(folder)
    modes = [path.stat().st_mode & 0o777 for path in (new, old, old / "store.sqlite", foreign, foreign / "photo.jpg")]
    assert modes == [0o700, 0o700, 0o600, 0o755, 0o644]
