"""The files of one memory cgroup: setting its limit, reading its counters.

https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tools.limits.units import MIB

SWAP_WARNING = (
    "swap could not be limited, so a process over the limit may be swapped instead of killed"
)
_NO_LIMIT = 2**62  # v1 shows "none" as the largest number of whole pages


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
    def usage(self) -> Usage: ...


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
        limit = _number(self.path / "memory.limit_in_bytes")
        return limit is not None and limit < _NO_LIMIT

    def usage(self) -> Usage:
        stat = _table(self.path / "memory.stat")
        used = _number(self.path / "memory.usage_in_bytes")
        return Usage(
            usage_mib=_mib(used),
            working_set_mib=_working_set(used, stat.get("total_inactive_file")),
            peak_mib=_mib(_number(self.path / "memory.max_usage_in_bytes")),
            swap_mib=_mib(stat.get("total_swap")),
            major_faults=stat.get("total_pgmajfault"),
            limit_hits=_number(self.path / "memory.failcnt"),
            oom_kills=_table(self.path / "memory.oom_control").get("oom_kill"),
            page_cache_mib=_mib(stat.get("total_cache")),
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
        return _number(self.path / "memory.max") is not None  # else "max", or no controller

    def usage(self) -> Usage:
        stat = _table(self.path / "memory.stat")
        events = _table(self.path / "memory.events")
        used = _number(self.path / "memory.current")
        return Usage(
            usage_mib=_mib(used),
            working_set_mib=_working_set(used, stat.get("inactive_file")),
            peak_mib=_mib(_number(self.path / "memory.peak")),  # Linux 5.19 and later
            swap_mib=_mib(_number(self.path / "memory.swap.current")),
            major_faults=stat.get("pgmajfault"),
            limit_hits=events.get("max"),
            oom_kills=events.get("oom_kill"),
            page_cache_mib=_mib(stat.get("file")),
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


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text("ascii"))
    except (OSError, ValueError):
        return None


def _table(file: Path) -> dict[str, int]:
    """A flat keyed file: `name number` lines; {} when it is not there."""
    try:
        lines = file.read_text("ascii").splitlines()
    except OSError:
        return {}
    pairs = [line.split() for line in lines]
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def _mib(count: int | None) -> float | None:
    return None if count is None else count / MIB


def _working_set(used: int | None, inactive: int | None) -> float | None:
    if used is None or inactive is None:
        return None
    return max(used - inactive, 0) / MIB
