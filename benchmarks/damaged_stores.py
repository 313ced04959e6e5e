"""Damaged stores: is each one read whole, or named and replaced? `python benchmarks/damaged_stores.py --stores 600 --pages 60`

Three looks at the same stores: a server that starts over one, all reads of a server that runs while the damage happens, and whole
pages of such a server. The damage is that of `tests/runs/damage.py`, from a seed.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # the package may not be installed

from lmcore.errors import LmcoreError, StoreError  # noqa: E402
from lmcore.runs.store import backups  # noqa: E402
from lmcore.runs.store.migrations import as_store_error  # noqa: E402
from lmcore.runs.store.store import Store  # noqa: E402
from tests.runs.damage import VISITORS, a_full_store, ask_everything, variants  # noqa: E402
from tests.runs.examples import NO_LIMITS  # noqa: E402

PAGES = ("home", "text", "train", "runs", "explore", "write", "compare", "classroom", "game")


def at_a_start(stores, data: Path) -> Counter:
    outcomes = Counter()
    for name, damaged in stores:
        _clear(data)
        (data / backups.STORE).write_bytes(damaged)
        try:
            restored = backups.restore_backup(data)
            ask_everything(Store(data, NO_LIMITS))
            outcomes["replaced by the backup" if restored else "read whole"] += 1
        except Exception as error:
            outcomes[f"WITHOUT A SENTENCE: {name}: {error!r}"] += 1
    return outcomes


def while_it_runs(stores, store: Store) -> Counter:
    outcomes = Counter()
    for name, damaged in stores:
        _clear(store.folder)
        (store.folder / backups.STORE).write_bytes(damaged)
        try:
            ask_everything(store)
            outcomes["read whole"] += 1
        except Exception as error:
            said = error if isinstance(error, StoreError) else as_store_error(error)
            outcomes[said.code if said else f"WITHOUT A SENTENCE: {name}: {error!r}"] += 1
    return outcomes


def pages(stores, store: Store, run_id: str, room: str) -> Counter:
    """Each page of the app, by Streamlit's own test client, in both languages by turns."""
    from streamlit.runtime import fragment
    from streamlit.runtime.scriptrunner import exec_code
    from streamlit.testing.v1 import AppTest

    from pages.parts import visitor
    from tests.pages.conftest import MENU, NoPool

    os.environ["NEXT_WORD_DATA"] = str(store.folder)
    visitor.pool, visitor.current, visitor.store = NoPool, lambda: VISITORS[0], lambda: store
    raised: list[Exception] = []
    for module in (exec_code, fragment):  # what the server gives to `trouble`
        module.handle_user_script_exception = lambda error, *_: raised.append(error)
    outcomes = Counter()
    for number, (name, damaged) in enumerate(stores):
        raised.clear()
        page = PAGES[number % len(PAGES)]
        _clear(store.folder)
        (store.folder / backups.STORE).write_bytes(damaged)
        app = AppTest.from_file(MENU, default_timeout=120)
        app.query_params.update({"lang": ("en", "zh")[number % 2], "run": run_id, "room": room})
        app.run().switch_page(f"{page}.py").run()
        said = raised[0] if raised and isinstance(raised[0], LmcoreError) else as_store_error(raised[0]) if raised else None
        outcomes[said.code if said else f"WITHOUT A SENTENCE: {name}: {page}: {raised[0]!r}" if raised else "shown"] += 1
    return outcomes


def _clear(data: Path):
    for left_over in data.glob("store.*"):
        left_over.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stores", type=int, default=600)
    parser.add_argument("--pages", type=int, default=0)
    parser.add_argument("--seed", type=int, default=12)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as full, tempfile.TemporaryDirectory() as other:
        store = a_full_store(Path(full))
        backups.back_up(store.folder)
        shutil.copytree(Path(full) / "backups", Path(other) / "backups")
        content = (Path(full) / backups.STORE).read_bytes()
        run_id, room = store.runs(VISITORS[0])[-1].id, _room(store)
        damaged = list(variants(content, options.stores, options.seed))
        print(f"{len(damaged)} stores of {len(content) // 1000} kB")
        for title, outcomes in (
            ("a server that starts", at_a_start(damaged, Path(other))),
            ("all reads of a server that runs", while_it_runs(damaged, store)),
            ("pages of a server that runs", pages(damaged[: options.pages], store, run_id, room)),
        ):
            print(f"\n{title}")
            for outcome, count in outcomes.most_common():
                print(f"{count:>6}  {outcome}")


def _room(store: Store) -> str:
    with store.database.reading() as connection:
        return connection.execute("SELECT code FROM rooms").fetchone()[0]


if __name__ == "__main__":
    main()
