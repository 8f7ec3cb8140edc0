"""Starting a command in a session of its own, and the guard that ends it when we are gone."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tools.limits import guard, launch
from tools.limits.cgroup import Unavailable
from vectorstore.commandline import CommandError

Stream = int | IO[bytes] | None
# By path, isolated and without site-packages: 10 ms, and nothing of the caller's gets in.
_PYTHON = [sys.executable, "-I", "-S"]


@dataclass(frozen=True)
class Job:
    """What to run. `token` marks all its processes, through the environment that they inherit."""

    command: Sequence[str]
    cwd: str | os.PathLike[str] | None
    environment: Mapping[str, str]
    stdout: Stream
    stderr: Stream
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def launch(self, procs_file: Path) -> subprocess.Popen[bytes]:
        """Start the command inside the cgroup of `procs_file` from its first page on.

        Raises Unavailable when it may not join, CommandError when it cannot be run.
        """
        process, _ = self._launch(str(procs_file))
        return process

    def launch_held(self, prefix: Sequence[str]) -> tuple[subprocess.Popen[bytes], int]:
        """Start the command behind `prefix`, and a sleeper beside it that keeps its cgroup alive.

        Returns both, the second as a process id. Raises Unavailable when the prefix did not get as
        far as the command, CommandError when the command cannot be run.
        """
        process, said = self._launch(launch.HOLD, prefix)
        if "held" not in said:
            process.wait()
            raise Unavailable(f"{prefix[0]} ended with {process.returncode}")
        return process, int(said["held"])

    def _launch(
        self, place: str, prefix: Sequence[str] = ()
    ) -> tuple[subprocess.Popen[bytes], dict[str, str]]:
        reader, writer = os.pipe()
        launcher = [*prefix, *_PYTHON, launch.__file__, str(writer), place, *self.command]
        with os.fdopen(reader, "rb") as pipe:
            try:
                process = self._popen(launcher, pass_fds=[writer])
            finally:
                os.close(writer)
            try:
                words = pipe.read().decode("ascii").split()
            except BaseException:  # Ctrl-C while waiting
                process.kill()
                process.wait()
                raise
        said = dict(zip(words[::2], words[1::2], strict=True))
        for step in said.keys() & {"join", "exec"}:
            process.wait()
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()
            reason = os.strerror(int(said[step]))
            raise Unavailable(f"{reason} ({place})") if step == "join" else self._cannot_run(reason)
        return process, said

    def launch_freely(self) -> subprocess.Popen[bytes]:
        """Start the command with no launcher in between. Raises CommandError."""
        return self._popen(list(self.command))

    def _popen(self, command: list[str], pass_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                command,
                cwd=self.cwd,
                env={**self.environment, guard.TOKEN_NAME: self._nested_token()},
                stdin=subprocess.DEVNULL,
                stdout=self.stdout,
                stderr=self.stderr,
                start_new_session=True,
                pass_fds=pass_fds,
            )
        except OSError as error:
            raise self._cannot_run(f"{error.strerror} ({error.filename})") from error

    def _nested_token(self) -> str:
        outer = os.environ.get(guard.TOKEN_NAME)
        return f"{outer}:{self.token}" if outer else self.token

    def _cannot_run(self, reason: str) -> CommandError:
        where = f" in {self.cwd}" if self.cwd else ""
        return CommandError(
            f"cannot run {self.command[0]!r}{where}: {reason}. Name a program that is installed, by"
            " its path or found through PATH."
        )


class Guard:
    """A small process that ends the run should we die without doing so, even by SIGKILL."""

    def __init__(self, token: str, group: Path | None) -> None:
        command = [*_PYTHON, guard.__file__, token, *([str(group)] if group else [])]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=quiet,
            stderr=quiet,
            cwd="/",
            start_new_session=True,
        )

    def lead(self, pid: int) -> None:
        """Say which process leads the run."""
        self._say(str(pid).encode("ascii"))

    def stand_down(self) -> None:
        """All is done: the guard leaves."""
        self._say(guard.STAND_DOWN)
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()

    def _say(self, words: bytes) -> None:
        if self._process.stdin and not self._process.stdin.closed:
            try:
                self._process.stdin.write(words)
                self._process.stdin.flush()
            except BrokenPipeError:  # somebody killed the guard
                return


def peek(process: subprocess.Popen[bytes]) -> int | None:
    """The return code as Popen.poll gives it, None while it runs; but nobody has waited for it yet.

    So its number stays its own, and its process group can still be killed by it.
    """
    if process.returncode is not None or not hasattr(os, "waitid"):  # macOS before Python 3.13
        return process.poll()
    try:
        ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:  # waited for behind our back
        return process.poll()
    if ended is None:
        return None
    return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
