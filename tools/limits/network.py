"""Running a command cut off from every network but its own loopback.

    subprocess.run(cut_off(["python", "app.py"]))

A fresh network namespace: 127.0.0.1 works among the processes inside, and every other address fails
at once. Servers that the command shall reach must be started inside as well.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache

from tools.limits import network_exec


def cut_off(command: Sequence[str | os.PathLike[str]]) -> list[str]:
    """The argument vector that runs `command` without a network; ask `why_not` first.

    It keeps the user, the working folder, the environment and the process id. Where no namespace can
    be had it writes the reason to stderr and ends with 125; the command is not run.
    """
    words = [os.fspath(word) for word in command]
    return [sys.executable, "-I", "-S", network_exec.__file__, *words]


@cache
def why_not() -> str | None:
    """Why `cut_off` cannot work here, in a sentence; None when it can. Tries it once."""
    if not sys.platform.startswith("linux"):
        return f"{sys.platform} has no network namespaces"
    done = subprocess.run(
        cut_off([sys.executable, "-I", "-S", "-c", ""]),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return (
        None if done.returncode == 0 else done.stderr.strip() or f"it ended with {done.returncode}"
    )
