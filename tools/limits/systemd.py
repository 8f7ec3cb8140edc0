"""A limit from the user's own systemd, for those who are not root: `systemd-run --user --scope`.

https://www.freedesktop.org/software/systemd/man/latest/systemd-run.html
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

from tools.limits.cgroup import Mount, Unavailable, folder, membership, mounts
from tools.limits.cgroup_files import Group, V1Group, V2Group
from tools.limits.units import MIB

NAME = "systemd"
_PROBE_S = 5.0


def prefix(unit: str, limit_mib: float) -> list[str]:
    """What to put before a command: systemd-run makes the scope, enters it and becomes the command."""
    limit = f"MemoryMax={int(limit_mib * MIB)}"
    # Delegated, or newer ones stop the whole scope, and remove its counters, at the first kill.
    properties = ["-p", limit, "-p", "MemorySwapMax=0", "-p", "Delegate=yes"]
    return [
        "systemd-run",
        "--user",
        "--scope",
        "--quiet",
        "--collect",
        f"--unit={unit}",
        *properties,
    ]


@cache
def why_not() -> str | None:
    """Why `systemd-run --user` cannot limit anything here, in a sentence; None when it can start."""
    if shutil.which("systemd-run") is None:
        return "there is no systemd-run"
    command = ["systemd-run", "--user", "--scope", "--quiet", "--collect", "true"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PROBE_S
        )
    except subprocess.TimeoutExpired:
        return f"systemd-run --user did not answer within {_PROBE_S:.0f} s"
    if done.returncode == 0:
        return None
    return "systemd-run --user: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1]


def scope_of(pid: int, unit: str) -> Group:
    """The memory cgroup of the scope that `pid` runs in.

    Raises Unavailable when it is not in it, or when systemd accepted the limit and could not set it
    (the memory controller is not delegated to the user).
    """
    own = membership(pid=str(pid))
    version = "cgroup" if "memory" in own else "cgroup2"
    path = own.get("memory" if version == "cgroup" else "", "/")
    able = [mount for mount in mounts() if mount.kind == version and _has_memory(mount)]
    found = folder(able[0], path) if able else None
    if found is None or found.name != f"{unit}.scope":
        raise Unavailable("systemd has not been given the memory controller for this user")
    group = V1Group(found, NAME) if version == "cgroup" else V2Group(found, NAME)
    if not group.is_limited():
        raise Unavailable(f"systemd set no memory limit on {unit}.scope")
    return group


def _has_memory(mount: Mount) -> bool:
    return mount.kind == "cgroup2" or "memory" in mount.options
