"""Generated parts about whole repositories; called by cog as docs/blocks.py is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.corpus_table import CHECKS, markdown_table

ROOT = Path(__file__).parent.parent
LONGEST = 260  # characters of what one line says


def table(name: str) -> str:
    """The table of reports/NAME.json, and how it was made."""
    measured = _report(name)
    machine = measured["machine"]
    note = f"{machine['processor']}, {machine['measured']}: `{measured['command']}`."
    return "\n".join([markdown_table(measured["rows"]), "", note])


def reasons(name: str) -> str:
    """What was refused and what failed, repository by repository, as the reports say it."""
    lines: list[str] = []
    for row in _report(name)["rows"]:
        said = list(_said(row))
        if said:
            commit = f" at {row['origin']}" if row["origin"] else ""
            lines += [f"**{row['repository'].replace('+', '/', 1)}**{commit}", ""]
            lines += [f"- {line}" for line in said] + [""]
    return "\n".join(lines).rstrip()


def _said(row: dict[str, Any]) -> Iterator[str]:
    report = row["report"] or {"notes": [], "verify": None}
    for note in report["notes"]:
        if note["kind"] == "refused":
            line = f":{note['line']}" if note["line"] else ""
            yield _short(f"refused, `{note['path']}{line}`: {note['message']}")
    for step in (report["verify"] or {"steps": []})["steps"]:
        if step["status"] == "fail":
            whose = ", as before the conversion" if step.get("before") else ""
            yield _short(f"failed{whose}, {step['name']}: {step['detail']}")
    for check in CHECKS:
        if not row["checks"][check]:
            yield f"own check failed: {check} {' '.join(row['unexplained'] + row['unparsable'])}"


def _short(text: str) -> str:
    line = " ".join(text.split()).replace("<", "&lt;").replace("|", "\\|")
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _report(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / f"reports/{name}.json").read_text("utf-8"))
    return found
