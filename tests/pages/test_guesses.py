"""Who guesses PINs gets slower and slower; who does not gets in. Every wait is on a clock that the test sets."""

import pytest

from pages.parts.server import guess_limit
from pages.parts.server.guess_limit import Asking, Guesses, Seen

SCHOOL = "203.0.113.7"
STUDENT, TEACHER = 6, 8  # characters of their PINs


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def door(clock):
    return Guesses(clock)


def at_the_door(name: str | None = None, address: str = SCHOOL) -> Asking:
    return Asking(address, name, was_in=False)


def was_in(name: str, address: str = SCHOOL) -> Asking:
    return Asking(address, name, was_in=True)


def flood(door, count: int, address: str = SCHOOL, length: int = STUDENT):
    """Wrong PINs at one moment, each from a browser without a cookie or with a new one."""
    for number in range(count):
        door.begin(at_the_door(f"new {address} {number}" if number % 2 else None, address), length)


def test_a_browser_waits_longer_with_each_wrong_pin(door, clock):
    waits = []
    for _ in range(11):
        while (guess := door.begin(at_the_door("anna"), STUDENT)).refused:
            waits.append(guess.wait)
            clock.now += guess.wait
        assert guess.wait == 0
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]  # after three that cost nothing
    clock.now += guess_limit.REMEMBERED_SECONDS
    assert not door.begin(at_the_door("anna"), STUDENT).refused


def test_a_guess_that_comes_too_early_is_not_counted(door):
    for _ in range(3):
        door.begin(at_the_door("anna"), STUDENT)
    assert [door.begin(at_the_door("anna"), STUDENT).wait for _ in range(3)] == [1, 1, 1]


def test_many_browsers_of_one_address_may_mistype(door):
    """A class comes in: no student waits for the typing errors of the others."""
    for student in range(guess_limit.ADDRESS_FREE):
        assert door.begin(at_the_door(f"student {student}"), STUDENT).wait == 0
    right = door.begin(at_the_door("the next one"), STUDENT)
    assert not right.refused and right.wait == 0


@pytest.mark.parametrize("wrong", [40, 1000])
def test_who_was_in_before_and_guessed_nothing_wrong_is_never_refused(door, wrong):
    flood(door, wrong)
    guess = door.begin(was_in("anna"), STUDENT)
    assert not guess.refused and guess.wait == 0


@pytest.mark.parametrize("wrong", [40, 1000])
@pytest.mark.parametrize("teacher", [at_the_door("teacher"), at_the_door(None), was_in("teacher")])
def test_guessing_the_class_s_pin_does_not_keep_the_teacher_out(door, teacher, wrong):
    flood(door, wrong)
    guess = door.begin(teacher, TEACHER)
    assert not guess.refused and guess.wait == 0


def test_a_new_browser_behind_a_guesser_s_address_is_slowed_down_and_gets_in(door, clock):
    """One who guesses on and on, each time without a cookie: a class's new tablets get in between."""
    for _ in range(500):
        guess = door.begin(at_the_door(None), STUDENT)
        assert not guess.refused
        clock.now += guess.wait
    guess = door.begin(at_the_door("a new tablet"), STUDENT)
    assert not guess.refused and guess.wait <= guess_limit.SLOWEST_SECONDS and clock.now > 800


def test_another_address_is_not_slowed_down(door):
    flood(door, 1000)
    guess = door.begin(at_the_door(None, "198.51.100.9"), STUDENT)
    assert not guess.refused and guess.wait == 0


def test_an_address_of_version_6_counts_with_its_neighbours(door):
    for number in range(guess_limit.ADDRESS_FREE + 2):  # the first of the slow ones does not wait
        guess = door.begin(at_the_door(None, f"2001:db8::{number:x}"), STUDENT)
    assert guess.wait > 0 and door.seen() == Seen(guess_limit.ADDRESS_FREE + 2, 1)


@pytest.mark.parametrize("addresses", [1, 10, 250])
def test_how_many_pins_an_hour_of_guessing_can_try(door, clock, addresses):
    """New cookies each time, from as many addresses as one likes, whatever waits being waited for by others."""
    checked = 0
    while clock.now < 3600:
        for number in range(addresses):
            checked += not door.begin(at_the_door(None, f"10.0.0.{number}"), STUDENT).refused
        clock.now += 20.0  # less than the queue takes
    assert (
        checked <= guess_limit.ADDRESS_FREE * addresses + 3600 / guess_limit.SLOWEST_SECONDS + 200 < 10**6 / 100
    )  # of a million PINs


def test_what_is_right_counts_for_nothing(door):
    for _ in range(100):
        door.forgive(door.begin(at_the_door("anna"), STUDENT))
    assert door.seen() == Seen(0, 0) and door.begin(at_the_door("anna"), STUDENT).wait == 0


def test_the_teacher_sees_that_guessing_goes_on(door, clock):
    flood(door, 30)
    flood(door, 5, "198.51.100.9")
    assert door.seen() == Seen(35, 2)
    clock.now = guess_limit.REMEMBERED_SECONDS + 100
    assert door.seen() == Seen(0, 0)
