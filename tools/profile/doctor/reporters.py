"""The findings in the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from textwrap import fill
from typing import Any

from tools.profile.doctor.evidence import Evidence, Finding

_WIDTH = 100


def render(evidence: Evidence, findings: Sequence[Finding]) -> str:
    """What the log says, the likely causes in order, and what was not looked at."""
    parts = [*_signs(evidence), *_findings(findings), *_missing(evidence)]
    return "\n".join(parts)


def as_json(evidence: Evidence, findings: Sequence[Finding]) -> dict[str, Any]:
    """Amounts in MiB and ms."""
    return {
        "schema": 1,
        "signs": [asdict(sign) for sign in evidence.signs],
        "findings": [asdict(finding) for finding in findings],
        "not_measured": list(_missing(evidence)),
    }


def _signs(evidence: Evidence) -> Iterator[str]:
    if not evidence.signs:
        return
    yield "The log says:"
    for sign in evidence.signs:
        often = f", {sign.count} times" if sign.count > 1 else ""
        yield f"  line {sign.line}{often}: {sign.meaning}"
    yield ""


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield "No cause was found in what was measured."
        return
    for number, finding in enumerate(findings, 1):
        yield f"{number}. {finding.cause}: {_cost(finding)}"
        yield fill(f"{finding.what}.", _WIDTH, initial_indent="   ", subsequent_indent="   ")
        yield fill(f"-> {finding.remedy}", _WIDTH, initial_indent="   ", subsequent_indent="      ")


def _cost(finding: Finding) -> str:
    costs = [f"{finding.mib:.1f} MiB"] if finding.mib is not None else []
    costs += [f"{finding.ms:,.0f} ms"] if finding.ms is not None else []
    return ", ".join(costs) or "not measured"


def _missing(evidence: Evidence) -> Iterator[str]:
    profile = evidence.profile
    if profile is None:
        yield "not looked at: memory and times, since there is no profile"
        return
    if profile.malloc is None:
        yield "not looked at: malloc_arenas (`python -m tools.profile malloc --into PROFILE`)"
    if profile.leak is None:
        yield "not looked at: growing_history (`python -m tools.profile leak --into PROFILE`)"
    if not (profile.who or {}).get("imports"):
        yield "not looked at: who imports what, which was not measured"
    if evidence.upstream_ms is None:
        yield "not looked at: slow_upstream (--upstream URL)"
