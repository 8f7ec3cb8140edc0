"""The memory figures of this process and of the control group it runs in.

https://docs.kernel.org/admin-guide/cgroup-v2.html, .../cgroup-v1/memory.html, proc(5).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PROC = Path("/proc/self")
MOUNT = Path("/sys/fs/cgroup")
# cgroup v1 shows "no limit" as the largest multiple of a page.
UNLIMITED = 1 << 60


@dataclass(frozen=True, slots=True)
class Process:
    """Bytes in RAM: all, those of no file (heap, stacks), and those mapped from files."""

    rss: int
    anonymous: int | None
    file: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """Bytes that a control group is charged, its limit (None: none) and its working set.

    Of ours and those above it, each of which binds, the one with the least room: where a group
    above has the limit, what its other members hold counts as well.

    The working set is the usage without the file pages that the kernel can take back at once: it
    is what a verdict goes by (a mapped index larger than the limit is no danger).
    """

    usage: int
    limit: int | None
    working_set: int
    active_file: int  # the part of it that is file pages


def process() -> Process:
    """What this process holds now."""
    try:
        fields = _fields(PROC / "status", ":")
    except OSError:
        import psutil  # not Linux

        return Process(psutil.Process().memory_info().rss, None, None)
    kib = {name: int(value.split()[0]) for name, value in fields.items() if name in _STATUS}
    return Process(*(kib[name] * 1024 for name in _STATUS))


_STATUS = ("VmRSS", "RssAnon", "RssFile")


def group() -> Group | None:
    """The figures of the group with the least room; None where there is none or it cannot be read."""
    found = _folder()
    if found is None:
        return None
    folder, names = found
    try:
        limited = [_figures(level, names, limit) for level, limit in _limits(folder, names)]
        return min(limited, key=_room) if limited else _figures(folder, names, None)
    except (OSError, ValueError):
        return None


def _figures(folder: Path, names: _Names, limit: int | None) -> Group:
    usage = _number(folder / names.usage) or 0
    stat = _fields(folder / "memory.stat", " ")
    active, inactive = (int(stat.get(f"{names.total}{kind}_file", 0)) for kind in _KINDS)
    return Group(usage, limit, max(0, usage - inactive), active)


def _room(group: Group) -> int:
    return (group.limit or 0) - group.working_set


@dataclass(frozen=True, slots=True)
class _Names:
    controller: str  # in /proc/self/cgroup; v2 has an empty one
    mount: str
    usage: str
    limit: str
    total: str  # before the names in memory.stat that include the groups below


_KINDS = ("active", "inactive")
_V2 = _Names("", "", "memory.current", "memory.max", "")
_V1 = _Names(
    "memory",
    "memory",
    "memory.usage_in_bytes",
    "memory.limit_in_bytes",
    "total_",
)


@functools.cache
def _folder() -> tuple[Path, _Names] | None:
    """The folder of our group. A process stays in its group, but for a hand that moves it."""
    try:
        lines = (PROC / "cgroup").read_text().splitlines()
    except OSError:
        return None
    paths = {controller: path for _, names, path in _split(lines) for controller in names}
    for names in (_V1, _V2):
        if names.controller not in paths:
            continue
        path = PurePosixPath(paths[names.controller])
        # In a container the path may be that on the host, while its own group is the mount's root.
        for relative in (path.relative_to("/"), PurePosixPath()):
            folder = MOUNT / names.mount / relative
            if (folder / names.usage).is_file():
                return folder, names
    return None


def _split(lines: list[str]) -> list[tuple[str, list[str], str]]:
    parts = (line.split(":", 2) for line in lines)
    return [(number, names.split(","), path) for number, names, path in parts]


def _limits(folder: Path, names: _Names) -> list[tuple[Path, int]]:
    """Those of the group and the ones above it that have a limit, with it."""
    limits = []
    for level in (folder, *folder.parents):
        if not level.is_relative_to(MOUNT) or not (level / names.limit).is_file():
            break
        limit = _number(level / names.limit)
        if limit is not None and limit < UNLIMITED:
            limits.append((level, limit))
    return limits


def _number(path: Path) -> int | None:
    text = path.read_text().strip()
    return None if text == "max" else int(text)


def _fields(path: Path, separator: str) -> dict[str, str]:
    pairs = (line.partition(separator) for line in path.read_text().splitlines())
    return {name: value.strip() for name, _, value in pairs}
