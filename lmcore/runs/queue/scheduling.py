"""Whose turn it is: a new run gets a first slice of training soon, then the visitor who has received least goes first.

Who starts workers by this order is `starter`; a worker that finds it is no longer its turn ends its slice by itself. Needs no torch.
"""

import heapq
import math
import time
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from lmcore.config import RunConfig
from lmcore.runs.store.limits import Limits
from lmcore.runs.store.queue_entries import QueueEntry
from lmcore.runs.store.records import Run
from lmcore.runs.store.store import Store

PREPARING = 0.5  # seconds, about, from a free place to the first step
PREPARING_SHARE = 0.1  # of a slice, at most: what takes long to prepare trains longer at once
NEWCOMER = ""  # the id of a run that is not there yet
LOOKING_SECONDS = 0.25  # between two looks at the queue


@dataclass(frozen=True)
class Queue:
    """The runs that train or wait at one moment."""

    training: list[QueueEntry]
    waiting: list[QueueEntry]  # the next to begin stands first
    received: dict[str, float]  # visitor -> seconds of a place
    limits: Limits

    def should_train(self) -> list[str]:
        """Return the runs that should train now, as many as do."""
        return [entry.id for entry in ranked([*self.training, *self.waiting], self.received, self.limits)[: len(self.training)]]

    def slice_is_over(self, run_id: str, trained: float, was_new: bool, slice_seconds: float) -> bool:
        """Return whether a run that has trained for `trained` seconds since it got its place must give it to another now."""
        soon = was_new or any(entry.step == 0 or entry.stops for entry in self.waiting)
        needed = min(self.limits.first_slice_seconds, slice_seconds) if soon else slice_seconds
        return bool(self.waiting) and trained >= needed and run_id not in self.should_train()

    def position(self, run_id: str) -> int | None:
        """Return the position of a waiting run, 1 for the next to begin; None where it does not wait."""
        return next((number for number, entry in enumerate(self.waiting, start=1) if entry.id == run_id), None)

    def expected_wait(self, run_id: str) -> float | None:
        """Estimate the seconds until a waiting run gets a place; None where it does not wait or nothing is known."""
        should_train = self.should_train()
        places = max(self.limits.places, len(self.training))
        free = [entry.seconds_left if entry.id in should_train else self._slice(entry) for entry in self.training]
        free += [0.0] * (places - len(free))
        heapq.heapify(free)
        for entry in self.waiting:
            begins = heapq.heappop(free)
            if entry.id == run_id:
                return begins if math.isfinite(begins) else None
            heapq.heappush(free, begins + PREPARING + self._slice(entry))
        return None

    def expected_end(self, run_id: str) -> float | None:
        """Estimate the seconds until a run that trains or waits has had all its training; None where nothing is known.

        The runs that may train at once share the places evenly; changing places costs them a little.
        """
        left = {entry: entry.seconds_left for entry in self.training}
        left |= {entry: entry.seconds_left + PREPARING for entry in self.waiting}
        asked = next((entry for entry in left if entry.id == run_id), None)
        places, seconds = max(self.limits.places, len(self.training)), 0.0
        while asked in left:
            turns = _turns(left, self.limits)
            first = sum(turn <= 0 for turn in turns.values())
            by_turns = sorted(left, key=lambda entry: (turns[entry.id], entry.status == "queued", entry.queued))
            sharing = by_turns[: max(first, places)]
            share = 1.0 if len(sharing) <= places else places / len(sharing) * (1 - PREPARING_SHARE)
            soonest = min(left[entry] for entry in sharing)
            if math.isinf(soonest):
                return None
            seconds += soonest / share
            left |= {entry: left[entry] - soonest for entry in sharing}
            left = {entry: more for entry, more in left.items() if more > 0}
        return seconds if asked else None

    def joined_by(self, owner: str, config: RunConfig) -> "Queue":
        """Return the queue with one more run, under the id `NEWCOMER`: what its owner may expect before starting it."""
        training = config.training
        left = training.stop_after if training.stop == "seconds" else math.inf
        last = max((entry.queued for entry in (*self.training, *self.waiting)), default=0) + 1
        entry = QueueEntry(NEWCOMER, owner, owner, "queued", step=0, queued=last, seconds_left=left)
        beside = Counter(entry.visitor for entry in self.training)
        return replace(self, waiting=ranked([*self.waiting, entry], self.received, self.limits, beside))

    def _slice(self, entry: QueueEntry) -> float:
        seconds = self.limits.slice_seconds if entry.step else self.limits.first_slice_seconds
        return min(entry.seconds_left, seconds)


def ranked(
    entries: list[QueueEntry], received: dict[str, float], limits: Limits, training: Counter | None = None
) -> list[QueueEntry]:
    """Return entries in the order in which they may train. training: how many runs each visitor has in training besides them.

    Runs that only have to be stopped come before all, for a moment. A visitor's second run comes when every other visitor has one. Then
    new runs come first, then who has received least.
    """
    turns = _turns(entries, limits, training)
    return sorted(entries, key=lambda entry: (turns[entry.id], entry.step > 0, received.get(entry.visitor, 0.0), entry.queued))


def _turns(entries: Iterable[QueueEntry], limits: Limits, training: Counter | None = None) -> dict[str, int]:
    """Return {run: how many of its visitor's own runs come before it}, in units of the runs a visitor may train at once."""
    seen, turns = Counter(training), {}
    turns |= {entry.id: -1 for entry in entries if entry.stops}
    for entry in sorted((entry for entry in entries if not entry.stops), key=lambda entry: (entry.step > 0, entry.queued)):
        turns[entry.id] = seen[entry.visitor] // limits.training_per_visitor
        seen[entry.visitor] += 1
    return turns


def look(store: Store, starting: Collection[str] = ()) -> Queue:
    """Return the queue as it is now. starting: ids of runs for which a worker is being started; they count as training."""
    training, waiting, received = store.queue_entries(starting)
    waiting = ranked(waiting, received, store.limits, Counter(entry.visitor for entry in training))
    return Queue(training, waiting, received, store.limits)


def next_queued(store: Store, starting: Collection[str] = ()) -> str | None:
    """Return the run that trains next, other than those for which a worker is being started."""
    return next((entry.id for entry in look(store, starting).waiting), None)


class Turn:
    """How long a worker may keep its place: made when it has claimed its run, asked after each step."""

    def __init__(self, store: Store, run: Run) -> None:
        self.store, self.run_id, self.was_new = store, run.id, run.step == 0
        self.claimed = self.began = self.next_look = time.monotonic()

    def begin(self) -> None:
        """Start the clock: the run is prepared, and its first step comes next."""
        self.began = self.next_look = time.monotonic()

    @property
    def slice_seconds(self) -> float:
        """Seconds of a slice, longer where preparing the run took long."""
        return max(self.store.limits.slice_seconds, (self.began - self.claimed) * (1 / PREPARING_SHARE - 1))

    def is_time_to_look(self) -> bool:
        """Return whether the queue should be looked at again."""
        now = time.monotonic()
        return now >= self.next_look and now - self.began >= min(self.slice_seconds, self.store.limits.first_slice_seconds)

    def is_over(self) -> bool:
        """Return whether another run's turn has come."""
        now = time.monotonic()
        self.next_look = now + LOOKING_SECONDS
        return look(self.store).slice_is_over(self.run_id, now - self.began, self.was_new, self.slice_seconds)
