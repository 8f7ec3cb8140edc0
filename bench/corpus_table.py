"""One line a repository: what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

CHECKS = ("no crash", "original untouched", "edits explained", "parses", "second run clean")
MARKS = {"pass": "yes", "fail": "NO", "not applicable": "n/a", "not run": "not run"}
STEPS = ("resolve", "install", "import", "start", "answers", "retrieval")


def outcome(report: Mapping[str, Any] | None) -> str:
    """`crashed`, `nothing to do`, `refused`, `converted`, `converted in part`, and the proof's verdict."""
    if report is None:
        return "crashed"
    refused = any(note["kind"] == "refused" for note in report["notes"])
    if not report["changed"]:
        return "refused" if refused else "nothing to do"
    converted = "converted in part" if refused else "converted"
    proof = report["verify"]
    return f"{converted}, {proof['verdict']}" if proof else converted


def cells(row: Mapping[str, Any]) -> list[str]:
    """The columns of one row: repository, outcome, files, steps of the proof, refusals, own checks."""
    report = row["report"] or {"files": {"changed": [], "added": []}, "notes": [], "verify": None}
    files = report["files"]
    refused = [note for note in report["notes"] if note["kind"] == "refused"]
    failed = [name for name in CHECKS if not row["checks"][name]]
    return [
        row["repository"].replace("+", "/", 1),
        row["outcome"],
        f"{len(files['changed'])} + {len(files['added'])}",
        *(_step(report["verify"], name) for name in STEPS),
        str(len(refused)),
        "ok" if not failed else "FAILED: " + ", ".join(failed),
    ]


def _step(proof: Mapping[str, Any] | None, name: str) -> str:
    """The worst result of the steps of that name ("retrieval of x" is one of "retrieval")."""
    found = [s["status"] for s in proof["steps"] if s["name"].split()[0] == name] if proof else []
    order = ("fail", "not run", "pass", "not applicable")
    return MARKS[min(found, key=order.index)] if found else "–"


def markdown_table(rows: Sequence[Mapping[str, Any]]) -> str:
    titles = ["repository", "outcome", "files changed + added", *STEPS, "refusals", "own checks"]
    lines = [f"| {' | '.join(titles)} |", f"|{' --- |' * len(titles)}"]
    return "\n".join([*lines, *(f"| {' | '.join(cells(row))} |" for row in rows)])


def terminal_table(rows: Sequence[Mapping[str, Any]]) -> str:
    table = [["repository", "outcome", "files", *STEPS, "refused", "own checks"], *map(cells, rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    padded = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in table)
    return "\n".join(line.rstrip() for line in padded)
