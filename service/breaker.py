"""Stops asking an upstream that fails again and again: who waits for it would only wait longer.

https://martinfowler.com/bliki/CircuitBreaker.html
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
        self._trying = False
        self.opened = 0

    @property
    def is_open(self) -> bool:
        """Whether calls are turned away."""
        return bool(self._most) and self.failed >= self._most

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around a call that has failed when it raises. Raises UpstreamBusy instead when open."""
        trying = self.is_open
        if trying:
            self._try_now()
        period, succeeded = self._period, self._succeeded
        try:
            yield
        except Exception:
            if (period, succeeded) == (self._period, self._succeeded):
                self._count()
            raise
        else:
            if period == self._period:
                self._succeed()
        finally:
            if trying:
                self._trying = False

    def _try_now(self) -> None:
        left_s = self._opened_at + self._open_s - self._clock()
        if left_s > 0 or self._trying:
            raise UpstreamBusy("The language model is not to be reached.", max(left_s, 1.0))
        self._trying = True

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
