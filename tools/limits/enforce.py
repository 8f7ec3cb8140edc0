"""Choosing what enforces the limit: cgroup v2, else v1, else the user's systemd, else nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from tools.limits import cgroup, procfs, systemd
from tools.limits.cgroup import Unavailable
from tools.limits.cgroup_files import SWAP_WARNING, Group, V1Group, V2Group, has_swap
from tools.limits.guard import end_run, kill_pids, kill_session, token_pids
from tools.limits.job import Guard, Job, Stream
from tools.limits.units import format_mib
from vectorstore.commandline import CommandError


class Enforcement(StrEnum):
    """What holds the limit. WATCHED enforces nothing, NONE was asked for no limit."""

    CGROUP_V2 = "cgroup v2"
    CGROUP_V1 = "cgroup v1"
    SYSTEMD = "systemd"
    WATCHED = "watched"
    NONE = "none"


@dataclass(frozen=True)
class Run:
    """A command that has begun, and what has to be ended with it."""

    process: subprocess.Popen[bytes]
    job: Job
    guard: Guard
    enforcement: Enforcement
    group: Group | None = None
    warning: str | None = None
    holder: int | None = None  # a sleeping process of ours that keeps the cgroup alive

    def kill(self, pids: Sequence[int]) -> None:
        """Kill the tree once, leaving the cgroup for a last reading."""
        if self.process.returncode is None:
            kill_session(self.process.pid)
        if procfs.AVAILABLE:
            kill_pids([*pids, *token_pids(self.job.token)])
            return
        from tools.limits.elsewhere import kill_with_psutil

        kill_with_psutil(pids)

    def end(self, pids: Sequence[int] = ()) -> None:
        """Kill until no process is left, and remove the cgroup.

        Raises CommandError when some could not be killed within 10 s.
        """
        self.kill(pids)
        ended = end_run(self.job.token, self.group.path if self.group else None)
        self.process.wait()
        self.guard.stand_down()
        for _, parent in cgroup.parents():  # of runs inside this one, whose guards were killed too
            cgroup.remove_leftovers(parent)
        if not ended:
            raise CommandError(self._left())

    def _left(self) -> str:
        pids = token_pids(self.job.token)
        where = f" and the cgroup {self.group.path}" if self.group else ""
        return (
            f"processes of {self.job.command[0]!r} could not be ended: {pids}{where} are left. They"
            " fork faster than they can be found, or hang in the kernel; end them by hand."
        )


def begin(
    command: Sequence[str],
    limit_mib: float | None,
    cwd: str | os.PathLike[str] | None,
    environment: Mapping[str, str],
    stdout: Stream,
    stderr: Stream,
) -> Run:
    """Start the command in the strictest way that can be had. Raises CommandError."""
    job = Job(command, cwd, environment, stdout, stderr)
    reasons = []
    for attempt in _attempts(job, limit_mib):
        try:
            return attempt()
        except Unavailable as unavailable:
            reasons.append(str(unavailable))
    return unenforced(job, limit_mib, reasons)


def _attempts(job: Job, limit_mib: float | None) -> Iterator[Callable[[], Run]]:
    for kind, parent in cgroup.parents():
        yield partial(in_cgroup, job, kind, parent, limit_mib)
    if limit_mib is not None:
        yield partial(in_scope, job, limit_mib)


def in_cgroup(
    job: Job, kind: type[V1Group | V2Group], parent: Path, limit_mib: float | None
) -> Run:
    """Start the command in a cgroup below `parent`. Raises Unavailable, CommandError."""
    with ExitStack() as undo:
        group, missing = cgroup.create(kind, parent, limit_mib)
        undo.callback(end_run, job.token, group.path)
        guard = Guard(job.token, group.path)
        undo.callback(guard.stand_down)
        process = job.launch(group.path / "cgroup.procs")
        guard.lead(process.pid)
        undo.pop_all()
    enforcement = Enforcement.NONE if limit_mib is None else Enforcement(group.version)
    return Run(process, job, guard, enforcement, group, missing)


def in_scope(job: Job, limit_mib: float) -> Run:
    """Start the command in a scope of the user's systemd. Raises Unavailable, CommandError."""
    reason = systemd.why_not()
    if reason:
        raise Unavailable(reason)
    unit = cgroup.new_name()
    with ExitStack() as undo:
        guard = Guard(job.token, None)
        undo.callback(guard.stand_down)
        undo.callback(end_run, job.token, None)
        process, holder = job.launch_held(systemd.prefix(unit, limit_mib))
        undo.callback(process.wait)
        undo.callback(process.kill)
        group = systemd.scope_of(process.pid, unit)
        guard.lead(process.pid)
        undo.pop_all()
    missing = SWAP_WARNING if isinstance(group, V1Group) and has_swap() else None
    return Run(process, job, guard, Enforcement.SYSTEMD, group, missing, holder)


def unenforced(job: Job, limit_mib: float | None, reasons: Sequence[str]) -> Run:
    """Start the command where none of the ways could be had, for `reasons`. Raises CommandError."""
    guard = Guard(job.token, None)
    try:
        process = job.launch_freely()
    except BaseException:
        guard.stand_down()
        raise
    guard.lead(process.pid)
    if limit_mib is None:
        return Run(process, job, guard, Enforcement.NONE)
    warning = (
        f"the limit of {format_mib(limit_mib)} was not enforced"
        f" ({'; '.join(reasons) or 'this system has no cgroups'}): the processes are looked at 20 times"
        " a second and killed when their anonymous memory is over it, which misses short spikes. Run"
        " as root on Linux, or under a systemd user session, for a real limit."
    )
    return Run(process, job, guard, Enforcement.WATCHED, None, warning)
