"""Tests of the core know one family of networks more than the product: `toy_family`."""

import pytest

from lmcore import config
from tests.lmcore.examples import IN_TESTS


@pytest.fixture(autouse=True)
def one_family_more(monkeypatch):
    for name, where in IN_TESTS.items():
        monkeypatch.setitem(config.FAMILIES, name, where)
