"""One process that forks workers, shared by all tests of runs."""

import pytest

from tests.runs.forker import Forker


@pytest.fixture(scope="session")
def forker():
    forker = Forker()
    yield forker
    forker.close()
