"""Stops asking an upstream that fails again and again: who waits for it would only wait longer.

https://martinfowler.com/bliki/CircuitBreaker.html
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from service.answers import UpstreamBusy

log = logging.getLogger(__name__)


class Breaker:
    """Opens after `failures` in a row, for `open_s` seconds; then one call is let through to try.

    `failures` 0 never opens. A call tells of the upstream as it was since the call began: one that
    began before it opened or closed changes nothing any more, and a failure counts only when no call
    has succeeded since it began. For use on one event loop.
    """

    def __init__(
        self, *, failures: int, open_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = failures
        self._open_s = open_s
        self._clock = clock
        #: Failures in a row.
        self.failed = 0
        self._succeeded = 0
        # How often it has opened and closed.
        self._period = 0
        self._opened_at = 0.0
        self._trying: Call | None = None
        self.opened = 0

    @property
    def is_open(self) -> bool:
        """Whether calls are turned away."""
        return bool(self._most) and self.failed >= self._most

    def begin(self) -> Call:
        """Begin a call. Raises UpstreamBusy instead when open."""
        call = Call(self, self._period, self._succeeded)
        if self.is_open:
            left_s = self._opened_at + self._open_s - self._clock()
            if left_s > 0 or self._trying:
                raise UpstreamBusy("The language model is not to be reached.", max(left_s, 1.0))
            self._trying = call
        return call

    def end(self, call: Call, succeeded: bool | None) -> None:
        """The call has ended; None for neither way. For `Call`."""
        if self._trying is call:
            self._trying = None
        if call.period != self._period:
            return
        if succeeded:
            self._succeed()
        elif succeeded is False and call.succeeded == self._succeeded:
            self._count()

    def answers(self, call: Call) -> None:
        """The call is being answered: enough to close, if it is the one that tries."""
        if self._trying is call:
            self.end(call, succeeded=True)

    def _count(self) -> None:
        self.failed += 1
        if self.is_open:
            self._period += 1
            self._opened_at = self._clock()
            self.opened += 1
            log.warning("upstream breaker open_s=%g failures=%d", self._open_s, self.failed)

    def _succeed(self) -> None:
        self._succeeded += 1
        if self.is_open:
            self._period += 1
            log.info("upstream breaker closed")
        self.failed = 0


@dataclass(eq=False, slots=True)
class Call:
    """One call, which ends once: what is said of it later has no effect."""

    breaker: Breaker
    period: int
    succeeded: int  # how many had when it began
    ended: bool = False

    def answers(self) -> None:
        """Its answer has begun."""
        self.breaker.answers(self)

    def succeed(self) -> None:
        """Its answer is whole."""
        self._end(True)

    def fail(self) -> None:
        """The upstream failed."""
        self._end(False)

    def leave(self) -> None:
        """It was given up, which tells nothing of the upstream."""
        self._end(None)

    def _end(self, succeeded: bool | None) -> None:
        if not self.ended:
            self.ended = True
            self.breaker.end(self, succeeded)
