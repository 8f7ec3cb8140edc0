"""One hash of the files that a measurement was of, so that its reader can tell whether they changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from vectorstore.commandline import CommandError

_NOT_CONTENT = {"__pycache__", ".git", ".venv", "venv", "node_modules"}


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes as they are, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_sha256(root: Path, paths: Iterable[str]) -> str:
    """Hex SHA-256 over names and bytes of `paths`: files or folders, relative to `root`, "/" in them.

    Line ends count as "\\n", since git may check the same file out with others. Byte code, hidden
    environments and links do not count. Raises CommandError when one of `paths` is not there.
    """
    total = hashlib.sha256()
    for path in sorted(set(paths)):
        if not (root / path).exists():
            raise CommandError(f"{root / path}: is not there, so its content has no hash.")
        for file in sorted(_files(root / path), key=lambda file: file.as_posix()):
            content = file.read_bytes().replace(b"\r\n", b"\n")
            name = file.relative_to(root).as_posix().encode()
            total.update(b"%d %b %d " % (len(name), name, len(content)) + content)
    return total.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.name in _NOT_CONTENT or path.is_symlink():
        return
    if path.is_file():
        yield path
    elif path.is_dir():
        for child in path.iterdir():
            yield from _files(child)
