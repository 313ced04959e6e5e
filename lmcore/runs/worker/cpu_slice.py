"""How long a run keeps a core that it shares with other runs."""

import ctypes
import os
import platform
import sys

SLICE = 50_000_000  # nanoseconds; a step of training takes 10 ms, the system's own choice is about 3
SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}  # number of the system call: Python and older C libraries have no function for it


class Attributes(ctypes.Structure):
    """struct sched_attr of sched_setattr(2), its first version."""

    _fields_ = [
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    ]


def take_long_turns() -> bool:
    """Let this process stay on a core for a few steps, so that its data stay in the cache; return whether the system agreed. Linux from 6.12 on applies it; a process that needs the processor for a moment still comes first. The niceness stays."""
    number = SCHED_SETATTR.get(platform.machine())
    if sys.platform != "linux" or number is None or os.sched_getscheduler(0) != os.SCHED_OTHER:
        return False
    wanted = Attributes(size=ctypes.sizeof(Attributes), policy=os.SCHED_OTHER, nice=os.nice(0), runtime=SLICE)
    return ctypes.CDLL(None).syscall(number, 0, ctypes.byref(wanted), 0) == 0
