"""Processes where there is no Linux /proc (macOS, Windows): through psutil."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psutil

from tools.limits.memory import Reading
from tools.limits.units import MIB


def tree_with_psutil(leader: int) -> list[int]:
    """The process and its descendants; those whose parent has ended are not seen."""
    try:
        children = psutil.Process(leader).children(recursive=True)
    except psutil.Error:
        return []
    return [leader, *(child.pid for child in children)]


def kill_with_psutil(pids: Sequence[int]) -> None:
    """Kill each; those that have ended are fine."""
    for pid in pids:
        try:
            psutil.Process(pid).kill()
        except psutil.Error:
            continue


def read_with_psutil(pids: Sequence[int]) -> Reading:
    """RSS, USS and, on Linux, PSS and swap; nothing here tells anonymous from file pages."""
    found = [info for pid in pids if (info := _full(pid))]
    return Reading(
        rss_mib=_sum([memory.rss for memory, _ in found]),
        pss_mib=_sum([getattr(memory, "pss", None) for memory, _ in found]),
        uss_mib=_sum([getattr(memory, "uss", None) for memory, _ in found]),
        swap_mib=_sum([getattr(memory, "swap", None) for memory, _ in found]),
        processes=len(found),
        threads=sum(threads for _, threads in found),
    )


def _full(pid: int) -> tuple[Any, int] | None:
    try:
        process = psutil.Process(pid)
        memory: Any
        try:
            memory = process.memory_full_info()
        except psutil.AccessDenied:  # macOS shows USS of one's own processes only
            memory = process.memory_info()
        return memory, process.num_threads()
    except psutil.Error:
        return None


def _sum(parts: list[int | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) / MIB if parts and len(known) == len(parts) else None
