"""Whether a tree of several processes has come to rest: what one answers, others may still be loading."""

from __future__ import annotations

import time

from tools.limits import Limited
from tools.limits.procfs import processor_s

_LOOK_S = 0.2
_STILL_S = 2.0  # without growth, without work
_BUSY_S = 10.0  # without growth though it works, or others begin and end: a loop, not a load
_GROWTH_MIB = 1.0
_IDLE_SHARE = 0.25  # of a core


def await_still(app: Limited, deadline_s: float) -> bool:
    """Wait until the processes are the same ones, hold what they held, and none loads: 2 s of that.

    At once of a single process, which loads before it answers. False at the deadline, and when the
    app has ended.
    """
    if len(app.pids()) < 2:
        return True
    seen = _Seen(app)
    while not seen.is_still():
        if time.monotonic() >= deadline_s or app.poll() is not None or app.oom_killed:
            return False
        time.sleep(_LOOK_S)
        seen.look(app)
    return True


class _Seen:
    """Since when the tree has not grown, and whether its processes, the same ones, have been idle."""

    def __init__(self, app: Limited) -> None:
        self._most_mib, self._since_s = _held_mib(app), time.monotonic()
        self._count(app)

    def look(self, app: Limited) -> None:
        held_mib = _held_mib(app)
        if held_mib > self._most_mib + _GROWTH_MIB:
            self._most_mib, self._since_s = held_mib, time.monotonic()
            self._count(app)
        elif set(app.pids()) != self._pids:
            self._count(app)
        elif time.monotonic() - self._working_s >= _STILL_S:
            self._weigh(app)

    def is_still(self) -> bool:
        return self._idle or time.monotonic() - self._since_s >= _BUSY_S

    def _count(self, app: Limited) -> None:
        self._pids, self._idle = set(app.pids()), False
        self._working_s, self._worked_s = time.monotonic(), processor_s(app.pids())

    def _weigh(self, app: Limited) -> None:
        """Whether the last two seconds were idle; else the next two are looked at."""
        for_s, worked_s = time.monotonic() - self._working_s, processor_s(app.pids())
        if worked_s - self._worked_s < _IDLE_SHARE * for_s:
            self._idle = True
        else:
            self._count(app)


def _held_mib(app: Limited) -> float:
    reading = app.read()
    return reading.rss_mib or 0.0 if reading.anonymous_mib is None else reading.anonymous_mib
