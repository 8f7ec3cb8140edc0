"""Who belongs to the process tree of a command, found again and again at little cost.

https://docs.kernel.org/filesystems/proc.html
"""

from __future__ import annotations

import os
import threading
import time

from tools.limits import procfs
from tools.limits.guard import has_token
from tools.limits.kept_open import read_once

# A container may show a /proc/loadavg of its own making, which is a few seconds old.
_SCAN_EVERY_S = 1.0


class Tree:
    """A process, its descendants, the rest of its session, and what inherited the run's token.

    So a process that went into a session of its own counts too, whatever became of its parents.
    """

    def __init__(self, leader: int, token: str | None = None) -> None:
        self._leader, self._token = leader, token
        self._members = {leader}
        self._relations: dict[int, tuple[int, int, bool]] = {}  # pid -> parent, session, token
        self._scanned: tuple[bytes, float] = (b"", 0.0)  # the newest pid then, and when
        self._looking = threading.Lock()

    def pids(self) -> list[int]:
        """In ascending order; one that has just ended may be among them."""
        with self._looking:
            newest, now_s = _newest_pid(), time.monotonic()
            if newest != self._scanned[0] or now_s > self._scanned[1] + _SCAN_EVERY_S:
                self._scan()
                self._scanned = newest, now_s
            return sorted(self._members)

    def _scan(self) -> None:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        known = self._relations
        self._relations = {pid: known.get(pid) or self._relations_of(pid) for pid in pids}
        members = {
            pid
            for pid, (_, session, marked) in self._relations.items()
            if marked or pid == self._leader or session == self._leader or pid in self._members
        }
        growing = True
        while growing:
            with_parent = {p for p, (parent, *_) in self._relations.items() if parent in members}
            growing = not with_parent <= members
            members |= with_parent
        self._members = members

    def _relations_of(self, pid: int) -> tuple[int, int, bool]:
        fields = procfs.stat(pid)
        marked = self._token is not None and has_token(pid, self._token)
        return (int(fields[1]), int(fields[3]), marked) if fields else (0, 0, False)


def _newest_pid() -> bytes:
    """The last one that was given to anybody: as long as it stays, no tree has grown."""
    try:
        return read_once("/proc/loadavg").split()[-1]
    except (OSError, IndexError):
        return b""
