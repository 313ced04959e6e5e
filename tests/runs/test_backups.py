"""Backups of the store, and stores that cannot be used: real files, damaged in every way a disk can think of."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from lmcore.errors import NoRoomForBackup, StoreBusy, StoreDamaged, StoreFull, StoreMissing, StoreReadOnly, StoreTooNew
from lmcore.runs import data_folder
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import backups, database, housekeeping, inspection, migrations, rebuilding
from lmcore.runs.store.database import as_store_error
from lmcore.runs.store.records import StepRow
from lmcore.runs.store.store import Store
from lmcore.runs.worker import run_writer
from tests.runs.examples import NO_LIMITS, a_run, a_text


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def path_of(store):
    return store.folder / backups.STORE


def numbers(data) -> list[str]:
    return [path.name for path in backups.backups(data)]


def test_each_changed_store_is_backed_up_and_five_are_kept(store):
    for number in range(1, 8):
        a_text(store, f"text {number}")
        assert backups.back_up(store.folder).name == f"store-{number}.sqlite"
        assert backups.back_up(store.folder) is None  # nothing changed: good ones are not pushed out by a server in trouble
    assert numbers(store.folder) == [f"store-{number}.sqlite" for number in (7, 6, 5, 4, 3)]
    assert {path.name for path in (store.folder / "backups").iterdir()} == set(numbers(store.folder))  # nothing half written


def test_a_backup_beside_a_writer_is_of_one_moment(store):
    run, ended = a_run(store), threading.Event()

    def write():
        writer, step = run_writer.RunWriter(store, run.id), 0
        while not ended.is_set():
            step += 1
            writer.steps.append(StepRow(step, 0.1, step * 32, 1.5, 0.01, 0.5, step * 0.1, 320.0))
            writer.flush(force=True)  # steps and the run's own row, in one transaction
        writer.connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = []
        while len(copies) < 3:
            if path := backups.back_up(store.folder):
                copies.append(path)
    finally:
        ended.set()
        writer.join()
    for copy in copies:
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            known = connection.execute("SELECT step FROM runs").fetchone()[0]
            assert connection.execute("SELECT COUNT(*), COALESCE(MAX(step), 0) FROM steps").fetchone() == (known, known)


def test_no_backup_where_the_disk_has_no_room_for_it(store, monkeypatch):
    monkeypatch.setattr(backups, "SPARE_BYTES", 10**18)
    with pytest.raises(NoRoomForBackup) as caught:
        backups.back_up(store.folder)
    assert numbers(store.folder) == [] and caught.value.values["needed"] == 10**12 + 1
    assert caught.value.values["free"] < 10**12


def test_a_small_disk_has_room_for_a_small_store(store, monkeypatch):
    """Less than 500 MB are left on many a school's laptop."""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=60_000_000))
    a_text(store)
    assert backups.back_up(store.folder).name == "store-1.sqlite"


def garbage(path):
    path.write_bytes(b"not a store at all " * 1000)


def empty(path):
    path.write_bytes(b"")


def half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def a_few_bytes(path):
    path.write_bytes(path.read_bytes()[:10])


def a_page_overwritten(path):
    content = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'runs'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    content[(page - 1) * size : page * size] = os.urandom(size)
    path.write_bytes(content)


def gone(path):
    path.unlink()


DAMAGES = [garbage, empty, half, a_few_bytes, a_page_overwritten]


@pytest.mark.parametrize("damage", [*DAMAGES, gone], ids=lambda damage: damage.__name__)
def test_the_newest_backup_takes_the_place_of_a_damaged_store(store, damage):
    kept = a_text(store, "kept")
    backups.back_up(store.folder)
    a_text(store, "later")
    damage(path_of(store))
    damaged = path_of(store).read_bytes() if damage is not gone else None
    restored = backups.restore_backup(store.folder)
    assert restored.backup is not None
    assert [text.id for text in Store(store.folder).texts("anna")] == [kept.id]
    if damage is gone:
        assert restored.aside is None and [path.name for path in backups.set_aside(store.folder)] == ["store.missing-1.txt"]
    else:
        assert restored.aside == "store.damaged-1.sqlite" and (store.folder / restored.aside).read_bytes() == damaged
    assert backups.restore_backup(store.folder) is None  # once
    with Store(store.folder).database.reading() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


@pytest.mark.parametrize("damage", [damage for damage in DAMAGES if damage is not empty], ids=lambda damage: damage.__name__)
def test_without_a_backup_an_empty_store_begins(store, damage):
    a_text(store)
    damage(path_of(store))
    assert backups.restore_backup(store.folder) == backups.Restored("store.damaged-1.sqlite", None)
    assert Store(store.folder).texts("anna") == []


def test_what_lies_beside_a_store_goes_with_it_and_each_has_its_own_name(store):
    """An old -wal beside a new store would be its end."""
    for number in (1, 2):
        for ending in ("", "-wal", "-shm"):
            path_of(store).with_name(f"store.sqlite{ending}").write_bytes(f"garbage {number}{ending}".encode())
        assert backups.restore_backup(store.folder).aside == f"store.damaged-{number}.sqlite"
    for number in (1, 2):
        assert (store.folder / f"store.damaged-{number}.sqlite").read_text() == f"garbage {number}"
    assert not list(store.folder.glob("store.sqlite*"))


def test_a_damaged_backup_gives_way_to_the_one_before(store):
    kept = a_text(store)
    backups.back_up(store.folder)
    a_text(store, "later")
    half(backups.back_up(store.folder))
    garbage(path_of(store))
    backups.restore_backup(store.folder)
    assert [text.id for text in Store(store.folder).texts("anna")] == [kept.id]


def test_a_damaged_store_makes_no_backup(store):
    a_text(store)
    a_page_overwritten(path_of(store))
    with suppress(sqlite3.DatabaseError):  # may be raised already while the pages are copied
        backups.back_up(store.folder)
    assert numbers(store.folder) == []


def test_a_whole_store_and_a_first_start_are_left_alone(tmp_path, store):
    content = path_of(store).read_bytes()
    assert backups.restore_backup(store.folder) is None and path_of(store).read_bytes() == content
    assert backups.restore_backup(tmp_path / "new") is None


def test_a_locked_store_is_not_taken_for_a_damaged_one(store):
    with closing(sqlite3.connect(path_of(store), isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        assert backups.is_whole(path_of(store))


def test_a_store_too_large_to_be_read_in_time_is_taken_for_whole(store, monkeypatch):
    monkeypatch.setattr(inspection, "CHECKING_SECONDS", -1.0)
    monkeypatch.setattr(inspection, "STEPS_BETWEEN_LOOKS", 1)
    a_page_overwritten(path_of(store))
    assert backups.is_whole(path_of(store))


def test_files_of_runs_that_a_backup_does_not_know_are_kept(store):
    """Trained after the backup, by an older version: the folder may be all that is left of it."""
    text = a_text(store)
    known = a_run(store, text=text)
    backups.back_up(store.folder)
    later_text = a_text(store, "a text that came later")
    later = a_run(store, text=later_text)
    for run in (known, later):
        data_folder.write_json(RunFolder.of(store.folder, run.id).configuration_path, {})
    rebuilding.forget(store.folder, later.id)
    garbage(path_of(store))
    backups.restore_backup(store.folder)
    restored = Store(store.folder)
    housekeeping.remove_orphans(restored)
    housekeeping.purge(restored, before="9999")
    assert RunFolder.of(store.folder, later.id).path.exists()
    assert data_folder.text_path(store.folder, later_text.sha256).exists()
    for aside in backups.set_aside(store.folder):
        aside.unlink()  # without it, what belongs to it is of no use
    housekeeping.remove_orphans(restored)
    housekeeping.purge(restored, before="9999")
    assert not RunFolder.of(store.folder, later.id).path.exists() and RunFolder.of(store.folder, known.id).path.exists()
    assert not data_folder.text_path(store.folder, later_text.sha256).exists()


@pytest.mark.parametrize("damage", [garbage, gone], ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("backup", [True, False])
def test_runs_that_a_backup_does_not_know_are_listed_again(tmp_path, forker, damage, backup):
    """Their folders say whose they are, on which text, how they are called and how far they came; a deleted one stays away."""
    store = Store(tmp_path, NO_LIMITS)
    known = a_run(store, owner="ben")
    store.request(known.id, "stop")
    if backup:
        backups.back_up(store.folder)
    text = a_text(store, "the dog sat on the log\n" * 200)
    trained = a_run(store, text=text)
    assert forker.work(store.folder, trained.id) == 0
    stopped = a_run(store, text=text)
    assert forker.work(store.folder, stopped.id, die_at_step=45) != 0
    waiting, deleted = a_run(store, text=text), a_run(store, text=text)
    store.rename(trained.id, "a good one")
    store.delete(deleted.id)
    before = {run.id: store.run(run.id) for run in (trained, stopped, waiting)}
    damage(path_of(store))
    restored = backups.restore_backup(store.folder)
    assert restored.runs == (3 if backup else 4) and (restored.aside is None) == (damage is gone)
    restored = Store(store.folder)
    housekeeping.remove_orphans(restored)
    housekeeping.purge(restored, before="9999")
    assert {run.id for run in restored.runs("anna")} == set(before) and [run.id for run in restored.runs("ben")] == [known.id]
    for run in restored.runs("anna"):
        same = ("owner", "text_id", "name", "requested", "pinned_context", "created")
        assert [getattr(run, name) for name in same] == [getattr(before[run.id], name) for name in same]
        assert restored.content(run.text_id) == "the dog sat on the log\n" * 200
    again = restored.run(trained.id)
    assert (again.status, again.step, again.planned_steps, again.name) == ("finished", 60, 60, "a good one")
    assert again.resolved == before[trained.id].resolved and again.tokens == before[trained.id].tokens
    assert again.notes == [{"code": "store.restored", "values": {"known": 0, "newest": 60}}]
    assert restored.run(stopped.id).status == restored.run(waiting.id).status == "stopped"
    assert restored.run(waiting.id).step == 0
    restored.request(waiting.id, "run")
    assert forker.work(store.folder, waiting.id) == 0 and restored.run(waiting.id).status == "finished"
    assert backups.restore_backup(store.folder) is None


def test_what_was_deleted_with_its_text_stays_away(store):
    """A text that is no longer shared stays its owner's alone after it came back."""
    going, staying = a_text(store, "one"), a_text(store, "two")
    gone_with_it, kept = a_run(store, text=going), a_run(store, text=staying)
    store.share_text(staying.id, True)
    store.rename(kept.id, "described while it was shared")
    store.share_text(staying.id, False)
    store.delete_text(going.id)
    gone(path_of(store))
    assert backups.restore_backup(store.folder).runs == 1
    restored = Store(store.folder)
    assert restored.run(gone_with_it.id) is None and restored.run(kept.id) and not restored.text(staying.id).shared


def test_what_a_folder_says_of_its_run_is_not_believed_blindly(store):
    """Files that lie in the folders may be damaged as well."""
    run = a_run(store)
    path = RunFolder.of(store.folder, run.id).row_path
    described = data_folder.read_json(path)
    wrong = [[], {}, {**described, "run": {**described["run"], "id": "another"}}, {"run": described["run"]}]
    wrong += [
        {**described, "run": {**described["run"], name: value}} for name in rebuilding.OF_RUN for value in (7, None, [], {})
    ]
    wrong += [{**described, "text": {**described["text"], name: []}} for name in described["text"]]
    for values in wrong:
        data_folder.write_json(path, values)
        gone(path_of(store))
        restored, again = backups.restore_backup(store.folder), Store(store.folder)
        with again.database.reading() as connection:
            listed = [row["id"] for row in connection.execute("SELECT id FROM runs")]
        assert len(listed) == restored.runs and all(again.text(again.run(run_id).text_id) for run_id in listed)
    path.write_bytes(b"\xff{")
    gone(path_of(store))
    assert backups.restore_backup(store.folder).runs == 0


def test_a_store_that_vanishes_while_a_server_runs_is_missing_and_comes_back(store):
    """It is never replaced by an empty one."""
    kept = a_text(store)
    backups.back_up(store.folder)
    a_run(store, text=kept)
    with store.database.one_connection():
        pass
    for ending in backups.BESIDE:
        path_of(store).with_name(f"store.sqlite{ending}").unlink(missing_ok=True)
    asked = [
        lambda: store.texts("anna"),
        lambda: store.runs("anna"),
        lambda: a_text(store),
        lambda: Store(store.folder),
        lambda: Store(store.folder, create=False),
    ]
    for ask in asked:
        with pytest.raises(StoreMissing):
            ask()
    assert not path_of(store).exists()
    restored = backups.restore_backup(store.folder)
    assert restored.aside is None and restored.backup and restored.runs == 1
    assert [text.id for text in store.texts("anna")] == [kept.id] and len(store.runs("anna")) == 1


def test_without_a_backup_a_worker_makes_no_new_store(store):
    gone(path_of(store))
    with pytest.raises(StoreMissing):
        Store(store.folder, create=False)
    assert not path_of(store).exists()


def test_what_lay_beside_a_store_that_is_gone_does_not_get_into_the_backup(store):
    """SQLite would take an old -wal for part of the new store."""
    kept = a_text(store)
    backups.back_up(store.folder)
    with closing(store.database.connect()) as connection:
        connection.execute("UPDATE texts SET name = 'written beside'")
        beside = {ending: Path(f"{path_of(store)}{ending}").read_bytes() for ending in ("-wal", "-shm")}
    gone(path_of(store))
    for ending, content in beside.items():
        Path(f"{path_of(store)}{ending}").write_bytes(content)
    backups.restore_backup(store.folder)
    assert Store(store.folder).text(kept.id).name == "cats"
    assert (store.folder / "store.damaged-1.sqlite-wal").read_bytes() == beside["-wal"]


def test_a_run_that_went_on_after_the_backup_keeps_its_checkpoint_and_says_so(store, forker):
    run = a_run(store, steps=60)
    backups.back_up(store.folder)
    assert forker.work(store.folder, run.id) == 0
    garbage(path_of(store))
    backups.restore_backup(store.folder)
    restored = Store(store.folder)
    assert restored.run(run.id).notes == [{"code": "store.restored", "values": {"known": 0, "newest": 60}}]
    assert forker.work(store.folder, run.id) == 0  # it waits in the backup's queue: training goes on from its checkpoint
    finished = restored.run(run.id)
    assert (finished.status, finished.step) == ("finished", 60) and finished.notes[0]["code"] == "store.restored"


@pytest.mark.parametrize("version", range(1, len(migrations.MIGRATIONS)))
def test_a_store_is_backed_up_before_it_is_migrated(tmp_path, version):
    with closing(sqlite3.connect(tmp_path / backups.STORE)) as connection, connection:
        migrations.migrate(connection, version)
        connection.execute("INSERT INTO texts (id, sha256, name, kind, encoding, unreadable, changes, characters, bytes, created)"
                           " VALUES ('old', ?, 'of before', 'stream', 'UTF-8', 0, '[]', 1, 1, '2026-01-01T00:00:00+00:00')", ("0" * 64,))  # fmt: skip
    assert backups.restore_backup(tmp_path) is None
    assert Store(tmp_path).text("old").name == "of before"
    with closing(sqlite3.connect(backups.backups(tmp_path)[0])) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (version,)


def test_a_migration_happens_whole_or_not_at_all(store, monkeypatch):
    a_text(store)
    broken = "CREATE TABLE of_after (a); CREATE TABLE texts (a)"
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, broken))
    with pytest.raises(StoreDamaged):
        Store(store.folder)  # the second table is there already
    with store.database.reading() as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(migrations.MIGRATIONS) - 1
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'of_after'").fetchone()


def test_a_newer_store_is_refused_and_left_as_it_is(store):
    with store.database.writing() as connection:
        connection.execute("PRAGMA user_version = 99")
    content = path_of(store).read_bytes()
    assert backups.restore_backup(store.folder) is None
    with pytest.raises(StoreTooNew) as caught:
        Store(store.folder)
    assert caught.value.values == {"version": 99}
    assert path_of(store).read_bytes() == content


@pytest.mark.parametrize("damage", [garbage, half, a_few_bytes], ids=lambda damage: damage.__name__)
def test_a_store_damaged_while_the_server_runs_is_named(store, damage):
    damage(path_of(store))
    with pytest.raises((StoreDamaged, sqlite3.DatabaseError)) as caught:
        Store(store.folder).texts("anna")
    assert isinstance(caught.value, StoreDamaged) or isinstance(as_store_error(caught.value), StoreDamaged)


def test_a_store_somebody_holds_is_named_and_still_read(store, monkeypatch):
    monkeypatch.setattr(database, "WAITING_SECONDS", 0.05)
    monkeypatch.setattr(store.database.connect.__func__, "__defaults__", (0.05,))
    run = a_run(store)
    with closing(sqlite3.connect(path_of(store), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            store.rename(run.id, "another")
        assert isinstance(as_store_error(caught.value), StoreBusy)
        assert Store(store.folder).run(run.id).name == "first"
    store.rename(run.id, "another")


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits")
def test_a_full_disk_is_named_and_what_was_there_stays(store):
    """The limit is the system's: no file may become larger."""
    code = (
        "import resource, signal, sqlite3, sys\n"
        "from lmcore.runs.store.store import Store\n"
        "from lmcore.runs.store.database import as_store_error\n"
        "store = Store(sys.argv[1])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n"
        "    store.add_text(owner='anna', name='large', content='x' * 100_000, kind='stream', encoding='utf-8')\n"
        "except (OSError, sqlite3.Error) as error:\n"
        "    print(type(as_store_error(error)).__name__)\n"
    )
    kept = a_text(store)
    said = subprocess.run([sys.executable, "-c", code, str(store.folder)], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == StoreFull.__name__
    assert [text.id for text in store.texts("anna")] == [kept.id]
    assert not list((store.folder / "texts").glob("*.partial"))


NOBODY = 65534


def as_somebody_else(act) -> str:
    """What act() raises in a process that may not write here; the super-user may write everywhere."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setuid(NOBODY)
            act()
            said = "nothing"
        except BaseException as error:
            said = type(error).__name__
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(pid, 0)
    return said


@pytest.fixture
def readable_by_all(tmp_path_factory):
    """A folder that everybody can reach, as the temporary ones of the tests cannot be."""
    import tempfile

    data = Path(tempfile.mkdtemp())
    data.chmod(0o755)
    yield data
    for path in (data, *data.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(data)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
@pytest.mark.parametrize("what", ["folder", "file", "nothing there yet"])
def test_a_store_that_may_not_be_written_is_named(readable_by_all, what):
    data = readable_by_all
    if what != "nothing there yet":
        run = a_run(Store(data))
    if what == "file":
        data.chmod(0o777)
        path = data / backups.STORE
        path.chmod(0o444)
    else:
        data.chmod(0o555)

    def use():
        try:
            Store(data).rename(run.id, "another")
        except (sqlite3.Error, OSError) as error:
            raise (as_store_error(error) or error) from error

    assert as_somebody_else(use) == StoreReadOnly.__name__
    assert as_somebody_else(lambda: backups.restore_backup(data)) in ("nothing", "PermissionError")
    assert backups.set_aside(data) == []


def test_a_running_run_of_a_damaged_store_is_never_trained_twice(store, forker):
    """Its worker still lives: the lock is held, whatever the restored row says."""
    run = a_run(store, steps=60)
    backups.back_up(store.folder)
    garbage(path_of(store))
    backups.restore_backup(store.folder)
    with RunFolder.of(store.folder, run.id).lock():
        assert forker.work(store.folder, run.id) == 0
        assert Store(store.folder).run(run.id).step == 0
