"""What requirements resolve to, asked of uv: from metadata, nothing is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path


class NotAskedError(Exception):
    """uv is not there, or gave no answer in time."""


def pip_compile(
    manifest: str,
    more: Sequence[str],
    *,
    folder: str,
    python: str,
    platform: str,
    timeout_s: float,
) -> subprocess.CompletedProcess[str]:
    """`uv pip compile MANIFEST` in `folder`, for Python `python` ("3.11") on a platform of uv's.

    No solution is a return code. Raises NotAskedError.
    """
    command = [
        uv_program(), "pip", "compile", manifest, "--no-header", "--quiet", "--color", "never",
        "--no-strip-extras", "--python", sys.executable, "--python-version", python,
        "--python-platform", platform, *more,
    ]  # fmt: skip
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAskedError(f"uv could not be asked: {error}") from error


def shortest_chain(name: str, via: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The packages from one that is asked for itself to `name`; `via` says who requires each."""
    chains: list[tuple[str, ...]] = [(name,)]
    seen = {name}
    for chain in chains:
        parents = via.get(chain[0], ())
        if not parents:
            return chain
        new = sorted(set(parents) - seen)
        seen.update(new)
        chains.extend((parent, *chain) for parent in new)
    return (name,)


def uv_program() -> str:
    """The one beside this Python, else that of the PATH. Raises NotAskedError."""
    beside = Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise NotAskedError("uv is not installed")
    return found
