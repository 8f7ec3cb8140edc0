"""Become a command inside a cgroup: `python -I -S launch.py FD PLACE COMMAND…`.

The process joins first and runs the command second, so that no page of the command is charged
elsewhere (and no code runs between fork and exec of a process with threads, as preexec_fn does).
PLACE is the cgroup.procs file to write to; or "hold" in a systemd scope, which vanishes with its
counters when its last process ends: a sleeping process is left in it then.

What is to be said is written to the pipe FD: `held PID`, then `join ERRNO` or `exec ERRNO` when that
failed. The pipe closes when the command has begun.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

HOLD = "hold"


def leave_holder(descriptor: int) -> None:
    """Start a sleeper that is no child of the command, whose wait() it might upset."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    if os.fork():
        os._exit(0)
    os.write(descriptor, f"held {os.getpid()} ".encode("ascii"))
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):  # whoever reads the command's output shall see its end
        os.dup2(nothing, stream)
    os.execvp("sleep", ["sleep", "1000000000"])


def main(argv: list[str]) -> int:
    descriptor, place, *command = int(argv[0]), *argv[1:]
    os.set_inheritable(descriptor, False)  # closes at exec: that is the good news
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and exec would hand that on
    step = "join"
    try:
        if place == HOLD:
            leave_holder(descriptor)
        else:
            Path(place).write_text(str(os.getpid()), "ascii")
        step = "exec"
        os.execvp(command[0], command)
    except OSError as error:
        os.write(descriptor, f"{step} {error.errno} ".encode("ascii"))
    return 127


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
