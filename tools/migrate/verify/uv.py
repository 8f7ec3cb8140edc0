"""Calls of uv, and of pip where uv cannot."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from uv import find_uv_bin

from vectorstore.commandline import CommandError

LINES = 12  # of what the installer said last


def uv(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return run([find_uv_bin(), *arguments], cwd)


def run(command: Sequence[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run an installer without what an activated environment would tell it."""
    environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )


def raise_on_failure(done: subprocess.CompletedProcess[str], what: str) -> None:
    """Raise CommandError with the installer's own last lines when it did not succeed."""
    if done.returncode:
        said = done.stderr.strip().splitlines()[-LINES:]
        raise CommandError(f"{what}: " + "\n  ".join(said))
