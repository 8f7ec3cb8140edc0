"""The report as one HTML file, which loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from loadtests.report.curves import Curve, panel
from loadtests.report.terminal import MARKS, summary

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(report: Mapping[str, Any]) -> str:
    """The whole page."""
    template = _TEMPLATES.get_template("page.html")
    panels = _panels(report)
    return template.render(report=report, marks=MARKS, summary=summary(report), panels=panels)


def _panels(report: Mapping[str, Any]) -> list[str]:
    curves = report["series"]
    if not curves:
        return []
    at_s = curves["at_s"]
    memory = [
        Curve("working set", "first", curves["working_set_mib"]),
        Curve("RSS", "second", curves["rss_mib"]),
        Curve("anonymous", "third", curves["anonymous_mib"]),
    ]
    rates = [
        Curve("answered", "first", curves["requests"]),
        Curve("failed", "bad", curves["failures"]),
    ]
    found = [
        panel("Memory", "MiB (dashed: the limit)", at_s, memory, report["limit_mib"]),
        panel("Questions", "per second", at_s, rates),
        panel("p95 of the 10 s before", "ms", at_s, [Curve("p95", "second", curves["p95_ms"])]),
        panel("Visitors", "at once", at_s, [Curve("visitors", "third", curves["users"])]),
    ]
    return [drawing for drawing in found if drawing]
