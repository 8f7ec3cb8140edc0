"""Looking at a running tree every 50 ms, or 100 while nothing moves: keeps the peak, and stands in
for a limit.

Where no limit can be enforced, a tree over it is killed as the host would do, a moment later than
the kernel and blind to a short spike.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from operator import attrgetter

from tools.limits.cgroup_files import Group
from tools.limits.kept_open import KeptOpen
from tools.limits.memory import Reading, as_peak, highest, sample_tree

INTERVAL_S, _STILL_S = 0.05, 0.1
# The walk over all pages takes time, and stops the process from mapping more: half a per cent of
# one core, with all the rest below 2 %.
_PAGES_SHARE = 0.005
_PAGES_EVERY_S = 1.0  # at least, while memory moves
_MOVED_MIB = 0.25
_amounts = attrgetter("rss_mib", "high_water_mib", "cgroup_usage_mib", "cgroup_peak_mib")


def over(reading: Reading, limit_mib: float) -> bool:
    """Whether a host would kill for this: memory that cannot be taken back is over the limit.

    Mapped files can be taken back and do not count. Where nothing tells them apart (macOS, Windows)
    USS stands in, which is a little high.
    """
    held = reading.uss_mib if reading.anonymous_mib is None else reading.anonymous_mib
    if held is None:
        return False
    return held + (reading.shared_mib or 0.0) > limit_mib


def moved(before: Reading, now: Reading) -> bool:
    """Whether it is worth to look closer: the amounts that are cheap to read are not the same."""
    if now.processes != before.processes or now.processes > 1 and now.cgroup_usage_mib is None:
        return True  # pages may be shared no longer, which the processes' RSS does not show
    amounts = zip(_amounts(before), _amounts(now), strict=True)
    return any(abs((one or 0.0) - (other or 0.0)) > _MOVED_MIB for one, other in amounts)


class Watch:
    """A thread that samples until `stop`. With `limit_mib` it calls `kill` when that is passed.

    `observe` is given each reading, in that thread mostly.
    """

    def __init__(
        self,
        pids: Callable[[], Sequence[int]],
        group: Group | None,
        limit_mib: float | None = None,
        kill: Callable[[], object] | None = None,
        observe: Callable[[Reading], object] | None = None,
    ) -> None:
        self._pids, self._group, self._observe = pids, group, observe
        self._limit_mib, self._kill = limit_mib, kill
        self._peak = Reading()
        self._files = KeptOpen()
        self._last, self._pause_s = Reading(), INTERVAL_S
        self._next_pages, self._with_pages = 0.0, Reading()
        self._done = threading.Event()
        self._sampling = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="fit512-watch", daemon=True)
        self.killed = False

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread; the peak stays."""
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._sampling:
            self._files.close()

    def peak(self) -> Reading:
        """Field by field the highest so far, this moment included."""
        if not self._done.is_set():
            self.sample()
        return self._peak

    def sample(self) -> None:
        """Take one sample now. Once the tree has ended, what the kernel kept is still read."""
        with self._sampling:
            reading = self._sample()
            self._peak = highest(self._peak, as_peak(reading))
        if self._observe:
            self._observe(reading)
        if self._limit_mib is not None and over(reading, self._limit_mib) and self._kill:
            self.killed = True
            self._kill()

    def _sample(self) -> Reading:
        pids = self._pids()
        reading = sample_tree(pids, self._group, False, self._files.read)
        if self._is_worth_pages(reading):
            reading = self._sample_pages(pids)
        self._files.sweep()
        still = self._limit_mib is None and not moved(self._last, reading)
        self._last, self._pause_s = reading, _STILL_S if still else INTERVAL_S
        return reading

    def _is_worth_pages(self, reading: Reading) -> bool:
        if self._may_be_over(reading):
            return True
        return time.monotonic() >= self._next_pages and moved(self._with_pages, reading)

    def _sample_pages(self, pids: Sequence[int]) -> Reading:
        started = time.thread_time()
        reading = sample_tree(pids, self._group, True, self._files.read)
        pause = (time.thread_time() - started) / _PAGES_SHARE
        self._next_pages = time.monotonic() + min(max(INTERVAL_S, pause), _PAGES_EVERY_S)
        self._with_pages = reading
        return reading

    def _may_be_over(self, reading: Reading) -> bool:
        """A look at the pages is worth it: counted more than once, shared ones make it too much."""
        if self._limit_mib is None:
            return False
        return (reading.rss_mib or 0.0) - (reading.file_mib or 0.0) > self._limit_mib

    def _run(self) -> None:
        while not self._done.wait(self._pause_s):
            self.sample()
