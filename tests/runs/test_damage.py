"""Damage that moves: stores with random faults. Each is read whole, or named as damaged and replaced by its backup."""

import shutil

import pytest

from lmcore.errors import StoreError
from lmcore.runs.store import backups
from lmcore.runs.store.migrations import as_store_error
from lmcore.runs.store.store import Store
from tests.runs.damage import a_full_store, ask_everything, variants
from tests.runs.examples import NO_LIMITS

COUNT = 60  # `benchmarks/damaged_stores.py` takes more


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    store = a_full_store(tmp_path_factory.mktemp("full"))
    backups.back_up(store.folder)
    ask_everything(store)
    return store


def test_a_server_starts_over_every_damaged_store_and_answers(full, tmp_path):
    """After its start a server reads all of the store, the one that was there or its backup."""
    content, replaced = (full.folder / backups.STORE).read_bytes(), 0
    shutil.copytree(full.folder / "backups", tmp_path / "backups")
    for name, damaged in variants(content, COUNT):
        (tmp_path / backups.STORE).write_bytes(damaged)
        restored = backups.restore_backup(tmp_path)
        try:
            ask_everything(Store(tmp_path, NO_LIMITS))
        except Exception as error:
            raise AssertionError(f"{name}: {type(error).__name__}: {error}") from error
        if restored:
            replaced += 1
            assert restored.aside and restored.backup
            for left_over in tmp_path.glob("store.damaged-*"):
                left_over.unlink()
    assert replaced > COUNT / 2


def test_damage_while_a_server_runs_has_its_sentence(full, tmp_path):
    """Read without a look beforehand: right, or named."""
    content, named = (full.folder / backups.STORE).read_bytes(), 0
    (tmp_path / backups.STORE).write_bytes(content)
    store = Store(tmp_path, NO_LIMITS)
    for name, damaged in variants(content, COUNT):
        for left_over in tmp_path.glob("store.sqlite*"):
            left_over.unlink()
        (tmp_path / backups.STORE).write_bytes(damaged)
        try:
            ask_everything(store)
        except Exception as error:
            said = error if isinstance(error, StoreError) else as_store_error(error)
            assert said is not None, f"{name}: {type(error).__name__}: {error}"
            named += 1
    assert named > 20
