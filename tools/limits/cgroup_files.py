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

    def usage(self) -> Usage: ...


@dataclass(frozen=True, slots=True)
class V1Group:
    """A cgroup below the memory controller's own mount."""

    path: Path
    version: str = "cgroup v1"

    def limit(self, limit_mib: float) -> str | None:
        write_file(self.path / "memory.limit_in_bytes", str(_pages(limit_mib)))
        try:
            # Memory and swap together: it cannot be lower than the limit, so it is set second.
            write_file(self.path / "memory.memsw.limit_in_bytes", str(_pages(limit_mib)))
        except OSError:
            return swap_warning()
        return None

    def usage(self) -> Usage:
        stat = _table(self.path / "memory.stat")
        used = _number(self.path / "memory.usage_in_bytes")
        return Usage(
            usage_mib=_mib(used),
            working_set_mib=_working_set(used, stat.get("total_inactive_file")),
            peak_mib=_mib(_number(self.path / "memory.max_usage_in_bytes")),
            swap_mib=_mib(stat.get("total_swap")),
            major_faults=stat.get("total_pgmajfault"),
            limit_hits=self._limit_hits(),
            oom_kills=_table(self.path / "memory.oom_control").get("oom_kill"),
        )

    def _limit_hits(self) -> int | None:
        # With both limits equal the kernel asks the one with swap first, and counts there alone.
        counts = [_number(self.path / f"memory.{name}failcnt") for name in ("", "memsw.")]
        known = [count for count in counts if count is not None]
        return sum(known) if known else None


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
            return swap_warning()
        return None

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
        )


def swap_warning(swaps: Path = Path("/proc/swaps")) -> str | None:
    """What it means that swap cannot be limited: nothing on a machine without any."""
    try:
        has_swap = len(swaps.read_text("utf-8").splitlines()) > 1
    except OSError:
        has_swap = True
    if not has_swap:
        return None
    return "swap could not be limited, so a process over the limit may be swapped instead of killed"


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
