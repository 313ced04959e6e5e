"""Whose turn it is: first by itself, then with real workers whose slices are one step long, so that no clock decides."""

import math
import sys
from collections import Counter
from dataclasses import replace

import pytest

from lmcore.runs.queue import scheduling
from lmcore.runs.queue.pool import Pool
from lmcore.runs.queue.scheduling import NEWCOMER, PREPARING, Queue, ranked
from lmcore.runs.store.limits import Limits
from lmcore.runs.store.queue_entries import QueueEntry, seconds_left
from lmcore.runs.store.store import Store
from tests.runs.examples import a_config, a_run, a_text, curve, wait_until

LIMITS = Limits(workers=2, first_slice_seconds=1.0, slice_seconds=5.0)
ONE_STEP = {"NEXT_WORD_FIRST_SLICE_SECONDS": "0", "NEXT_WORD_SLICE_SECONDS": "0"}


def an_entry(run_id: str, step: int = 0, queued: int = 0, left: float = math.inf, status: str = "queued") -> QueueEntry:
    """'a2' is the second run of visitor a."""
    return QueueEntry(run_id, run_id[0], run_id[0], status, step, queued or int(run_id[1:]), left)


def order(*entries: QueueEntry, received=None, limits: Limits = LIMITS, training=None) -> list[str]:
    return [entry.id for entry in ranked(list(entries), received or {}, limits, Counter(training))]


def test_new_runs_come_first_in_the_order_of_asking():
    entries = [an_entry("a1", step=9), an_entry("b3"), an_entry("c2")]
    assert order(*entries, received={"a": 0.0}) == ["c2", "b3", "a1"]


def test_then_the_visitor_who_has_received_least():
    entries = [an_entry("a1", 9), an_entry("b2", 9), an_entry("c3", 9)]
    assert order(*entries, received={"a": 7.0, "b": 3.0, "c": 5.0}) == ["b2", "c3", "a1"]


def test_a_second_run_of_a_visitor_waits_until_every_other_has_one():
    entries = [an_entry("a1"), an_entry("a2"), an_entry("a3"), an_entry("b4", step=9)]
    assert order(*entries, received={"b": 100.0}) == ["a1", "b4", "a2", "a3"]
    assert order(*entries, training=["a"]) == ["b4", "a1", "a2", "a3"]
    assert order(*entries, limits=Limits(training_per_visitor=2)) == ["a1", "a2", "b4", "a3"]


def test_a_run_that_only_has_to_be_stopped_comes_first_and_counts_for_nobody():
    stops = replace(an_entry("a1", step=9), stops=True)
    entries = [an_entry("b2"), an_entry("a3"), stops]
    assert order(*entries, received={"a": 100.0}, training=["a"]) == ["a1", "b2", "a3"]
    training = [an_entry("c4", 9, status="running")]
    assert a_queue(training, [stops]).slice_is_over("c4", trained=1.0, was_new=False, slice_seconds=5.0)


def a_queue(training: list[QueueEntry], waiting: list[QueueEntry], received=None) -> Queue:
    return Queue(training, ranked(waiting, received or {}, LIMITS, Counter(e.visitor for e in training)), received or {}, LIMITS)


def test_a_slice_is_over_when_another_comes_first_and_not_before_its_time():
    old, new = an_entry("a1", 9, status="running"), an_entry("b2")
    queue = a_queue([old], [new])
    assert not queue.slice_is_over("a1", trained=0.9, was_new=False, slice_seconds=5.0)
    assert queue.slice_is_over("a1", trained=1.0, was_new=False, slice_seconds=5.0)  # a new run does not wait for five
    queue = a_queue([old], [an_entry("b2", 9)], received={"a": 3.0, "b": 2.0})
    assert not queue.slice_is_over("a1", trained=4.9, was_new=False, slice_seconds=5.0)
    assert queue.slice_is_over("a1", trained=5.0, was_new=False, slice_seconds=5.0)
    assert queue.slice_is_over("a1", trained=1.0, was_new=True, slice_seconds=5.0)  # the first slice is short


def test_who_has_received_less_or_is_alone_trains_on():
    old = an_entry("a1", 9, status="running")
    assert not a_queue([old], []).slice_is_over("a1", 1e6, False, 5.0)
    assert not a_queue([old], [an_entry("b2", 9)], received={"a": 3.0, "b": 4.0}).slice_is_over("a1", 1e6, False, 5.0)


def test_what_one_may_expect_before_a_run_is_started():
    training = [an_entry("a1", 9, left=50.0, status="running"), an_entry("b2", 9, left=4.0, status="running")]
    joined = a_queue(training, [an_entry("c3", left=30.0)]).joined_by("d", a_config())
    assert joined.position(NEWCOMER) == 2 and joined.position("c3") == 1
    assert joined.expected_wait(NEWCOMER) == 5.0  # c3 comes when b2 is done, this one when the slice of a1 is over
    alone = a_queue([], []).joined_by("d", a_config())
    assert (alone.position(NEWCOMER), alone.expected_wait(NEWCOMER)) == (1, 0.0)


def test_only_as_many_give_way_as_there_are_others():
    training = [an_entry("a1", 9, status="running"), an_entry("b2", 9, status="running")]
    queue = a_queue(training, [an_entry("c3")], received={"a": 8.0, "b": 7.0})
    assert queue.should_train() == ["c3", "b2"]
    assert [queue.slice_is_over(run, 6.0, False, 5.0) for run in ("a1", "b2")] == [True, False]


def test_own_runs_follow_one_another_after_their_first_slices():
    """Alone, two runs of one visitor do not take turns for ever: the older one trains to its end."""
    first, second = an_entry("a1", 9), an_entry("a2", 9)
    assert not a_queue([first], [second]).slice_is_over("a1", 1e6, False, 5.0)
    assert a_queue([second], [first]).slice_is_over("a2", 6.0, False, 5.0)
    assert a_queue([first], [an_entry("a2")]).slice_is_over("a1", 1.0, False, 5.0)


def test_the_expected_wait_can_be_added_up_by_hand():
    """Two places: one is free in 2 s because its run ends, the other after a slice of at most 5 s."""
    training = [an_entry("a1", 9, left=2.0, status="running"), an_entry("b2", 9, left=60.0, status="running")]
    waiting = [an_entry("c3", left=0.25), an_entry("d4"), an_entry("e5"), an_entry("f6", 9, left=30.0)]
    queue = a_queue(training, waiting, received={"a": 1.0, "b": 9.0, "f": 3.0})
    assert [queue.position(run) for run in ("c3", "d4", "e5", "f6", "a1")] == [1, 2, 3, 4, None]
    assert queue.expected_wait("c3") == 2.0
    assert queue.expected_wait("d4") == 2.0 + PREPARING + 0.25
    assert queue.expected_wait("e5") == 2.75 + PREPARING + 1.0
    assert queue.expected_wait("f6") == 5.0  # the other place is free before e5 has had its slice
    assert queue.expected_wait("a1") is None


def test_a_run_alone_ends_when_its_training_is_done():
    running, waiting = an_entry("a1", 9, left=8.0, status="running"), an_entry("b2", left=20.0)
    assert a_queue([running], []).expected_end("a1") == 8.0
    assert a_queue([running], [waiting]).expected_end("a1") == 8.0  # there is a place for either
    assert a_queue([running], [waiting]).expected_end("b2") == 20.0 + PREPARING
    assert a_queue([running], [waiting]).expected_end("nobody") is None


def test_those_who_share_the_places_end_later():
    """Three on two places: each has two thirds of one, less a tenth for changing; when the first is done, a place each."""
    training = [an_entry("a1", 9, left=6.0, status="running"), an_entry("b2", 9, left=12.0, status="running")]
    queue = a_queue(training, [an_entry("c3", 9, left=math.inf)])
    assert queue.expected_end("a1") == pytest.approx(6.0 / 0.6)
    assert queue.expected_end("b2") == pytest.approx(6.0 / 0.6 + 6.0)
    assert queue.expected_end("c3") is None


def test_a_second_run_of_one_s_own_ends_after_the_first():
    training = [an_entry("a1", 9, left=10.0, status="running"), an_entry("b3", 9, left=30.0, status="running")]
    queue = a_queue(training, [an_entry("a2", 9, left=5.0)])
    assert queue.expected_end("a1") == 10.0
    assert queue.expected_end("a2") == 10.0 + 5.0 + PREPARING


def test_the_promise_outweighs_the_first_steps():
    """A hundred steps were planned for 10 s. The first took a whole second, with its evaluation: that says little yet."""
    row = {"planned_steps": 100, "step": 0, "seconds": 0.0, "requested": '{"training": {"stop": "seconds", "stop_after": 10.0}}'}
    assert seconds_left(row) == 10.0
    assert seconds_left({**row, "step": 1, "seconds": 1.0}) == pytest.approx(2.0 / 11 * 99)
    assert seconds_left({**row, "step": 90, "seconds": 19.0}) == pytest.approx(20.0 / 100 * 10)  # a slow machine
    in_steps = {**row, "requested": '{"training": {"stop": "steps", "stop_after": 100.0}}'}
    assert seconds_left(in_steps) == math.inf
    assert seconds_left({**in_steps, "step": 50, "seconds": 5.0}) == 5.0


def test_a_free_place_means_no_wait_and_an_endless_run_says_nothing():
    assert a_queue([], [an_entry("a1")]).expected_wait("a1") == 0.0
    endless = [an_entry("a1", 9, status="running"), an_entry("a2", 9, status="running")]
    assert a_queue(endless, [an_entry("a3", 9)]).expected_wait("a3") is None


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_thirty_who_press_at_once_each_get_a_first_step_before_anybody_gets_a_second(tmp_path, forker):
    store = Store(tmp_path)
    text = a_text(store)
    alone = a_run(store, 4, text)
    forker.work(tmp_path, alone.id)
    runs = [a_run(store, 4, text, owner=f"student {number}") for number in range(30)]
    begun = []
    for _ in runs:
        begun.append(scheduling.next_queued(store))
        assert forker.work(tmp_path, begun[-1], settings=ONE_STEP) == 0
    assert begun == [run.id for run in runs]
    assert [store.run(run.id).step for run in runs] == [1] * 29 + [store.run(runs[-1].id).step]
    while waiting := scheduling.next_queued(store):
        assert forker.work(tmp_path, waiting, settings=ONE_STEP) == 0
    assert {store.run(run.id).status for run in runs} == {"finished"}
    assert all(curve(store, run) == curve(store, alone) for run in runs)


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_two_places_and_seven_visitors_each_begins_before_anybody_ends(tmp_path, monkeypatch):
    for name, value in ONE_STEP.items():
        monkeypatch.setenv(name, value)
    store = Store(tmp_path)
    text = a_text(store)
    runs = [a_run(store, 12, text, owner=f"student {number}", evaluation_interval=4) for number in range(6)]
    demo = store.add_run(owner=None, text_id=text.id, name="demo", config=a_config(12, evaluation_interval=4))
    pool = Pool(tmp_path, at_once=2)
    pool.wake()
    runs.append(demo)
    wait_until(lambda: all(store.run(run.id).status == "finished" for run in runs))
    pool.stop()
    done = [store.run(run.id) for run in runs]
    assert max(run.started for run in done) < min(run.ended for run in done)
    assert all(curve(store, run) == curve(store, runs[0]) for run in runs)
    assert [step for step, *_ in curve(store, demo)] == list(range(1, 13))
