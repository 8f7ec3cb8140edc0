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
        with pytest.raises(ValueError, match="down"), breaker.call():
            raise ValueError("down")


def succeed(breaker: Breaker) -> None:
    with breaker.call():
        pass


def test_failures_that_are_not_in_a_row_do_not_open_it(breaker):
    for _ in range(5):
        fail(breaker)
        succeed(breaker)
    assert (breaker.is_open, breaker.opened) == (False, 0)


def test_it_opens_and_says_when_to_come_again(breaker, clock):
    fail(breaker, 2)
    clock.now = 4
    with pytest.raises(UpstreamBusy) as refused, breaker.call():
        raise AssertionError("called")
    assert refused.value.retry_after_s == 6
    assert (breaker.is_open, breaker.opened) == (True, 1)


def test_one_call_tries_it_and_closes_it(breaker, clock):
    fail(breaker, 2)
    clock.now = 10
    with breaker.call(), pytest.raises(UpstreamBusy), breaker.call():
        raise AssertionError("called")
    succeed(breaker)
    fail(breaker)
    assert not breaker.is_open


def test_a_try_that_fails_opens_it_again(breaker, clock):
    fail(breaker, 2)
    clock.now = 10
    fail(breaker)
    clock.now = 19
    with pytest.raises(UpstreamBusy), breaker.call():
        raise AssertionError("called")


def test_a_try_that_is_left_is_no_try(breaker, clock):
    fail(breaker, 2)
    clock.now = 10
    with pytest.raises(KeyboardInterrupt), breaker.call():
        raise KeyboardInterrupt
    succeed(breaker)
    assert not breaker.is_open


def test_switched_off_it_never_opens(clock):
    breaker = Breaker(failures=0, open_s=10, clock=clock)
    fail(breaker, 100)
    succeed(breaker)
