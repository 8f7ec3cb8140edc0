"""The report for a pull request or $GITHUB_STEP_SUMMARY."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loadtests.report.terminal import MARKS, summary


def markdown(report: Mapping[str, Any]) -> str:
    """The thresholds as a table, the figures in sentences, the reasons as a list."""
    lines = [f"## Load test `{report['load']['shape']}`: {report['verdict'].upper()}", ""]
    lines += ["| | threshold | measured |", "| --- | --- | --- |"]
    lines += [
        f"| {MARKS[one['holds']]} | {one['text']} | {one['measured']} |"
        for one in report["thresholds"]
    ]
    lines += ["", *(f"- {line}" for line in summary(report)), ""]
    if report["why"]:
        lines += ["Why:", "", *(f"- {reason}" for reason in report["why"]), ""]
    if report.get("compared"):
        lines += ["| since the last run | before | now | change |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {name} | {one['before']:,.1f} | {one['now']:,.1f} | {_percent(one['change_percent'])} |"
            for name, one in report["compared"].items()
        ]
        lines.append("")
    lines.append(f"`{report['command']}`")
    return "\n".join(lines) + "\n"


def _percent(change: float | None) -> str:
    return "–" if change is None else f"{change:+.1f} %"
