"""Points out secrets in the repository's files, by line and without their values."""

from __future__ import annotations

import os
from pathlib import PurePosixPath

from tools.migrate.project import Project
from tools.migrate.result import Note
from tools.migrate.secret_values import find_secrets, is_secret_file
from tools.migrate.source import SourceError, decode
from tools.migrate.tree import git

ID = "secrets"  # of its notes; not a rule, since it must not be skipped
SUFFIXES = frozenset(
    [
        ".py",
        ".ipynb",
        ".yaml",
        ".yml",
        ".json",
        ".toml",
        ".txt",
        ".md",
        ".sh",
        ".ini",
        ".cfg",
        ".conf",
    ]
)
NAMES = ("dockerfile", "docker-compose", "procfile")
LOCKS = frozenset({"package-lock.json", "poetry.lock", "uv.lock"})
LARGEST = 2_000_000  # bytes
MOST = 10  # notes for one file


def note_secrets(project: Project) -> None:
    """Warn of every secret. The files are left byte for byte as they are: they are the owner's."""
    committed = _committed(project)
    edited = set(project.edited())
    for path in project.tree.files:
        lines = _lines(project, path)
        for line, kind in list(lines.items())[:MOST]:
            where = _where(path in committed, path)
            shown = f", shown as *** in the diff of {path}" if path in edited else ""
            message = f"{kind} stands here{shown}. {where}"
            project.note(Note(ID, "warning", str(path), line, message))
        if len(lines) > MOST:
            message = f"{len(lines) - MOST} more lines with secrets"
            project.note(Note(ID, "warning", str(path), None, message))


def _where(committed: bool, path: PurePosixPath) -> str:
    if committed:
        return (
            "It is in git, where everybody who has the repository can read it, in old commits too:"
            " revoke it, and have the app read a new one from the host's settings (os.environ)"
        )
    if is_secret_file(path):
        return "Keep this file out of git (.gitignore), and set its values in the host's settings"
    return "Have the app read it from the host's settings (os.environ) before this is committed"


def _lines(project: Project, path: PurePosixPath) -> dict[int, str]:
    """Line -> what stands there, of the file as it was."""
    if not _is_read(path) or (project.root / path).stat().st_size > LARGEST:
        return {}
    try:
        text = decode(project.original(path) or b"").text
    except SourceError:
        return {}
    found = find_secrets(text, path)
    return {text.count("\n", 0, secret.start) + 1: secret.kind for secret in found}


def _is_read(path: PurePosixPath) -> bool:
    name = path.name.lower()
    known = path.suffix.lower() in SUFFIXES or name.startswith(NAMES)
    return (known and name not in LOCKS) or is_secret_file(path)


def _committed(project: Project) -> frozenset[PurePosixPath]:
    """The files that git tracks."""
    listed = git(project.root, "ls-files", "-z", "--cached")
    if listed is None or listed.returncode:
        return frozenset()
    return frozenset(PurePosixPath(os.fsdecode(n)) for n in listed.stdout.split(b"\0") if n)
