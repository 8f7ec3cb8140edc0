"""What a process holds, as Linux shows it in /proc.

https://docs.kernel.org/filesystems/proc.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.limits.kept_open import Read, read_once

AVAILABLE = Path("/proc/self/smaps_rollup").exists()
_KIB = 1024
_STATUS = re.compile(rb"^(PPid|VmHWM|VmRSS|RssAnon|RssFile|RssShmem|VmSwap|Threads):\s*(\d+)", re.M)
_ROLLUP = re.compile(rb"^(Pss|Pss_Anon|Private_Clean|Private_Dirty):\s*(\d+)", re.M)


@dataclass(frozen=True, slots=True)
class Held:
    """One process, in bytes. From /proc/PID/status, which is cheap to read.

    `pss`, `uss` and the shares of pss come from smaps_rollup, for which the kernel walks all pages
    (about 1 ms per 100 MiB): None where that was not read or may not be.
    """

    rss: int
    high_water: int  # the highest RSS since the process's exec
    anonymous: int
    file: int
    shared: int  # tmpfs, memfd and shared anonymous memory
    swap: int
    threads: int
    parent: int
    major_faults: int | None = None
    pss: int | None = None
    uss: int | None = None
    pss_anonymous: int | None = None
    open_files: int | None = None

    def in_the_memory_of(self, parent: Held) -> bool:
        """Whether it is a child of vfork(2) that runs nothing of its own yet.

        A real copy differs: what it maps of files is not in its page table yet.
        """
        ours, theirs = (self.high_water, self.file), (parent.high_water, parent.file)
        return ours == theirs and self.shared == parent.shared


def held(pid: int, *, pages: bool, faults: bool = True, read: Read = read_once) -> Held | None:
    """What a process holds; with `pages` also PSS, USS and open files. None when it has ended."""
    status = _numbers(_STATUS, f"/proc/{pid}/status", read)
    if b"VmRSS" not in status:  # ended, a zombie, or a kernel thread
        return None
    rollup = _numbers(_ROLLUP, f"/proc/{pid}/smaps_rollup", read) if pages else {}
    return Held(
        rss=status[b"VmRSS"] * _KIB,
        high_water=status.get(b"VmHWM", status[b"VmRSS"]) * _KIB,
        anonymous=status.get(b"RssAnon", 0) * _KIB,
        file=status.get(b"RssFile", 0) * _KIB,
        shared=status.get(b"RssShmem", 0) * _KIB,
        swap=status.get(b"VmSwap", 0) * _KIB,
        threads=status.get(b"Threads", 1),
        parent=status.get(b"PPid", 0),
        major_faults=_major_faults(pid, read) if faults else None,
        pss=rollup[b"Pss"] * _KIB if rollup else None,
        uss=(rollup[b"Private_Clean"] + rollup[b"Private_Dirty"]) * _KIB if rollup else None,
        pss_anonymous=rollup[b"Pss_Anon"] * _KIB if b"Pss_Anon" in rollup else None,
        open_files=_open_files(pid) if pages else None,
    )


def _open_files(pid: int) -> int | None:
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return None


def _major_faults(pid: int, read: Read) -> int:
    fields = stat(pid, read)
    own, of_children_it_waited_for = fields[9:11] or (0, 0)
    return int(own) + int(of_children_it_waited_for)


def stat(pid: int, read: Read = read_once) -> list[bytes]:
    """The fields of /proc/PID/stat from the third (state) on; [] when it has ended."""
    try:
        text = read(f"/proc/{pid}/stat")
    except OSError:
        return []
    return text.rpartition(b")")[2].split()  # the name before it may hold spaces and parentheses


def _numbers(wanted: re.Pattern[bytes], path: str, read: Read) -> dict[bytes, int]:
    """Name -> number of the lines that match; {} when it may not be read."""
    try:
        return {name: int(number) for name, number in wanted.findall(read(path))}
    except OSError:
        return {}


def processor_s(pids: Iterable[int]) -> float:
    """Seconds that processors worked for the processes, and for children that they waited for."""
    ticks = sum(sum(map(int, stat(pid)[11:15])) for pid in pids)
    return ticks / os.sysconf("SC_CLK_TCK")
