"""What a conversion did, for a person: on the terminal and as a page for a pull request."""

from __future__ import annotations

import json
import platform
import shlex
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

from tools.migrate.project import RUNTIME, Project
from tools.migrate.registry import RULES, documentation, summary
from tools.migrate.result import KINDS, Kind, Note

SCHEMA = 1
TITLES: Mapping[Kind, str] = {
    "changed": "Changed",
    "warning": "To know",
    "refused": "Refused",
    "skipped": "Skipped",
    "kept": "Left as it is",
}


def as_json(project: Project, command: list[str], verification: Any = None) -> dict[str, Any]:
    """The conversion as `reports/migrate.json` keeps it.

    `command` is sys.argv, `verification` verify's own part.
    """
    return {
        "schema": SCHEMA,
        "command": shlex.join(["python", "-m", "tools.migrate", *command[1:]]),
        "machine": {"system": platform.platform(), "processor": platform.machine()},
        "versions": {"python": platform.python_version(), "fit512": version("fit512")},
        "repository": project.root.name,
        "changed": project.changed,
        "files": {
            "changed": sorted(map(str, project.edited())),
            "added": sorted(map(str, project.added())),
            "deleted": sorted(map(str, project.deleted())),
            "nothing to convert": sorted(map(str, project.untouched())),
        },
        "entry points": [
            {"path": str(e.path), "line": e.line, "kind": e.kind, "name": e.name}
            for e in project.entry_points()
        ],
        "served": sorted(map(str, project.served())),
        "notes": [
            {
                "rule": note.rule,
                "kind": note.kind,
                "path": note.path,
                "line": note.line,
                "message": note.message,
            }
            for note in _sorted(project.notes)
        ],
        "verify": verification,
    }


def print_summary(project: Project, stream: TextIO | None = None) -> None:
    """All notes by kind, then one line that counts files; on stderr."""
    stream = stream or sys.stderr
    for kind in KINDS:
        notes = [note for note in _sorted(project.notes) if note.kind == kind]
        if notes:
            print(f"{TITLES[kind]}:", file=stream)
            for note in notes:
                print(f"  {note}", file=stream)
    untouched = _listed(sorted(map(str, project.untouched())))
    if untouched:
        print(f"Nothing to convert in: {untouched}", file=stream)
    print(counted(project), file=stream)


def counted(project: Project) -> str:
    """ "14 files changed, 8 added" or that there is nothing to do."""
    if not project.changed:
        return "nothing to do"
    parts = [
        f"{len(paths)} {'file' if len(paths) == 1 else 'files'} {what}"
        for what, paths in (
            ("changed", project.edited()),
            ("added", project.added()),
            ("deleted", project.deleted()),
        )
        if paths
    ]
    return ", ".join(parts)


def as_markdown(project: Project, verification: str = "") -> str:
    """A page for a pull request; `verification` is verify's own part, put behind the summary."""
    lines = [f"# fit512: {project.root.name} without torch", "", f"{counted(project)}.", ""]
    if verification:
        lines += [verification.rstrip(), ""]
    for kind in KINDS:
        notes = [note for note in _sorted(project.notes) if note.kind == kind]
        if notes:
            lines += [f"## {TITLES[kind]}", "", "| where | what | rule |", "| --- | --- | --- |"]
            lines += [_row(note) for note in notes]
            lines.append("")
    added = sorted(map(str, project.added()))
    if added:
        lines += ["## Added files", "", *(f"- `{path}`" for path in added), ""]
    untouched = sorted(map(str, project.untouched()))
    if untouched:
        lines += [f"Nothing to convert in: {_listed(untouched)}.", ""]
    lines += [
        f"`{RUNTIME}/` belongs to the repository from now on and imports nothing of fit512.",
        "Commit the model folder too: the app reads it at start.",
        "",
    ]
    return "\n".join(lines)


def print_rules(*, full: bool = True) -> None:
    """Each rule with its documentation, or with its first line only; on stdout."""
    stream = sys.stdout
    for rule in RULES:
        if full:
            print(f"{rule.ID}\n", file=stream)
            for line in documentation(rule).splitlines():
                print(f"    {line}".rstrip(), file=stream)
            print(file=stream)
        else:
            print(f"{rule.ID:<14}{summary(rule)}", file=stream)


def say(text: str) -> None:
    """Talk: on stderr, so that stdout holds results alone."""
    print(text, file=sys.stderr, flush=True)


def print_json(report: Mapping[str, Any]) -> None:
    print(json.dumps(report, ensure_ascii=False))


def write_json(path: Path, report: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _listed(paths: list[str], most: int = 30) -> str:
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more


def _row(note: Note) -> str:
    place = f"`{note.path}:{note.line}`" if note.line else f"`{note.path}`"
    return f"| {place} | {note.message.replace('|', chr(92) + '|')} | {note.rule} |"


def _sorted(notes: Iterable[Note]) -> list[Note]:
    return sorted(notes, key=lambda note: (note.path, note.line or 0))
