"""What a conversion did, for a person at the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from tools.migrate.project import Project
from tools.migrate.registry import RULES, documentation, summary
from tools.migrate.result import KINDS, Kind, by_place

TITLES: Mapping[Kind, str] = {
    "changed": "Changed",
    "warning": "To know",
    "refused": "Refused",
    "skipped": "Skipped",
    "kept": "Left as it is",
}


def print_summary(project: Project, stream: TextIO | None = None) -> None:
    """All notes by kind, then one line that counts files; on stderr."""
    stream = stream or sys.stderr
    for kind in KINDS:
        notes = [note for note in by_place(project.notes) if note.kind == kind]
        if notes:
            print(f"{TITLES[kind]}:", file=stream)
            for note in notes:
                print(f"  {note}", file=stream)
    untouched = listed(sorted(map(str, project.untouched())))
    if untouched:
        print(f"Nothing to convert in: {untouched}", file=stream)
    print(counted(project), file=stream)


def counted(project: Project) -> str:
    """ "14 files changed, 8 added" or that there is nothing to do."""
    if not project.changed:
        return f"nothing to do{_why_nothing(project)}"
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


def _why_nothing(project: Project) -> str:
    """What a repository holds in which there can be nothing to do."""
    if project.python():
        return ""
    notebooks = len(project.notebooks())
    if notebooks:
        return f": it holds no Python but in notebooks ({notebooks}), which are never rewritten"
    return ": it holds no Python file"


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


def listed(paths: list[str], most: int = 30) -> str:
    """The paths in a line, the last ones by their number alone."""
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more
