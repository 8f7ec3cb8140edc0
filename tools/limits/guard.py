"""The end of a run: every process of it killed, its cgroup removed, also when its owner just died.

`python -I -S guard.py TOKEN [GROUP]` waits until its stdin closes, which the kernel sees to when the
owner ends in whatever way, SIGKILL included. Run by path and so made of the standard library alone;
`tools.limits.process` uses the same functions.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

TOKEN_NAME = "FIT512_RUN"  # in every process's environment: the run's token, or outer:inner
DEADLINE_S = 10.0
STAND_DOWN = b"."


def group_pids(group: Path) -> list[int]:
    """Processes in the cgroup; 0 stands for one in another pid namespace. [] when it is gone."""
    try:
        return [int(line) for line in (group / "cgroup.procs").read_text("ascii").split()]
    except OSError:
        return []


def token_pids(token: str) -> list[int]:
    """Processes that inherited the run's token, whatever their parent and session are by now."""
    return [pid for pid in _all_pids() if has_token(pid, token)]


def has_token(pid: int, token: str) -> bool:
    """Whether the process inherited the run's token and has not taken it off since."""
    return token in _tokens(pid)


def _all_pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def _tokens(pid: int) -> list[str]:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:  # ended meanwhile, or another user's
        return []
    start = f"{TOKEN_NAME}=".encode()
    found = [entry for entry in environment.split(b"\0") if entry.startswith(start)]
    return found[0][len(start) :].decode("ascii", "replace").split(":") if found else []


def _is_zombie(pid: int) -> bool:
    try:
        return b") Z " in Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return True


def kill_pids(pids: list[int]) -> bool:
    """Send SIGKILL; true when there was a living one. 0 and ourselves are never meant."""
    living = [pid for pid in pids if pid not in (0, os.getpid()) and not _is_zombie(pid)]
    for pid in living:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return bool(living)


def kill_session(leader: int) -> None:
    """Kill the process group that the run began with, all at once: no fork gets away.

    Only for a leader that nobody has waited for yet: else the number may be somebody else's.
    """
    with suppress(ProcessLookupError, PermissionError, AttributeError):  # Windows has no groups
        os.killpg(leader, signal.SIGKILL)


def end_run(token: str | None, group: Path | None, deadline_s: float = DEADLINE_S) -> bool:
    """Kill until nothing of the run is left and remove its cgroup; false when time ran out.

    Repeated, since a process may fork between the reading of the list and the signal.
    """
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        inside = group is not None and kill_group(group, deadline)
        others = token is not None and kill_pids(token_pids(token))
        if not inside and not others and (group is None or remove_group(group)):
            return True
        time.sleep(0.005)
    return False


def kill_group(group: Path, deadline: float) -> bool:
    """Kill all in a cgroup, faster than it can fork; true when there was anybody."""
    with suppress(OSError):
        (group / "cgroup.kill").write_text("1", "ascii")  # v2, Linux 5.14: all at once
    found = False
    while kill_pids(group_pids(group)) and time.monotonic() < deadline:
        found = True
        time.sleep(0.0005)
    return found


def remove_group(group: Path) -> bool:
    """Remove a cgroup that has no processes; false while the kernel still holds it."""
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def main(argv: list[str]) -> int:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # the owner's end is the only sign to act on
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    said = sys.stdin.buffer.read()  # the leader's pid, and "." when all is done
    if said.endswith(STAND_DOWN):
        return 0
    token, *group = argv
    if said:  # its parent has just died without waiting for it
        kill_session(int(said))
    return 0 if end_run(token, Path(group[0]) if group else None) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
