"""load.json, load.html and load.md in a folder, compared with the load.json that was there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.output import write_report
from loadtests.report.compare import compare
from loadtests.report.markdown import markdown
from loadtests.report.page import page
from tools.limits.atomic import write_text


def read_last(out: Path) -> dict[str, Any] | None:
    """The report of the run before; None without one that can be read."""
    try:
        found = json.loads((out / "load.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write(report: dict[str, Any], last: dict[str, Any] | None, out: Path) -> dict[str, Any]:
    """Write all three; returns the report with what has changed."""
    whole = {**report, "compared": compare(last, report)}
    write_report(out / "load.json", whole)
    write_text(out / "load.html", page(whole))
    write_text(out / "load.md", markdown(whole))
    return whole
