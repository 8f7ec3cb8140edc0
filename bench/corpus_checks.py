"""What a conversion must leave as it is, checked from outside: it shares no code with the rules."""

from __future__ import annotations

import ast
import difflib
import hashlib
import subprocess
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

IMPORTS = ("import ", "from ")
# How far, in lines, an edit may lie from the line that a note names: a call spans several.
REACH = 12


def digest(root: Path) -> str:
    """One hash over every file and its name, without git's own."""
    found = hashlib.sha256()
    for path in _files(root):
        found.update(f"{path.relative_to(root)}\0".encode("utf-8", "surrogateescape"))
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def origin(checkout: Path) -> str | None:
    """The commit that is checked out, where git knows it."""
    done = subprocess.run(
        ["git", "-C", str(checkout), "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()[:12] if done.returncode == 0 else None


def unexplained(original: Path, copy: Path, notes: Sequence[Mapping[str, Any]]) -> list[str]:
    """`file:line` of each stretch of Python that was replaced or taken out though no note says so.

    Imports may go in a file that a note names; lines that are only put in leave every byte in place.
    """
    found = []
    for path in _files(original):
        name = path.relative_to(original).as_posix()
        after = copy / name
        if path.suffix == ".py" and after.is_file():
            lines = [n["line"] for n in notes if n["path"] == name and n["kind"] == "changed"]
            found += [f"{name}:{line}" for line in _stray(path, after, lines)]
    return found


def _stray(before: Path, after: Path, noted: Sequence[int | None]) -> Iterator[int]:
    old = before.read_bytes().splitlines(keepends=True)
    new = after.read_bytes().splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, end, _, _ in matcher.get_opcodes():
        near = any(n is not None and start - REACH < n <= end + REACH for n in noted)
        explained = near or (noted and (tag == "insert" or _imports_only(old[start:end])))
        if tag != "equal" and not explained:
            yield start + 1


def _imports_only(lines: Sequence[bytes]) -> bool:
    """Whether these are import statements, or names in the brackets of one."""
    words = (line.decode("utf-8", "replace").strip().rstrip(",") for line in lines)
    return all(
        not word
        or word in "()"
        or word.startswith(IMPORTS)
        or word.replace(" as ", "").isidentifier()
        for word in words
    )


def unparsable(original: Path, copy: Path) -> list[str]:
    """The Python files that parsed before and do not any more."""
    return [
        path.relative_to(original).as_posix()
        for path in _files(original)
        if path.suffix == ".py"
        and (copy / path.relative_to(original)).is_file()
        and _parses(path)
        and not _parses(copy / path.relative_to(original))
    ]


def _parses(path: Path) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old code has invalid escapes
            ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return False
    return True


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if ".git" not in path.relative_to(root).parts and path.is_file() and not path.is_symlink():
            yield path
