"""A command run inside a memory limit, and its end: no process and no cgroup is left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.limits import procfs
from tools.limits.cold import evict
from tools.limits.enforce import Enforcement, Run, begin
from tools.limits.guard import group_pids
from tools.limits.job import Stream, peek
from tools.limits.memory import Reading, read_tree
from tools.limits.tree import Tree
from tools.limits.watch import Watch
from vectorstore.commandline import CommandError

_GRACE_S = 2.0
_POLL_S = 0.02


def start(
    command: Sequence[str],
    *,
    limit_mib: float | None = None,
    cwd: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
    cold: Sequence[Path] = (),
    stdout: Stream = None,
    stderr: Stream = None,
    observe: Callable[[Reading], object] | None = None,
) -> Limited:
    """Run `command` inside `limit_mib` (memory and swap together), in a session of its own.

    Use the result as a context manager. The limit is enforced by cgroup v2, v1 or the user's
    systemd; where none can be had the tree is watched, and `warning` says so. `cold` files and
    folders are dropped from the page cache first. `env` replaces the environment. The command has
    begun when this returns; it reads nothing from this terminal. `observe` is given a reading about
    every 50 ms, in a thread of its own.

    Raises CommandError when it cannot be started or the limit is not above 0.
    """
    if not command or (limit_mib is not None and limit_mib <= 0):
        raise CommandError(f"cannot run {list(command)} inside {limit_mib} MiB.")
    evict(cold)
    environment = dict(os.environ if env is None else env)
    run = begin([os.fspath(word) for word in command], limit_mib, cwd, environment, stdout, stderr)
    try:
        return Limited(run, limit_mib, observe)
    except BaseException:
        run.end()
        raise


class Limited:
    """A running command with everything it starts. All readings are of the whole process tree."""

    def __init__(
        self,
        run: Run,
        limit_mib: float | None,
        observe: Callable[[Reading], object] | None = None,
    ) -> None:
        #: When the command began, as time.monotonic() tells it: after the eviction of `cold`.
        self.started_s = time.monotonic()
        self._run = run
        self._tree = Tree(run.process.pid, run.job.token)
        self._oom_kills = 0
        self._ended = False
        self._ending = threading.RLock()
        watched = run.enforcement is Enforcement.WATCHED
        self._watch = Watch(
            self.pids,
            run.group,
            limit_mib if watched else None,
            kill=self._kill_tree,
            observe=observe,
        )
        self._watch.start()

    @property
    def pid(self) -> int:
        """The process that runs the command."""
        return self._run.process.pid

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """For its pipes, where `stdout` or `stderr` was subprocess.PIPE; wait with `wait`."""
        return self._run.process

    @property
    def enforcement(self) -> Enforcement:
        return self._run.enforcement

    @property
    def warning(self) -> str | None:
        """What is not as strict as on a host, in a sentence; None when nothing is."""
        return self._run.warning

    @property
    def oom_kills(self) -> int:
        """Processes of the tree killed for memory, as the kernel (or the watching) counted them."""
        with self._ending:
            return self._oom_kills if self._ended else self._count_oom_kills()

    @property
    def oom_killed(self) -> bool:
        """Whether any process of the tree was killed for memory; a worker counts too."""
        return self.oom_kills > 0

    def pids(self) -> Sequence[int]:
        """The processes of the tree at this moment."""
        if self._ended:  # a number may belong to somebody else by now
            return []
        if self._run.group:
            return [pid for pid in group_pids(self._run.group.path) if pid != self._run.holder]
        if not procfs.AVAILABLE:
            from tools.limits.elsewhere import tree_with_psutil

            return tree_with_psutil(self.pid)
        return self._tree.pids()

    def read(self) -> Reading:
        """The memory at this moment; a Reading of 0 processes when all have ended."""
        return read_tree(self.pids(), None if self._ended else self._run.group)

    def peak(self) -> Reading:
        """Field by field the highest of samples 50 ms apart; the kernel's own marks included."""
        return self._watch.peak()

    def poll(self) -> int | None:
        """The command's return code, negative for a signal; None while it runs."""
        return peek(self._run.process)

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait for the command itself; None when it still runs after `timeout_s`."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        pause = 0.001
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() >= deadline:
                return None
            time.sleep(pause)
            pause = min(2 * pause, _POLL_S)
        return code

    def stop(self, grace_s: float = 10.0) -> int | None:
        """Ask the command to end (SIGTERM to its process group), then kill all that is left.

        Returns its return code. Calling it again does nothing. Raises CommandError in the rare case
        that something could not be killed.
        """
        if not self._ended and self.poll() is None:
            self._terminate()
            self.wait(grace_s)
        self._end()
        return self.poll()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop(_GRACE_S if kind is None else 0.0)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()

    def _count_oom_kills(self) -> int:
        if self._run.group:
            return self._run.group.usage().oom_kills or 0
        return int(self._watch.killed)

    def _kill_tree(self) -> None:
        self._run.kill(self.pids())

    def _terminate(self) -> None:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGTERM)
        else:
            self._run.process.terminate()

    def _end(self) -> None:
        with self._ending:
            if self._ended:
                return
            with contextlib.suppress(OSError):
                self._watch.sample()
            self._oom_kills = self._count_oom_kills()
            self._watch.stop()
            pids = self.pids()
            self._ended = True
            self._run.end(pids)
