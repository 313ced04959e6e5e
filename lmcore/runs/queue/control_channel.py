"""What wakes the starter: lines on its standard input, signals, children that end. What it then does is `starter`."""

import os
import queue
import select
import signal
import sys
import threading

WAKE, STOP, GONE = "wake", "stop", "gone"


class ControlChannel:
    """The starter's standard input; the server holds the other end. What is written before `wait` is called stays in the pipe."""

    _said: queue.SimpleQueue  # on Windows

    def __init__(self) -> None:
        self.told_to_end = False
        signal.signal(signal.SIGTERM, self._told)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to hear
        if sys.platform == "win32":
            self._said = queue.SimpleQueue()
            threading.Thread(target=self._listen, daemon=True).start()
            return
        self._woken, waker = os.pipe()
        for end in (self._woken, waker):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # enough to write to the pipe

    def _told(self, *_: object) -> None:
        self.told_to_end = True

    def wait(self, seconds: float) -> str:
        """Wait and return `stop`, `gone` (the server has ended without saying so) or `wake`: something may have changed, or the time is over."""
        said = self._next_on_windows(seconds) if sys.platform == "win32" else self._next(seconds)
        if self.told_to_end or (said and b"stop" in said):
            return STOP
        return GONE if said == b"" else WAKE

    def _next(self, seconds: float) -> bytes | None:
        ready, _, _ = select.select([0, self._woken], [], [], seconds)
        if self._woken in ready:
            os.read(self._woken, 4096)
        return os.read(0, 4096) if 0 in ready else None

    def _next_on_windows(self, seconds: float) -> bytes | None:
        try:
            return self._said.get(timeout=seconds)
        except queue.Empty:
            return None

    def _listen(self) -> None:
        """Read standard input in a thread, where the system cannot wait for a pipe with a timeout; no process is forked there."""
        while said := os.read(0, 4096):
            self._said.put(said)
        self._said.put(b"")
