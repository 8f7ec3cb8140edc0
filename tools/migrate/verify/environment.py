"""A fresh environment with what a manifest asks for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.limits.size import size_mib
from tools.migrate.verify.steps import Figure, Status, Step
from tools.migrate.verify.uv import raise_on_failure, run, uv

ASK = "import sys, sysconfig; print(sys.version.split()[0]); print(sysconfig.get_path('purelib'))"


@dataclass(frozen=True)
class Environment:
    """A virtual environment made for one verification."""

    python: Path
    version: str  # of the interpreter, e.g. "3.11.7"
    asked_version: str  # what the repository is made for, e.g. "3.11"
    site_packages: Path
    installed_mib: float
    packages: dict[str, str]

    @property
    def programs(self) -> Path:
        return self.python.parent


def create(manifest: Path, asked: str, folder: Path) -> Environment:
    """Make an environment in `folder` with only what `manifest` asks for.

    Raises CommandError with the installer's own last lines when it cannot be installed.
    """
    made = uv("venv", "--quiet", "--python", asked, str(folder))
    if made.returncode:  # not installed here: the nearest, which the report names
        made = uv("venv", "--quiet", "--python", sys.executable, str(folder))
    raise_on_failure(made, "no environment could be made")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    raise_on_failure(_install(python, manifest), f"{manifest.name} cannot be installed")
    told = subprocess.run([python, "-c", ASK], capture_output=True, text=True, check=True)
    version, site = told.stdout.split("\n")[:2]
    listed = uv("pip", "list", "--format", "json", "--python", str(python))
    packages = {row["name"]: row["version"] for row in json.loads(listed.stdout)}
    return Environment(python, version, asked, Path(site), size_mib(Path(site)), packages)


def check(environment: Environment) -> Step:
    """No conflict among the installed packages."""
    figures: dict[str, Figure] = {
        "installed_mib": round(environment.installed_mib, 1),
        "packages": len(environment.packages),
        "python": environment.version,
    }
    conflicts = uv("pip", "check", "--python", str(environment.python))
    if conflicts.returncode:
        said = [line for line in conflicts.stderr.splitlines() if " requires " in line]
        return Step("install", Status.FAIL, "; ".join(said) or conflicts.stderr.strip(), figures)
    detail = (
        f"{len(environment.packages)} packages, {environment.installed_mib:.0f} MiB,"
        f" Python {environment.version}, no conflict"
    )
    if not environment.version.startswith(environment.asked_version):
        asked = environment.asked_version
        detail += f" (the repository is made for {asked}, which is not installed here)"
    return Step("install", Status.PASS, detail, figures)


def _install(python: Path, manifest: Path) -> subprocess.CompletedProcess[str]:
    """By uv; else by pip, which the hosts use and which takes some files that uv refuses."""
    # Compiled as pip does on the hosts: else the first start pays for it.
    options = ("--quiet", "--compile-bytecode", "--python", str(python))
    first = uv("pip", "install", *options, "-r", str(manifest), cwd=manifest.parent)
    if not first.returncode or manifest.suffix == ".toml":
        return first
    uv("pip", "install", "--quiet", "--python", str(python), "pip")
    words = [str(python), "-m", "pip", "install", "--quiet", "-r", str(manifest)]
    second = run(words, manifest.parent)
    return first if second.returncode else second
