"""Reading the memory of a whole process tree at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any

from tools.limits import procfs
from tools.limits.cgroup_files import Group, Usage
from tools.limits.kept_open import Read, read_once
from tools.limits.units import MIB


@dataclass(frozen=True, slots=True)
class Reading:
    """Memory of a process tree, in MiB; None = could not be measured.

    Sums over the processes, so pages that two of them share count twice in `rss_mib`, `file_mib` and
    `shared_mib`, once in `pss_mib` and `anonymous_mib`, and not at all in `uss_mib`.

    `working_set_mib` is what a verdict goes by: what the kernel charges to the cgroup minus inactive
    file pages. `cgroup_peak_mib` is the kernel's own high-water mark; it includes pages that it
    could take back, and misses no spike. Nor does `high_water_mib`, the highest RSS that one of the
    processes ever had; a peak's `rss_mib` is at least that.
    """

    rss_mib: float | None = None
    pss_mib: float | None = None
    uss_mib: float | None = None
    anonymous_mib: float | None = None
    file_mib: float | None = None
    shared_mib: float | None = None
    swap_mib: float | None = None
    working_set_mib: float | None = None
    cgroup_usage_mib: float | None = None
    cgroup_peak_mib: float | None = None
    major_faults: int | None = None
    limit_hits: int | None = None
    processes: int = 0
    threads: int = 0
    high_water_mib: float | None = None
    page_cache_mib: float | None = None
    open_files: int | None = None


_values = attrgetter(*(field.name for field in fields(Reading)))


def highest(one: Reading, other: Reading) -> Reading:
    """Field by field the higher one: the fields may stem from different moments."""
    return Reading(*map(_higher, _values(one), _values(other)))


def _higher(one: Any, other: Any) -> Any:
    return other if one is None or (other is not None and other > one) else one


def read_tree(pids: Sequence[int], group: Group | None = None) -> Reading:
    """Read the processes, and the cgroup's counters where there is one."""
    if not procfs.AVAILABLE:
        from tools.limits.elsewhere import read_with_psutil

        return read_with_psutil(pids)
    return _read(pids, group, True, read_once)


def sample_tree(pids: Sequence[int], group: Group | None, pages: bool, read: Read) -> Reading:
    """A reading that may be a cheap one: without `pages` the kernel does not walk over all pages.

    Then there are no PSS, USS and open files, and no anonymous memory of several processes.
    """
    if not procfs.AVAILABLE:
        return read_tree(pids)
    return _read(pids, group, pages, read)


def as_peak(reading: Reading) -> Reading:
    """The reading with an RSS of at least the high-water mark: a spike between two samples counts."""
    if reading.rss_mib is None or reading.high_water_mib is None:
        return reading
    return replace(reading, rss_mib=max(reading.rss_mib, reading.high_water_mib))


def _read(pids: Sequence[int], group: Group | None, pages: bool, read: Read) -> Reading:
    usage = group.usage(read) if group else None
    faults = usage is None
    all_held = {
        pid: held
        for pid in pids
        if (held := procfs.held(pid, pages=pages, faults=faults, read=read))
    }
    return _reading(_apart(all_held), usage)


def _apart(found: Mapping[int, procfs.Held]) -> list[procfs.Held]:
    """Those with memory of their own: until it runs a program, vfork(2) gives a child its parent's."""
    return [
        held
        for held in found.values()
        if held.parent not in found or not held.in_the_memory_of(found[held.parent])
    ]


def _reading(found: list[procfs.Held], usage: Usage | None) -> Reading:
    return Reading(
        rss_mib=_sum([held.rss for held in found]),
        pss_mib=_sum([held.pss for held in found]),
        uss_mib=_sum([held.uss for held in found]),
        anonymous_mib=_anonymous(found),
        file_mib=_sum([held.file for held in found]),
        shared_mib=_sum([held.shared for held in found]),
        swap_mib=usage.swap_mib if usage else _sum([held.swap for held in found]),
        working_set_mib=usage.working_set_mib if usage else None,
        cgroup_usage_mib=usage.usage_mib if usage else None,
        cgroup_peak_mib=usage.peak_mib if usage else None,
        major_faults=usage.major_faults if usage else _count([held.major_faults for held in found]),
        limit_hits=usage.limit_hits if usage else None,
        processes=len(found),
        threads=sum(held.threads for held in found),
        high_water_mib=max((held.high_water for held in found), default=0) / MIB,
        page_cache_mib=usage.page_cache_mib if usage else None,
        open_files=_count([held.open_files for held in found]),
    )


def _anonymous(found: list[procfs.Held]) -> float | None:
    if len(found) == 1:
        return found[0].anonymous / MIB
    # Pages still shared after a fork count once: the shares of pss_anonymous add up.
    return _sum([held.pss_anonymous for held in found])


def _count(parts: list[int | None]) -> int | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _sum(parts: list[int | None] | list[int]) -> float | None:
    """The sum in MiB; None when a part is unknown, since half a sum misleads."""
    known = [part for part in parts if part is not None]
    return sum(known) / MIB if len(known) == len(parts) else None
