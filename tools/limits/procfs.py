"""Processes as Linux shows them in /proc: who belongs to a tree, and what each one holds.

https://docs.kernel.org/filesystems/proc.html
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

AVAILABLE = Path("/proc/self/smaps_rollup").exists()
_KIB = 1024


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
    major_faults: int
    pss: int | None = None
    uss: int | None = None
    pss_anonymous: int | None = None
    open_files: int | None = None


def held(pid: int, pages: bool) -> Held | None:
    """What a process holds; with `pages` also PSS, USS and open files. None when it has ended."""
    status = _kib_table(Path(f"/proc/{pid}/status"))
    if "VmRSS" not in status:  # ended, a zombie, or a kernel thread
        return None
    rollup = _kib_table(Path(f"/proc/{pid}/smaps_rollup")) if pages else {}
    private = [rollup.get("Private_Clean"), rollup.get("Private_Dirty")]
    return Held(
        rss=status["VmRSS"],
        high_water=status.get("VmHWM", status["VmRSS"]),
        anonymous=status.get("RssAnon", 0),
        file=status.get("RssFile", 0),
        shared=status.get("RssShmem", 0),
        swap=status.get("VmSwap", 0),
        threads=status.get("Threads", 1),
        major_faults=_major_faults(pid),
        pss=rollup.get("Pss"),
        uss=sum(part or 0 for part in private) if rollup else None,
        pss_anonymous=rollup.get("Pss_Anon"),
        open_files=_open_files(pid) if pages else None,
    )


def _open_files(pid: int) -> int | None:
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return None


def tree(leader: int, known: Collection[int] = ()) -> list[int]:
    """The process, its descendants, and the rest of its session and of the trees of `known`.

    A descendant whose parent has ended still counts when it was known before or is in the session.
    """
    parents, sessions = _relations()
    members = {pid for pid in parents if pid == leader or sessions[pid] == leader or pid in known}
    growing = True
    while growing:
        children = {pid for pid, parent in parents.items() if parent in members} - members
        members |= children
        growing = bool(children)
    return sorted(members)


def _relations() -> tuple[dict[int, int], dict[int, int]]:
    parents, sessions = {}, {}
    for name in os.listdir("/proc"):
        fields = _stat(int(name)) if name.isdigit() else []
        if fields:
            parents[int(name)], sessions[int(name)] = int(fields[1]), int(fields[3])
    return parents, sessions


def _major_faults(pid: int) -> int:
    fields = _stat(pid)
    return (
        int(fields[9]) + int(fields[10]) if fields else 0
    )  # its own, and of children it waited for


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third (state) on; [] when it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()  # the name before it may hold spaces and parentheses


def _kib_table(file: Path) -> dict[str, int]:
    """`Name:  number kB` lines in bytes, `Threads:` as it is; {} when it may not be read."""
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    table = {}
    for line in lines:
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdigit():
            table[name] = int(words[0]) * (_KIB if words[-1] == "kB" else 1)
    return table
