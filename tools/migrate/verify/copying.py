"""A copy of a repository as a host gets it."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

from tools.migrate.secret_values import is_secret_file

LEFT_OUT = {".git", "__pycache__", "node_modules"}


def copy_tree(repository: Path, target: Path) -> None:
    """Copy as `git archive` would: no history, no environments, no secrets, links kept as links."""
    shutil.copytree(repository, target, symlinks=True, ignore=_left_out)


def _left_out(folder: str, names: list[str]) -> set[str]:
    environments = {name for name in names if Path(folder, name, "pyvenv.cfg").is_file()}
    secrets = {name for name in names if is_secret_file(PurePosixPath(name))}
    return environments | secrets | LEFT_OUT.intersection(names)
