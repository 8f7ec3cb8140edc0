"""Looking at a running tree about every 50 ms: keeps the peak, and stands in for a limit.

Where no limit can be enforced, a tree over it is killed as the host would do, a moment later than
the kernel and blind to a short spike.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from tools.limits.cgroup_files import Group
from tools.limits.memory import Reading, as_peak, highest, sample_tree

INTERVAL_S = 0.05
# The walk over all pages takes time, and stops the process from mapping more: half a per cent of
# one core, with all the rest below 2 %.
_PAGES_SHARE = 0.005
_PAGES_EVERY_S = 1.0  # at least


def over(reading: Reading, limit_mib: float) -> bool:
    """Whether a host would kill for this: memory that cannot be taken back is over the limit.

    Mapped files can be taken back and do not count. Where nothing tells them apart (macOS, Windows)
    USS stands in, which is a little high.
    """
    held = reading.uss_mib if reading.anonymous_mib is None else reading.anonymous_mib
    if held is None:
        return False
    return held + (reading.shared_mib or 0.0) > limit_mib


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
        self._next_pages = 0.0
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
        if time.monotonic() < self._next_pages:
            reading = sample_tree(pids, self._group, pages=False)
            if not self._may_be_over(reading):
                return reading
        started = time.thread_time()
        reading = sample_tree(pids, self._group, pages=True)
        pause = (time.thread_time() - started) / _PAGES_SHARE
        self._next_pages = time.monotonic() + min(max(INTERVAL_S, pause), _PAGES_EVERY_S)
        return reading

    def _may_be_over(self, reading: Reading) -> bool:
        """A look at the pages is worth it: counted more than once, shared ones make it too much."""
        if self._limit_mib is None:
            return False
        return (reading.rss_mib or 0.0) - (reading.file_mib or 0.0) > self._limit_mib

    def _run(self) -> None:
        while not self._done.wait(INTERVAL_S):
            self.sample()
