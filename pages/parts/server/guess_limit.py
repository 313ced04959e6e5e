"""How fast PINs may be guessed: wrong ones make the next ones slower. Nothing is written down; what a PIN is stands in `class_pin`.

A school has one address for all its classes, so an address is never shut out. Counted are browsers, by a cookie that the server
has signed, and addresses. After a few wrong PINs a browser has to wait, longer each time. From an address with many, guesses are
checked one after another at a slow pace, in a queue of their own for browsers that were in before and guessed nothing wrong, and for
long PINs, which teachers have: guessing the class's PIN keeps neither out.
"""

import contextlib
import ipaddress
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace

REMEMBERED_SECONDS = 3600.0
REMEMBERED = 20_000  # wrong guesses
BROWSER_FREE, ADDRESS_FREE = (
    3,
    20,
)  # wrong guesses in an hour that slow nothing down: typing errors, of a class behind one address
LONGEST_WAIT = 60.0  # seconds, of a browser
SLOWER_SECONDS, SLOWEST_SECONDS = 0.02, 2.0  # between two checks: more with each wrong guess, 1,800 an hour at the end
PATIENCE_SECONDS = 60.0  # that a guess is held back before it is checked
LONG = 8  # characters: as many as a teacher's PIN has


@dataclass(frozen=True)
class Asking:
    """Who sends a PIN."""

    address: str
    browser: str | None  # from a cookie that this server signed; None: no such cookie
    was_in: bool  # the cookie is one that only who has been let in is given


@dataclass(frozen=True)
class Guess:
    at: float
    asking: Asking
    wait: float  # seconds, before it is checked; where it is refused, until one may try again
    refused: bool = False


@dataclass(frozen=True)
class Seen:
    """Wrong PINs of the last hour."""

    wrong: int
    addresses: int


class Guesses:
    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self._wrong: deque[Guess] = deque()
        self._of_browser: dict[str, list[Guess]] = {}
        self._of_address: Counter[str] = Counter()
        self._next: dict[tuple[bool, bool], float] = {}  # queue -> when its next guess may be checked
        self._lock = threading.Lock()

    def begin(self, asking: Asking, length: int) -> Guess:
        """A PIN of a length comes in. Unless refused, it counts as wrong until `forgive`, and is checked after `wait` seconds."""
        asking = replace(asking, address=_network(asking.address))
        with self._lock:
            now = self._forget()
            own, there = self._of_browser.get(asking.browser or "", []), self._of_address[asking.address]
            again = own[-1].at + min(LONGEST_WAIT, 2.0 ** (len(own) - BROWSER_FREE)) if len(own) >= BROWSER_FREE else now
            if again > now:
                return Guess(now, asking, again - now, refused=True)
            wait = 0.0
            if there >= ADDRESS_FREE:
                queue = length >= LONG, asking.was_in and not own
                wait = max(0.0, self._next.get(queue, now) - now)
                if wait > PATIENCE_SECONDS:
                    return Guess(now, asking, wait - PATIENCE_SECONDS, refused=True)
                self._next[queue] = now + wait + min(SLOWEST_SECONDS, SLOWER_SECONDS * len(self._wrong))
            guess = Guess(now + wait, asking, wait)
            self._wrong.append(guess)
            self._of_address[asking.address] += 1
            if asking.browser:
                self._of_browser.setdefault(asking.browser, []).append(guess)
        return guess

    def forgive(self, guess: Guess):
        """It was right."""
        with self._lock, contextlib.suppress(ValueError):  # it may be forgotten by now
            self._wrong.remove(guess)
            self._uncount(guess)

    def seen(self) -> Seen:
        with self._lock:
            self._forget()
            return Seen(len(self._wrong), len(self._of_address))

    def _forget(self) -> float:
        now = self.clock()
        while self._wrong and (self._wrong[0].at <= now - REMEMBERED_SECONDS or len(self._wrong) > REMEMBERED):
            self._uncount(self._wrong.popleft())
        return now

    def _uncount(self, guess: Guess):
        address, browser = guess.asking.address, guess.asking.browser
        self._of_address[address] -= 1
        if not self._of_address[address]:
            del self._of_address[address]
        if browser:
            self._of_browser[browser].remove(guess)
            if not self._of_browser[browser]:
                del self._of_browser[browser]


def _network(address: str) -> str:
    """Who has one address of version 6 has 2⁶⁴ of them.

    >>> _network("2001:db8::1") == _network("2001:db8::ffff"), _network("192.0.2.7"), _network("somewhere")
    (True, '192.0.2.7', 'somewhere')
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(parsed.ipv4_mapped or ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
