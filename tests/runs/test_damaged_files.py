"""A file of a run or of a text is missing or damaged: what is known elsewhere is written anew, all else is said, nothing is trained on it."""

import json
import sys

import pytest

from lmcore.errors import CheckpointDamaged, CheckpointMissing, CheckpointsDamaged, TextChanged, TextMissing, TokenizerDamaged
from lmcore.runs import data_folder
from lmcore.runs.exchange import transfer
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.store import Store
from tests.runs.examples import TEXT, a_run, a_text, curve, measured
from tests.runs.run_files import members

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def undisturbed(store, forker):
    run = a_run(store)
    assert forker.work(store.folder, run.id) == 0
    return curve(store, run), measured(store, run)


@pytest.fixture
def killed(store, forker):
    """A run with checkpoints at steps 20 and 40, on a text of its own."""
    run = a_run(store)
    forker.work(store.folder, run.id, die_at_step=45)
    return run


def missing(path):
    path.unlink()


def empty(path):
    path.write_bytes(b"")


def truncated(path):
    path.write_bytes(path.read_bytes()[:-20])


def binary(path):
    path.write_bytes(b"\xff\x00\xfe" * 50)


def another(path):
    path.write_text('["something", {"else": 1}]', encoding="utf-8")


def deep(path):
    path.write_bytes(b"[" * 5_000)


def a_byte(path):
    """Another letter: as long as before, and a text as good as any."""
    path.write_bytes(path.read_bytes().replace(b"cat", b"cut", 1))


DAMAGES = [missing, empty, truncated, binary, another, deep]


def folder_of(store, run) -> RunFolder:
    return RunFolder.of(store.folder, run.id)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_run_json_is_written_anew(store, forker, killed, undisturbed, damage):
    """The kind is the one it was trained as, not the one its text has been given since."""
    store.set_kind(killed.text_id, "lines")
    damage(folder_of(store, killed).configuration_path)
    store.request(killed.id, "run")
    assert forker.work(store.folder, killed.id) == 0
    assert store.run(killed.id).status == "finished"
    assert not any(note["code"] == CheckpointDamaged.code for note in store.run(killed.id).notes)
    assert (curve(store, killed), measured(store, killed)) == undisturbed
    assert json.loads(folder_of(store, killed).configuration_path.read_text(encoding="utf-8"))["kind"] == "stream"


def other_size(path):
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**values, "characters": values["characters"][:-1]}), encoding="utf-8")


@pytest.mark.parametrize("damage", [*DAMAGES, other_size], ids=lambda damage: damage.__name__)
def test_a_run_without_its_tokenizer_says_so_and_keeps_its_checkpoints(store, forker, killed, damage):
    path = folder_of(store, killed).tokenizer_path
    whole, saved = path.read_bytes(), folder_of(store, killed).checkpoints()
    damage(path)
    if damage is not other_size:
        with pytest.raises(TokenizerDamaged):
            transfer.export_run(store, killed.id)
    store.request(killed.id, "run")
    assert forker.work(store.folder, killed.id) == 0
    assert (store.run(killed.id).status, store.run(killed.id).error_code) == ("failed", TokenizerDamaged.code)
    assert folder_of(store, killed).checkpoints() == saved
    path.write_bytes(whole)  # it is found again
    store.request(killed.id, "run")
    forker.work(store.folder, killed.id)
    assert store.run(killed.id).status == "finished"


TEXTS = {missing: TextMissing, empty: TextChanged, truncated: TextChanged, binary: TextChanged, a_byte: TextChanged}


@pytest.mark.parametrize("damage", TEXTS, ids=lambda damage: damage.__name__)
def test_nothing_is_trained_on_a_text_that_is_not_what_was_kept(store, forker, killed, undisturbed, damage):
    kept, known = store.text(killed.text_id), curve(store, killed)
    path = data_folder.text_path(store.folder, kept.sha256)
    damage(path)
    fresh = a_run_on(store, killed.text_id)
    forker.work(store.folder, fresh.id)
    assert (store.run(fresh.id).status, store.run(fresh.id).error_code, store.run(fresh.id).step) == (
        "failed",
        TEXTS[damage].code,
        0,
    )
    if damage is a_byte:  # only a look at every byte shows it
        store.request(killed.id, "run")
        forker.work(store.folder, killed.id)
        assert store.run(killed.id).error_code == TextChanged.code
    else:
        with pytest.raises(TEXTS[damage]):
            store.request(killed.id, "run")
        assert store.run(killed.id).shown_status == "interrupted"
    assert curve(store, killed)[:40] == known[:40] and len(folder_of(store, killed).checkpoints()) == 2
    a_text(store, TEXT)  # what its sentence says: the same text again
    store.request(killed.id, "run")
    forker.work(store.folder, killed.id)
    assert (curve(store, killed), measured(store, killed)) == undisturbed


def a_run_on(store, text_id: str):
    return a_run(store, 60, store.text(text_id))


@pytest.mark.parametrize("damage", [empty, truncated, binary, another], ids=lambda damage: damage.__name__)
def test_damaged_checkpoints_are_not_none(store, killed, damage):
    saved = folder_of(store, killed).checkpoints()
    for path in saved:
        damage(path)
    with pytest.raises(CheckpointsDamaged) as error:
        transfer.export_run(store, killed.id)
    assert error.value.values == {"count": 2}
    for path in saved:
        path.unlink()
    with pytest.raises(CheckpointMissing):
        transfer.check_export(store, killed.id)


def test_an_exported_run_knows_its_kind_without_run_json(store, killed):
    store.set_kind(killed.text_id, "lines")
    folder_of(store, killed).configuration_path.unlink()
    exported = members(transfer.export_run(store, killed.id))
    assert json.loads(exported["config.json"])["text"]["kind"] == "stream"
