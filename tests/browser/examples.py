"""The examples of the home page as a test needs them: trained by its server in a few seconds, or counted as trained."""

from unittest.mock import patch

from lmcore import presets
from lmcore.runs.store.store import Store
from pages.parts import demos

FEW_SECONDS = 5


def short_examples(data):
    """A data folder whose server trains its examples when it starts, as on every new one, but not for long."""
    with patch.object(presets, "DEMO_SECONDS", FEW_SECONDS):
        demos.ensure(Store(data))
    return data


def finished_examples(data):
    """A data folder whose examples count as trained: its server has nothing else to do."""
    store = Store(data)
    demos.ensure(store)
    with store.database.writing() as connection:
        connection.execute("UPDATE runs SET status = 'finished'")
    return data
