"""How much memory is left below the limit that binds."""

from __future__ import annotations

from dataclasses import dataclass

from service import memory


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes: the limit, and what is left below it (negative beyond)."""

    limit: int
    free: int


class Headroom:
    """Reads what is left, to be made when the service is at rest.

    Two limits may bind: that of the control group, which the kernel kills for, and `limit`, bytes
    for this process. What counts is the working set, but of file pages no more than there were at
    rest: those of a mapped index that were read since then are active too, and yet the kernel takes
    them back when memory is needed.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        group, process = memory.group(), memory.process()
        self._group_files = group.active_file if group else 0
        self._process_files = process.file or 0

    def read(self) -> Room | None:
        """The lesser room of the two; None where there is no limit."""
        rooms = [room for room in (self._of_group(), self._of_process()) if room]
        return min(rooms, key=lambda room: room.free, default=None)

    def _of_group(self) -> Room | None:
        group = memory.group()
        if group is None or group.limit is None:
            return None
        can_go = max(0, group.active_file - self._group_files)
        return Room(group.limit, group.limit - group.working_set + can_go)

    def _of_process(self) -> Room | None:
        if self._limit is None:
            return None
        process = memory.process()
        can_go = max(0, (process.file or 0) - self._process_files)
        return Room(self._limit, self._limit - process.rss + can_go)
