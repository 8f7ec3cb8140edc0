"""Where a memory cgroup of ours can be made, making it, and clearing away what dead runs left.

https://docs.kernel.org/admin-guide/cgroup-v2.html#no-internal-process-constraint
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.limits.cgroup_files import Group, V1Group, V2Group, write_file
from tools.limits.guard import end_run, group_pids, remove_group

_NAME = re.compile(r"fit512-(\d+)-\d+")
_numbers = itertools.count(1)


class Unavailable(Exception):
    """No memory cgroup can be used here; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted cgroup hierarchy: `root` is the cgroup that `point` shows."""

    point: Path
    root: str
    kind: str  # "cgroup" or "cgroup2"
    options: frozenset[str]


def mounts(root: Path = Path("/")) -> list[Mount]:
    """The cgroup mounts in /proc/self/mountinfo (proc(5)). `root` is where / is, for tests."""
    try:
        lines = (root / "proc/self/mountinfo").read_text("utf-8").splitlines()
    except OSError:
        return []
    return [mount for line in lines if (mount := _mount(line, root))]


def _mount(line: str, root: Path) -> Mount | None:
    fixed, _, after = line.partition(" - ")
    fields, kind_and_source = fixed.split(), after.split()
    if (
        len(fields) < 5
        or len(kind_and_source) < 3
        or kind_and_source[0] not in ("cgroup", "cgroup2")
    ):
        return None
    point = root / _unescape(fields[4]).lstrip("/")
    options = frozenset(kind_and_source[2].split(","))
    return Mount(point, _unescape(fields[3]), kind_and_source[0], options)


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def membership(root: Path = Path("/"), pid: str = "self") -> dict[str, str]:
    """Controller -> path of the process's cgroup, from /proc/PID/cgroup; "" is the unified one."""
    try:
        lines = (root / "proc" / pid / "cgroup").read_text("utf-8").splitlines()
    except OSError:
        return {}
    parts = [line.split(":", 2) for line in lines if line.count(":") >= 2]
    return {name: path for _, names, path in parts for name in names.split(",")}


def folder(mount: Mount, path: str) -> Path | None:
    """The folder of cgroup `path` below a mount; None when the mount does not show it."""
    if mount.root != "/" and not f"{path}/".startswith(f"{mount.root}/"):
        return None
    below = path.removeprefix(mount.root if mount.root != "/" else "")
    found = mount.point / below.lstrip("/")
    return found if found.is_dir() and ".." not in Path(below).parts else None


def parents(root: Path = Path("/")) -> Iterator[tuple[type[V1Group | V2Group], Path]]:
    """Cgroups that may take one of ours, the best first."""
    own = membership(root)
    for mount in mounts(root):
        if mount.kind == "cgroup2":
            yield from ((V2Group, parent) for parent in _unified_parents(mount, own.get("", "/")))
    for mount in mounts(root):
        if mount.kind == "cgroup" and "memory" in mount.options:
            # Beside the others, at the top: inside our own the figures of a caller would be ours too.
            yield V1Group, mount.point
            inside = folder(mount, own.get("memory", "/"))
            if inside and inside != mount.point:
                yield V1Group, inside


def _unified_parents(mount: Mount, own: str) -> list[Path]:
    """Our own cgroup and those above it, as far as they have the memory controller.

    Those that hand it to their children already come first. The others are tried too: the kernel
    refuses to enable it in a cgroup that has processes itself (the root excepted).
    """
    start = folder(mount, own) or mount.point
    above = [path for path in (start, *start.parents) if path.is_relative_to(mount.point)]
    able = [path for path in above if "memory" in _words(path / "cgroup.controllers")]
    return sorted(able, key=lambda path: "memory" not in _words(path / "cgroup.subtree_control"))


def _words(file: Path) -> list[str]:
    try:
        return file.read_text("ascii").split()
    except OSError:
        return []


def create(
    kind: type[V1Group | V2Group], parent: Path, limit_mib: float | None
) -> tuple[Group, str | None]:
    """Make `fit512-<pid>-<n>` below `parent`, limited; and what could not be limited, in a sentence.

    Raises Unavailable, with nothing left behind.
    """
    remove_leftovers(parent)
    path = parent / new_name()
    try:
        if kind is V2Group and "memory" not in _words(parent / "cgroup.subtree_control"):
            write_file(parent / "cgroup.subtree_control", "+memory")
        path.mkdir()
    except OSError as error:
        raise Unavailable(f"{error.strerror} ({parent})") from error
    group = kind(path)
    try:
        missing = group.limit(limit_mib) if limit_mib is not None else None
    except OSError as error:
        remove_group(path)
        raise Unavailable(f"{error.strerror} ({error.filename or path})") from error
    return group, missing


def new_name() -> str:
    """`fit512-<our pid>-<n>`, by which a later run tells whose it was."""
    return f"fit512-{os.getpid()}-{next(_numbers)}"


def remove_leftovers(parent: Path) -> list[Path]:
    """End and remove the cgroups of runs whose owner has died; returns them."""
    removed = []
    for path in parent.glob("fit512-*"):
        match = _NAME.fullmatch(path.name)
        if not match or Path(f"/proc/{match[1]}").exists():
            continue
        # A 0 is a process of another pid namespace, where the owner may be alive.
        if 0 not in group_pids(path) and end_run(None, path, deadline_s=2.0):
            removed.append(path)
    return removed
