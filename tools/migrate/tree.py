"""Which files a repository has, and which of them are its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vectorstore.commandline import CommandError

# Never part of the source, wherever they stand; they are not copied either.
NOT_SOURCE = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        "__pycache__",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".nox",
        ".eggs",
        "node_modules",
        "site-packages",
        ".venv",
        ".ipynb_checkpoints",
    ]
)
VENDORED = frozenset(["vendor", "_vendor", "third_party", "thirdparty", "bower_components"])
MARKER = ".fit512-output"


@dataclass(frozen=True)
class Tree:
    """The files of a repository by their path in it. Links are listed apart and never followed."""

    root: Path
    files: tuple[PurePosixPath, ...]
    vendored: frozenset[PurePosixPath]  # among `files`: copied, but not rewritten
    links: tuple[PurePosixPath, ...]
    left_out: dict[str, int]  # folder -> number of files: environments, caches


def scan(root: Path) -> Tree:
    """List what git tracks or would track below `root`; without git, what lies there.

    Raises CommandError when `root` is not a folder.
    """
    root = root.resolve()
    if not root.is_dir():
        raise CommandError(f"{root} is not a folder. Name the folder of the repository to convert.")
    listed = sorted(_from_git(root) or _from_disk(root))
    environments = {path.parent for path in listed if path.name == "pyvenv.cfg"}
    files, vendored, links, left_out = [], set(), [], Counter[str]()
    for path in listed:
        outside = _outside_source(path, environments)
        if outside:
            left_out[outside] += 1
        elif (root / path).is_symlink() or _behind_link(root, path):
            links.append(path)
        elif (root / path).is_file():
            files.append(path)
            if VENDORED.intersection(path.parts[:-1]):
                vendored.add(path)
    return Tree(root, tuple(files), frozenset(vendored), tuple(links), dict(left_out))


def git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes] | None:
    """Run git on a repository that may not be trusted; None where there is no git."""
    if shutil.which("git") is None:
        return None
    # What a repository's own configuration could make git run stays off.
    safe = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    return subprocess.run(
        ["git", *safe, "-C", str(root), *arguments],
        capture_output=True,
        env=environment,
        check=False,
    )


def uncommitted(root: Path) -> list[str] | None:
    """The paths that `git status` names below `root`; None when `root` is not under git."""
    status = git(root, "status", "--porcelain", "-z", "--no-renames", "--", ".")
    if status is None or status.returncode:
        return None
    return [os.fsdecode(entry[3:]) for entry in status.stdout.split(b"\0") if entry]


def _from_git(root: Path) -> list[PurePosixPath]:
    listed = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None or listed.returncode:
        return []
    return [PurePosixPath(os.fsdecode(name)) for name in set(listed.stdout.split(b"\0")) if name]


def _from_disk(root: Path) -> Iterator[PurePosixPath]:
    for folder, names, files in os.walk(root):
        here = Path(folder)
        linked = [name for name in names if (here / name).is_symlink()]
        names[:] = sorted(set(names) - NOT_SOURCE - set(linked))
        if "pyvenv.cfg" in files and here != root:
            names[:] = []
            files = ["pyvenv.cfg"]
        for name in [*files, *linked]:
            if name != MARKER:
                yield PurePosixPath((here / name).relative_to(root).as_posix())


def _outside_source(path: PurePosixPath, environments: set[PurePosixPath]) -> str | None:
    """The folder that makes `path` none of the repository's source, or None."""
    if path.name == MARKER and len(path.parts) == 1:
        return MARKER
    for folder in reversed(path.parents[:-1]):
        if folder.name in NOT_SOURCE or folder in environments:
            return f"{folder}/"
    return None


def _behind_link(root: Path, path: PurePosixPath) -> bool:
    return any((root / folder).is_symlink() for folder in path.parents[:-1])
