"""The article's program in its own process: what it does comes back, and what takes too long is ended."""

import sys

import numpy as np
import pytest

from lmcore.runs import article_process


def test_the_process_gives_what_the_program_did(monkeypatch):
    monkeypatch.setattr(article_process, "PATIENCE_SECONDS", 600)  # however busy the machine is
    outcome = article_process.run(11, np.array([1, 2, 3]), frozenset({"names"}))
    assert outcome.error[:2] == ("RuntimeError", "Expected hidden size (1, 12, 64), got [1, 8, 64]")
    assert [value.shape for value in outcome.values[outcome.error[2] - 1]] == [[8, 12, 32]]


@pytest.mark.parametrize("ended", ["by itself", "by the clock"])
def test_a_process_that_was_ended_is_said(monkeypatch, tmp_path, ended):
    """Its interpreter is one that fails, or that waits for its input and longer."""
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\n" + ("exit 1\n" if ended == "by itself" else "exec sleep 30\n"))
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(article_process, "PATIENCE_SECONDS", 60 if ended == "by itself" else 0.1)
    with pytest.raises(TimeoutError):
        article_process.run(11, np.array([1, 2, 3]), frozenset())
    assert article_process.AT_ONCE.acquire(blocking=False)
    article_process.AT_ONCE.release()
