"""Longer turns on a shared core, in a process of its own: they are this process's from then on."""

import ctypes
import os
import platform
import subprocess
import sys

import pytest

from lmcore.runs.worker import cpu_slice

ASK = "import os; from lmcore.runs.worker.cpu_slice import take_long_turns; os.nice(3); take_long_turns(); print(os.nice(0), os.sched_getscheduler(0))"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="of Linux alone")


def test_long_turns_leave_niceness_and_policy_as_they_are():
    said = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True).stdout.split()
    assert said == ["3", "0"]


@pytest.fixture
def system(monkeypatch):
    """Records what the system is asked, and answers as it is told."""
    asked, answer = [], [0]

    class Library:
        @staticmethod
        def syscall(number, pid, attributes, flags):
            asked.append((number, pid, flags, bytes(attributes._obj)))
            return answer[0]

    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library)
    return asked, answer


@pytest.mark.parametrize(("answer", "agreed"), [(0, True), (-1, False)])
def test_the_system_is_asked_for_50_ms_and_its_answer_is_told(system, monkeypatch, answer, agreed):
    asked, system[1][0] = system[0], answer
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert cpu_slice.take_long_turns() is agreed
    number, pid, flags, sent = asked[0]
    wanted = cpu_slice.Attributes.from_buffer_copy(sent)
    assert (number, pid, flags) == (314, 0, 0)  # sched_setattr of this process
    assert (wanted.size, wanted.policy, wanted.runtime) == (48, os.SCHED_OTHER, 50_000_000)
    assert wanted.nice == os.nice(0)


@pytest.mark.parametrize("instead", ["another machine", "another policy"])
def test_where_the_call_is_unknown_or_the_policy_another_nothing_is_asked(system, monkeypatch, instead):
    if instead == "another machine":
        monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    else:
        monkeypatch.setattr(os, "sched_getscheduler", lambda pid: os.SCHED_FIFO)
    assert cpu_slice.take_long_turns() is False
    assert system[0] == []
