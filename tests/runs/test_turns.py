"""Longer turns on a shared core, in a process of its own: they are this process's from then on."""

import subprocess
import sys

import pytest

ASK = "import os; from lmcore.runs.turns import take_long_turns; os.nice(3); print(take_long_turns(), os.nice(0), os.sched_getscheduler(0))"


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux alone")
def test_long_turns_leave_niceness_and_policy_as_they_are():
    said = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True).stdout.split()
    assert said[0] in ("True", "False") and said[1:] == ["3", "0"]
