"""Thirty visitors are thirty threads of one server: they write the same file, and share connections only where it is meant."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from lmcore.runs import data_folder
from lmcore.runs.store.store import Store
from tests.runs.examples import a_run, a_text

THREADS = 8


def together(act):
    """act() in many threads that begin at the same moment -> what it gave in each."""
    begin = Barrier(THREADS)

    def one(_):
        begin.wait()
        return act()

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(one, range(THREADS)))


def test_the_same_file_is_written_by_many_at_once(tmp_path):
    path, content = tmp_path / "text", b"the cat" * 100_000
    for _ in range(20):
        together(lambda: data_folder.write_aside(path, content))
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_reading_shares_one_connection_in_this_thread_alone(tmp_path):
    store = Store(tmp_path)
    run = a_run(store)
    with store.database.one_connection():
        with store.database.reading() as first, store.database.reading() as second:
            assert first is second
        with ThreadPoolExecutor(1) as thread:
            thread.submit(store.rename, run.id, "renamed").result()
            others = thread.submit(store.run, run.id).result()
        assert others.name == store.run(run.id).name == "renamed"  # it sees what others write
        assert a_text(store).id in [text.id for text in store.texts("anna")]  # and what is written inside
    with store.database.reading() as third:
        assert third is not first


def test_a_fault_inside_gives_the_connection_back(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(KeyError), store.database.one_connection():
        raise KeyError("a fault")
    assert store.runs("anna") == []
