"""The files of one memory cgroup: setting its limit, reading its counters.

https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tools.limits.kept_open import Read, read_once
from tools.limits.units import MIB

SWAP_WARNING = (
    "swap could not be limited, so a process over the limit may be swapped instead of killed"
)
_NO_LIMIT = 2**62  # v1 shows "none" as the largest number of whole pages
# Of the some fifty lines of memory.stat; v1 has the sums of the cgroups below in lines of their own.
_V1_STAT = re.compile(rb"^total_(inactive_file|swap|pgmajfault|cache) (\d+)", re.M)
_V2_STAT = re.compile(rb"^(inactive_file|pgmajfault|file) (\d+)", re.M)
_EVENTS = re.compile(rb"^(max|oom_kill) (\d+)", re.M)


@dataclass(frozen=True, slots=True)
class Usage:
    """What the kernel has charged to a cgroup, in MiB; None where it keeps no such counter.

    `working_set_mib` is the usage minus inactive file pages, which is what the kernel cannot take
    back at once and what Kubernetes evicts by. `peak_mib` also counts pages that it can take back.
    """

    usage_mib: float | None
    working_set_mib: float | None
    peak_mib: float | None
    swap_mib: float | None
    major_faults: int | None
    limit_hits: int | None  # how often the limit was reached; harmless alone
    oom_kills: int | None  # processes that the kernel killed for memory
    page_cache_mib: float | None = None


class Group(Protocol):
    """A memory cgroup."""

    @property
    def path(self) -> Path: ...
    @property
    def version(self) -> str: ...
    def limit(self, limit_mib: float) -> str | None:
        """Limit memory and swap together. Returns what could not be limited, in a sentence.

        Raises OSError when the memory itself cannot be limited.
        """

    def is_limited(self) -> bool: ...
    def usage(self, read: Read = read_once) -> Usage: ...


@dataclass(frozen=True, slots=True)
class V1Group:
    """A cgroup below the memory controller's own mount."""

    path: Path
    version: str = "cgroup v1"

    def limit(self, limit_mib: float) -> str | None:
        write_file(self.path / "memory.limit_in_bytes", str(_pages(limit_mib)))
        if not has_swap():
            # Nothing to limit, and with both limits equal the kernel stops counting the hits.
            return None
        try:
            # Memory and swap together: it cannot be lower than the limit, so it is set second.
            write_file(self.path / "memory.memsw.limit_in_bytes", str(_pages(limit_mib)))
        except OSError:
            return SWAP_WARNING
        return None

    def is_limited(self) -> bool:
        limit = _number(f"{self.path}/memory.limit_in_bytes")
        return limit is not None and limit < _NO_LIMIT

    def usage(self, read: Read = read_once) -> Usage:
        stat = _table(_V1_STAT, f"{self.path}/memory.stat", read)
        used = _number(f"{self.path}/memory.usage_in_bytes", read)
        return Usage(
            usage_mib=_mib(used),
            working_set_mib=_working_set(used, stat.get(b"inactive_file")),
            peak_mib=_mib(_number(f"{self.path}/memory.max_usage_in_bytes", read)),
            swap_mib=_mib(stat.get(b"swap")),
            major_faults=stat.get(b"pgmajfault"),
            limit_hits=_number(f"{self.path}/memory.failcnt", read),
            oom_kills=_table(_EVENTS, f"{self.path}/memory.oom_control", read).get(b"oom_kill"),
            page_cache_mib=_mib(stat.get(b"cache")),
        )


@dataclass(frozen=True, slots=True)
class V2Group:
    """A cgroup of the unified hierarchy with the memory controller enabled."""

    path: Path
    version: str = "cgroup v2"

    def limit(self, limit_mib: float) -> str | None:
        write_file(self.path / "memory.max", str(_pages(limit_mib)))
        try:
            write_file(self.path / "memory.swap.max", "0")
        except OSError:
            return SWAP_WARNING if has_swap() else None
        return None

    def is_limited(self) -> bool:
        return _number(f"{self.path}/memory.max") is not None  # else "max", or no controller

    def usage(self, read: Read = read_once) -> Usage:
        stat = _table(_V2_STAT, f"{self.path}/memory.stat", read)
        events = _table(_EVENTS, f"{self.path}/memory.events", read)
        used = _number(f"{self.path}/memory.current", read)
        return Usage(
            usage_mib=_mib(used),
            working_set_mib=_working_set(used, stat.get(b"inactive_file")),
            peak_mib=_mib(_number(f"{self.path}/memory.peak", read)),  # Linux 5.19 and later
            swap_mib=_mib(_number(f"{self.path}/memory.swap.current", read)),
            major_faults=stat.get(b"pgmajfault"),
            limit_hits=events.get(b"max"),
            oom_kills=events.get(b"oom_kill"),
            page_cache_mib=_mib(stat.get(b"file")),
        )


def has_swap(swaps: Path = Path("/proc/swaps")) -> bool:
    """Whether the machine has any swap; true where that cannot be told."""
    try:
        return len(swaps.read_text("utf-8").splitlines()) > 1
    except OSError:
        return True


def _pages(mib: float) -> int:
    """Bytes, cut to whole pages as the kernel does."""
    page = os.sysconf("SC_PAGE_SIZE")
    return int(mib * MIB) // page * page


def write_file(file: Path, text: str) -> None:
    """Write into a file of the kernel's: it exists or the feature does not."""
    descriptor = os.open(file, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode("ascii"))
    finally:
        os.close(descriptor)


def _number(path: str, read: Read = read_once) -> int | None:
    try:
        return int(read(path))
    except (OSError, ValueError):
        return None


def _table(wanted: re.Pattern[bytes], path: str, read: Read) -> dict[bytes, int]:
    """Of a flat keyed file, `name number` lines, those that match; {} when it is not there."""
    try:
        return {name: int(number) for name, number in wanted.findall(read(path))}
    except OSError:
        return {}


def _mib(count: int | None) -> float | None:
    return None if count is None else count / MIB


def _working_set(used: int | None, inactive: int | None) -> float | None:
    if used is None or inactive is None:
        return None
    return max(used - inactive, 0) / MIB
