"""What a repository asks for, as uv reads it, and what that resolves to."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tools.migrate.project import Project
from tools.migrate.requirements.ask import Questions, python_for
from tools.migrate.requirements.distributions import is_torch
from tools.migrate.requirements.files import chain, requirement_files
from tools.migrate.requirements.python_version import DEFAULT, stated_python
from tools.migrate.requirements.resolve import ResolveError
from tools.migrate.verify.for_pip import READABLE, for_pip
from tools.migrate.verify.uv import raise_on_failure, uv

TORCH_FAMILY = frozenset({"sentence-transformers"})


@dataclass(frozen=True)
class Lock:
    """What a manifest resolves to on Linux: versions, and the size of the wheels."""

    python: str
    versions: dict[str, str]
    wheels_mib: float

    @property
    def torch(self) -> list[str]:
        """torch, what it alone brings, and sentence-transformers."""
        return sorted(n for n in self.versions if is_torch(n) or n in TORCH_FAMILY)


def is_readable(project: Project, manifest: PurePosixPath) -> bool:
    """Whether pip and uv can install from it."""
    return manifest in requirement_files(project) or manifest.name in READABLE


def resolve(project: Project, manifest: PurePosixPath) -> Lock:
    """Raises CommandError with the resolver's reason when there is no solution."""
    _as_utf8(project, manifest)
    python = python_of(project, manifest)
    options = ("--python-version", python, "--python-platform", "linux", "--format", "pylock.toml")
    file = for_pip(project, manifest)
    done = uv("pip", "compile", "--quiet", "--no-header", *options, file.name, cwd=file.parent)
    raise_on_failure(done, f"{manifest} does not resolve on Python {python}")
    packages = tomllib.loads(done.stdout).get("packages", [])
    versions = {package["name"]: str(package.get("version", "")) for package in packages}
    return Lock(python, versions, sum(map(_size, packages)) / 2**20)


def python_of(project: Project, manifest: PurePosixPath) -> str:
    """The version that the repository states; else one that its requirements resolve on."""
    files = requirement_files(project)
    if manifest in files:
        runs_onnx = "onnxruntime" in files[manifest].names
        return python_for(project, files[manifest], files, runs_onnx=runs_onnx)[0]
    stated = stated_python(project, manifest.parent)
    return stated[0] if stated else DEFAULT


def asked_for_by(project: Project, manifest: PurePosixPath, python: str, package: str) -> str:
    """Why a package is in the resolution, in words."""
    files = requirement_files(project)
    if manifest not in files:
        return f"asked for in {manifest}"
    try:
        found = Questions(files[manifest], files, python, hashes=False).before()
    except ResolveError:
        return f"asked for in {manifest}"
    why = found.why(package)[:-1]
    return f"asked for by {' → '.join(why)}" if why else f"listed in {manifest}"


def _size(package: dict[str, Any]) -> int:
    """Of the best wheel, which stands first; of the source where there is none."""
    offered = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
    return int(offered[0].get("size", 0)) if offered else 0


def _as_utf8(project: Project, manifest: PurePosixPath) -> None:
    """pip reads UTF-16 with a mark, uv does not: the copy that is installed from is UTF-8."""
    files = requirement_files(project)
    for file in chain(files[manifest], files, "rc") if manifest in files else ():
        (project.root / file.path).write_text(file.text.text, "utf-8", newline="")
