"""How tests are spread over processes; fixtures are in the conftest of each folder."""

from pathlib import Path

import pytest
import torch


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two workers for folders, as many as the smallest machine these tests are meant for has cores; a few files run in this process,
    which starts sooner and can be debugged."""
    return 2 if any(Path(argument.split("::")[0]).is_dir() for argument in config.args) else 0


def pytest_sessionstart(session: pytest.Session) -> None:
    """One thread a process: two workers with two threads each wait for each other, and a sum in another order has other last digits."""
    torch.set_num_threads(1)
