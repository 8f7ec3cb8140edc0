from __future__ import annotations

import pytest

from service.answers import UpstreamBusy
from service.breaker import Breaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(failures=2, open_s=10, clock=clock)


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        breaker.begin().fail()


def succeed(breaker: Breaker) -> None:
    breaker.begin().succeed()


def test_failures_that_are_not_in_a_row_do_not_open_it(breaker):
    for _ in range(5):
        fail(breaker)
        succeed(breaker)
    assert (breaker.is_open, breaker.opened) == (False, 0)


def test_it_opens_and_says_when_to_come_again(breaker, clock):
    fail(breaker, 2)
    clock.now = 4
    with pytest.raises(UpstreamBusy) as refused:
        breaker.begin()
    assert refused.value.retry_after_s == 6
    assert (breaker.is_open, breaker.opened) == (True, 1)


def test_one_call_tries_it_and_closes_it(breaker, clock):
    fail(breaker, 2)
    clock.now = 10
    trying = breaker.begin()
    with pytest.raises(UpstreamBusy):
        breaker.begin()
    trying.succeed()
    fail(breaker)
    assert not breaker.is_open


def test_a_try_that_fails_opens_it_again(breaker, clock):
    fail(breaker, 2)
    clock.now = 10
    fail(breaker)
    clock.now = 19
    with pytest.raises(UpstreamBusy):
        breaker.begin()


def test_a_try_that_is_left_is_no_try(breaker, clock):
    fail(breaker, 2)
    clock.now = 10
    breaker.begin().leave()
    assert breaker.is_open
    succeed(breaker)
    assert not breaker.is_open


def test_switched_off_it_never_opens(clock):
    breaker = Breaker(failures=0, open_s=10, clock=clock)
    fail(breaker, 100)
    succeed(breaker)


# What happens to the calls a, b, c and t: `a+` begins, `a~` says its first word, `a.` succeeds, `a!` fails,
# `10s` pass.
# It opens at two failures in a row, for 10 s. After each step: failures in a row, or open.
STRAGGLERS = {
    "a success that began before it opened does not close it": (
        "c+ a+ b+ a! b! c.",
        "0 0 0 1 open open",
    ),
    "a failure that began before it opened does not open it again": (
        "c+ a+ b+ a! b! 10s t+ c! t.",
        "0 0 0 1 open open open open 0",
    ),
    "nor lengthens its pause": (
        "c+ a+ b+ a! b! 9s c! 1s t+ t.",
        "0 0 0 1 open open open open open 0",
    ),
    "a success that began before it opened does not end the try": (
        "c+ a+ b+ a! b! 10s t+ c. t!",
        "0 0 0 1 open open open open open",
    ),
    "a failure from before it opened does not count when it has closed": (
        "c+ a+ b+ a! b! 10s t+ t. c!",
        "0 0 0 1 open open open 0 0",
    ),
    "nor does a success from then": (
        "c+ a+ b+ a! b! 10s t+ t. a+ a! c. b+ b!",
        "0 0 0 1 open open open 0 0 1 1 1 open",
    ),
    "a failure that began before a success does not count": (
        "a+ b+ c+ c. a! b! t+ t!",
        "0 0 0 0 0 0 0 1",
    ),
    "a success that began before a failure is newer all the same": (
        "a+ b+ b! a. c+ c!",
        "0 0 1 0 0 1",
    ),
    "the first word of the try closes it, and what follows is past": (
        "a+ b+ a! b! 10s t+ t~ t! a+ a!",
        "0 0 1 open open open 0 0 0 1",
    ),
    "a first word is no whole answer": (
        "a+ b+ a~ a! b~ b!",
        "0 0 0 1 1 open",
    ),
    "who has ended has ended": (
        "a+ a. a! a+ a! a. a!",
        "0 0 0 0 1 1 1",
    ),
    "failures that began together count each": (
        "a+ b+ a! b!",
        "0 0 1 open",
    ),
}


@pytest.mark.parametrize("name", STRAGGLERS)
def test_calls_that_end_late(breaker, clock, name):
    steps, expected = STRAGGLERS[name]
    calls = {}
    states = []
    for step in steps.split():
        call, what = step[:-1], step[-1]
        if what == "s":
            clock.now += int(call)
        elif what == "+":
            calls[call] = breaker.begin()
        elif what == "~":
            calls[call].answers()
        elif what == ".":
            calls[call].succeed()
        else:
            calls[call].fail()
        states.append("open" if breaker.is_open else str(breaker.failed))
    assert " ".join(states) == expected
