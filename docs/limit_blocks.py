"""The table of docs/limits.md, from reports/limits.json. Called by cog."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

REPORT = Path(__file__).parent.parent / "reports/limits.json"


def attacks() -> str:
    """How far each attack of bench/attacks.py drove the working set, and whether it held."""
    report: dict[str, Any] = json.loads(REPORT.read_text("utf-8"))
    wide_mib, tight_mib = report["limits_mib"]["wide"], report["limits_mib"]["tight"]
    head = [
        f"| attack | MiB above rest, inside {wide_mib:g} MiB | inside {tight_mib:g} MiB |"
        " killed | afterwards |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *map(_row, report["attacks"].values())])


def _row(attack: dict[str, Any]) -> str:
    figures = attack["figures"]
    killed = max(figures["wide_killed"]["max"], figures["tight_killed"]["max"])
    answers = "answers" if figures["tight_answered"]["min"] else "answers inside the wider limit"
    return (
        f"| {attack['title']} | {_spread(figures['wide_above_rest_mib'])}"
        f" | {_spread(figures['tight_above_rest_mib'])}"
        f" | {'yes' if killed else 'no'} | {answers if attack['held'] else 'no answer'} |"
    )


def _spread(figure: dict[str, Any]) -> str:
    return f"{figure['median']:.1f} ({figure['min']:.1f} to {figure['max']:.1f})"
