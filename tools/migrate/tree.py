"""Which files a repository has, and which of them are its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
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
ACTIVATING = frozenset([("bin", "activate"), ("Scripts", "activate"), ("Scripts", "activate.bat")])
MARKER = ".fit512-output"
# What a repository's own configuration could make git run stays off.
SAFE = (("core.fsmonitor", "false"), ("core.hooksPath", os.devnull))


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
        what = "is a file, not a folder" if root.is_file() else "is not a folder"
        raise CommandError(f"{root} {what}. Name the folder of the repository to convert.")
    listed = sorted(_from_git(root) or _from_disk(root))
    environments = set(filter(None, map(_environment, listed)))
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
    return _run_git(root, arguments, [*SAFE, *((key, "") for key in _filters(root))])


def _run_git(
    root: Path, arguments: Sequence[str], settings: Sequence[tuple[str, str]]
) -> subprocess.CompletedProcess[bytes]:
    # By the environment, as the name of a filter may hold "=", which ends a name for `-c`.
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    given = os.environ.get("GIT_CONFIG_COUNT", "")
    first = int(given) if given.isdecimal() else 0
    environment["GIT_CONFIG_COUNT"] = str(first + len(settings))
    for index, (key, value) in enumerate(settings, first):
        environment[f"GIT_CONFIG_KEY_{index}"] = key
        environment[f"GIT_CONFIG_VALUE_{index}"] = value
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, env=environment, check=False)


def _filters(root: Path) -> Iterator[str]:
    """The keys of the commands that the repository's own settings would run on file contents."""
    pattern = r"^filter\..*\.(clean|smudge|process)$"
    listed = _run_git(
        root, ["config", "--show-scope", "--name-only", "-z", "--get-regexp", pattern], SAFE
    )
    words = [os.fsdecode(word) for word in listed.stdout.split(b"\0")]
    for scope, key in zip(words[::2], words[1::2], strict=False):
        if scope not in ("system", "global"):  # those are the person's, such as git-lfs
            yield key


def uncommitted(root: Path) -> list[str] | None:
    """The paths that `git status` names below `root`; None when `root` is not under git."""
    # A submodule's files are not looked at: its own settings could run commands.
    options = ["--porcelain", "-z", "--no-renames", "--ignore-submodules=dirty"]
    status = git(root, "status", *options, "--", ".")
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


def _environment(path: PurePosixPath) -> PurePosixPath | None:
    """The virtual environment that the file shows its folder to be, or None."""
    if path.name == "pyvenv.cfg":
        return path.parent
    # pyvenv.cfg is often ignored where the rest of the environment was committed.
    if path.parts[-2:] in ACTIVATING and len(path.parts) > 2:
        return path.parent.parent
    return None


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
