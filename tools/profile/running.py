"""The Python of an app that runs: what a shim or a shell, which started it, does not tell."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

PYTHON = re.compile(r"python[\d.]*")


def python_of(pids: Iterable[int], search_path: str) -> Path | None:
    """That of the first process which is a Python; None where none is, or without /proc."""
    return next(filter(None, (_python(pid, search_path) for pid in pids)), None)


def _python(pid: int, search_path: str) -> Path | None:
    """By its first word, as the link in an environment is what leads to its packages; else its file."""
    proc = Path(f"/proc/{pid}")
    try:
        executable = Path(os.readlink(proc / "exe"))
        first = os.fsdecode((proc / "cmdline").read_bytes().partition(b"\0")[0])
        folder = Path(os.readlink(proc / "cwd"))
    except OSError:  # has ended, or is another user's
        return None
    if not PYTHON.fullmatch(executable.name):
        return None
    found = str(folder / first) if os.sep in first else shutil.which(first, path=search_path)
    named = Path(found) if found else executable
    return named if named.resolve() == executable else executable
