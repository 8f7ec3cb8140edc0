"""Virtual environments that benchmarks compare ours with; made once, kept in `.cache`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from uv import find_uv_bin

from vectorstore.commandline import CommandError

ROOT = Path(__file__).resolve().parent.parent


def make(folder: Path, *requirements: str | Path) -> Path:
    """The Python of an environment with what `uv pip install` is told; an existing one is kept."""
    python = python_of(folder)
    if not python.exists():
        command([find_uv_bin(), "venv", "--quiet", "--python", sys.executable, folder])
        install(python, *requirements)
    return python


def install(python: Path, *requirements: str | Path) -> None:
    """Install into an environment, compiled as pip does on the hosts."""
    uv = (find_uv_bin(), "pip", "install", "--quiet", "--compile-bytecode")
    command([*uv, "--python", python, *requirements])


def python_of(folder: Path) -> Path:
    return folder / "bin/python"


def site_of(python: Path) -> Path:
    """Where its packages are."""
    return next((python.parent.parent / "lib").glob("python*/site-packages"))


def versions_in(python: Path, names: Iterable[str]) -> dict[str, str]:
    """Those of the distributions that are installed there."""
    ask = (
        "import importlib.metadata as m, json;"
        " print(json.dumps({d.name.lower(): d.version for d in m.distributions()}))"
    )
    installed = json.loads(subprocess.check_output([python, "-c", ask], text=True))
    return {name: installed[name] for name in names if name in installed}


def command(words: Sequence[str | Path]) -> None:
    """Run it; raises CommandError with its last lines when it fails."""
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n  ".join((done.stderr or done.stdout).strip().splitlines()[-10:])
        raise CommandError(f"`{' '.join(map(str, words))}` ended with {done.returncode}:\n  {said}")
