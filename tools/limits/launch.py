"""Become a command inside a cgroup: `python -I -S launch.py FD PROCS_FILE COMMAND…`.

The process joins first and runs the command second, so that no page of the command is charged
elsewhere (and no code runs between fork and exec of a process with threads, as preexec_fn does).
What goes wrong is written to the pipe FD as `join|exec ERRNO`; the pipe closes when the command has
begun. PROCS_FILE "-" joins nothing.
"""

from __future__ import annotations

import os
import signal
import sys


def main(argv: list[str]) -> int:
    descriptor, procs_file, *command = argv
    os.set_inheritable(int(descriptor), False)  # closes at exec: that is the good news
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and exec would hand that on
    step = "join"
    try:
        if procs_file != "-":
            with open(procs_file, "w", encoding="ascii") as file:
                file.write(str(os.getpid()))
        step = "exec"
        os.execvp(command[0], command)
    except OSError as error:
        os.write(int(descriptor), f"{step} {error.errno}".encode("ascii"))
    return 127


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
