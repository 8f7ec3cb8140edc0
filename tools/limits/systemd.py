"""A limit from the user's own systemd, for those who are not root: `systemd-run --user --scope`.

https://www.freedesktop.org/software/systemd/man/latest/systemd-run.html
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

from tools.limits.cgroup import Unavailable, unified_folder
from tools.limits.cgroup_files import V2Group
from tools.limits.units import MIB

_PROBE_S = 5.0


def prefix(unit: str, limit_mib: float) -> list[str]:
    """What to put before a command: systemd-run makes the scope, enters it and becomes the command."""
    limit = f"MemoryMax={int(limit_mib * MIB)}"
    properties = ["-p", limit, "-p", "MemorySwapMax=0"]
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


def scope_of(pid: int, unit: str) -> V2Group:
    """The scope that `pid` runs in.

    Raises Unavailable when it is not in it, or when systemd accepted the limit and could not set it
    (the memory controller is not delegated to the user).
    """
    folder = unified_folder(pid)
    if folder is None or folder.name != f"{unit}.scope":
        raise Unavailable(f"systemd-run did not put the process into {unit}.scope")
    try:
        limited = (folder / "memory.max").read_text("ascii").strip() != "max"
    except OSError:
        limited = False
    if not limited:
        raise Unavailable("systemd has not been given the memory controller for this user")
    return V2Group(folder, "systemd")
