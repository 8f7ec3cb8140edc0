"""A clean copy of the converted repository and a fresh environment from its requirements."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from tools.migrate.verify.steps import Figure, Status, Step
from vectorstore.commandline import CommandError

LEFT_OUT = {".git", "__pycache__", "node_modules", ".env"}
TORCH_FAMILY = re.compile(r"(torch(vision|audio)?|triton|nvidia-.*|sentence-transformers)", re.I)


@dataclass(frozen=True)
class Environment:
    """A virtual environment made for one verification."""

    python: Path
    version: str  # of the interpreter, e.g. "3.11.7"
    asked_version: str | None  # what .python-version or runtime.txt asks for
    site_packages: Path
    installed_mib: float
    packages: dict[str, str]


def copy_tree(converted: Path, target: Path) -> None:
    """Copy as `git archive` would: no history, no environments, no `.env`, links kept as links."""
    shutil.copytree(
        converted,
        target,
        symlinks=True,
        ignore=_left_out,
    )


def _left_out(folder: str, names: list[str]) -> set[str]:
    environments = {name for name in names if Path(folder, name, "pyvenv.cfg").is_file()}
    return environments | LEFT_OUT.intersection(names)


def create(copy: Path, manifest: Path, folder: Path) -> Environment:
    """Make an environment in `folder` with only what `manifest` (a requirements file) asks for.

    Raises CommandError with the installer's own last lines when it cannot be installed.
    """
    asked = asked_python(copy, manifest.parent)
    made = _uv("venv", "--quiet", "--python", asked or sys.executable, str(folder))
    if made.returncode and asked:  # not installed here: the nearest, which the report names
        made = _uv("venv", "--quiet", "--python", sys.executable, str(folder))
    _raise_on_failure(made, "no environment could be made")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # Compiled as pip does on the hosts: else the first start pays for it.
    options = ("--quiet", "--compile-bytecode", "--python", str(python))
    install = _uv("pip", "install", *options, "-r", str(manifest), cwd=manifest.parent)
    _raise_on_failure(install, f"{manifest.name} cannot be installed")
    ask = (
        "import sys, sysconfig; print(sys.version.split()[0]); print(sysconfig.get_path('purelib'))"
    )
    version, site = subprocess.run(
        [python, "-c", ask], capture_output=True, text=True, check=True
    ).stdout.split("\n")[:2]
    listed = _uv("pip", "list", "--format", "json", "--python", str(python))
    packages = {row["name"]: row["version"] for row in json.loads(listed.stdout)}
    return Environment(python, version, asked, Path(site), size_mib(Path(site)), packages)


def check(environment: Environment) -> Step:
    """No torch, no nvidia-*, no sentence-transformers, no conflict among the installed packages."""
    found = sorted(name for name in environment.packages if TORCH_FAMILY.fullmatch(name))
    figures: dict[str, Figure] = {
        "installed_mib": round(environment.installed_mib, 1),
        "packages": len(environment.packages),
        "python": environment.version,
    }
    if found:
        detail = f"still installed: {', '.join(found)}; {_asked_for_by(environment, found[0])}"
        return Step("install", Status.FAIL, detail, figures)
    conflicts = _uv("pip", "check", "--python", str(environment.python))
    if conflicts.returncode:
        said = [line for line in conflicts.stderr.splitlines() if " requires " in line]
        return Step("install", Status.FAIL, "; ".join(said) or conflicts.stderr.strip(), figures)
    detail = (
        f"{len(environment.packages)} packages, {environment.installed_mib:.0f} MiB,"
        f" Python {environment.version}, no torch, no nvidia-*, no conflict"
    )
    asked = environment.asked_version
    if asked and not environment.version.startswith(asked.removeprefix("python-")):
        detail += f" (the repository asks for {asked}, which is not installed here)"
    return Step("install", Status.PASS, detail, figures)


def asked_python(*folders: Path) -> str | None:
    """The version that `.python-version` or `runtime.txt` names, e.g. "3.11", or None."""
    for folder in folders:
        for name in (".python-version", "runtime.txt"):
            file = folder / name
            found = (
                re.search(r"\d+\.\d+(\.\d+)?", file.read_text("utf-8")) if file.is_file() else None
            )
            if found:
                return found.group()
    return None


def size_mib(folder: Path) -> float:
    """The sum of the sizes of all files below, in MiB (links not followed)."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 2**20


def _asked_for_by(environment: Environment, package: str) -> str:
    tree = _uv(
        "pip", "tree", "--invert", "--package", package, "--python", str(environment.python)
    ).stdout
    parents = re.findall(r"── (\S+) ", tree)
    return f"asked for by {', '.join(parents)}" if parents else "listed in the requirements"


def _uv(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    return subprocess.run(
        [find_uv_bin(), *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
    )


def _raise_on_failure(done: subprocess.CompletedProcess[str], what: str) -> None:
    if done.returncode:
        said: Sequence[str] = done.stderr.strip().splitlines()[-12:]
        raise CommandError(f"{what}: " + "\n  ".join(said))
