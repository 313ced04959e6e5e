"""Page tests begin with `pages/menu.py`, as the server does, on a data folder of their own and without training processes."""

from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest

from lmcore.runs.store import visitors
from pages.parts import kept, visitor
from tests.pages import situations

MENU = str(Path(__file__).parent.parent.parent / "pages" / "menu.py")


class NoPool:
    """A pool that is never asked to train anything."""

    woken = 0

    def start(self): ...

    def wake(self):
        self.woken += 1


@pytest.fixture(scope="session", autouse=True)
def looked_up_once():
    """Each AppTest reads what all installed packages say about themselves, and compiles its scripts at each run; a server does both
    once, and so do the tests. This is most of what opening a page costs."""
    compiled = cache(lambda path, whole=ScriptCache.get_bytecode: whole(ScriptCache(), path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        patch.setattr(ScriptCache, "get_bytecode", lambda _, path: compiled(path))
        yield


@pytest.fixture(autouse=True)
def nothing_kept():
    """What the visitor of one test has typed and played is not that of the next."""
    kept._kept.clear()


@pytest.fixture(scope="session")
def ids(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    with ExitStack() as locks:
        found = situations.fill(data)
        locks.enter_context(situations.somebody_trains(data, found["running"]))
        yield {"data": data, **found}


@pytest.fixture
def pool(monkeypatch):
    pool = NoPool()
    monkeypatch.setattr(visitor, "pool", lambda: pool)
    return pool


@pytest.fixture
def here(ids, pool, monkeypatch):
    """The data folder is the test's, the visitor is its owner, who leaves a lesson at the end."""
    monkeypatch.setenv("NEXT_WORD_DATA", str(ids["data"]))
    monkeypatch.setattr(visitor, "current", lambda: situations.OWNER)
    yield ids
    visitors.leave_lesson(visitor.store(), situations.OWNER)


@pytest.fixture
def open_page(here):
    def open_page(page: str, **address: str) -> AppTest:
        app = AppTest.from_file(MENU, default_timeout=60)
        for name, value in address.items():
            app.query_params[name] = value
        return app.run().switch_page(f"{page}.py").run()

    return open_page
