"""The findings in the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from textwrap import fill
from typing import Any

from tools.limits import format_mib
from tools.profile.death import death_line
from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.program import PROGRAM

_WIDTH = 100
_FAR = 0.8
_NOTHING = "No cause was found in what was measured."
_NOT_MEASURED = (
    "Nothing was measured, so no cause can be told for certain. Give the command behind two dashes, too:\n"
    f"`{PROGRAM} doctor --log FILE -- COMMAND`."
)


def render(evidence: Evidence, findings: Sequence[Finding]) -> str:
    """What the log says, the likely causes in order, and what was not looked at."""
    parts = [*_signs(evidence), *_verdict(evidence), *_findings(evidence, findings)]
    parts += _missing(evidence)
    return "\n".join(parts)


def as_json(evidence: Evidence, findings: Sequence[Finding]) -> dict[str, Any]:
    """Amounts in MiB and ms."""
    return {
        "schema": 1,
        "limit_mib": evidence.limit_mib,
        "signs": [asdict(sign) for sign in evidence.signs],
        "findings": [asdict(finding) for finding in findings],
        "not_measured": list(_missing(evidence)),
    }


def _signs(evidence: Evidence) -> Iterator[str]:
    if evidence.has_log and not evidence.signs:
        yield "No line of the log is one in which a host or Python tells of trouble."
        yield ""
    if not evidence.signs:
        return
    yield "The log says:"
    for sign in evidence.signs:
        often = f", {sign.count} times" if sign.count > 1 else ""
        size = f", {format_mib(sign.mib)}" if sign.mib and sign.mib == evidence.counted_mib else ""
        yield f"  line {sign.line}{often}: {sign.meaning}{size}"
    yield ""


def _verdict(evidence: Evidence) -> Iterator[str]:
    """What it took here beside what there is."""
    working_set, rss = evidence.peak("working_set_mib"), evidence.peak("rss_mib")
    took = working_set or rss
    if took is None:
        return
    limit, counted = evidence.limit_mib, evidence.counted_mib
    over = f"{format_mib(took - limit)} too much" if took > limit else "within it"
    shown = f" ({format_mib(rss)} RSS)" if working_set and rss else " RSS"
    yield f"At its peak it took {format_mib(took)}{shown} here; of {format_mib(limit)}: {over}."
    died = death_line(evidence.profile) if evidence.profile else None
    if died:
        yield f"  It was measured without a limit, which it needs: {died}."
    if counted and max(took, rss or 0.0) < _FAR * counted:
        yield "  On the host it took far more: more workers, another load, or growth over time."
    yield ""


def _findings(evidence: Evidence, findings: Sequence[Finding]) -> Iterator[str]:
    if not findings and evidence.profile:
        yield _NOTHING
    for number, finding in enumerate(findings, 1):
        yield f"{number}. {finding.cause}: {_cost(finding)}"
        yield fill(
            f"{finding.what.rstrip('.')}.", _WIDTH, initial_indent="   ", subsequent_indent="   "
        )
        if finding.lines:
            yield finding.lines
        yield fill(f"-> {finding.remedy}", _WIDTH, initial_indent="   ", subsequent_indent="      ")
    if not evidence.profile and not evidence.died:
        yield _NOT_MEASURED


def _cost(finding: Finding) -> str:
    costs = [f"{finding.mib:.1f} MiB"] if finding.mib is not None else []
    costs += [f"{finding.ms:,.0f} ms"] if finding.ms is not None else []
    return ", ".join(costs) or "not measured"


def _missing(evidence: Evidence) -> Iterator[str]:
    profile = evidence.profile
    if profile is None:
        return
    if profile.malloc is None:
        yield f"not looked at: malloc_arenas (`{PROGRAM} malloc --into PROFILE`)"
    if profile.leak is None:
        yield f"not looked at: growing_history (`{PROGRAM} leak --into PROFILE`)"
    if not (profile.who or {}).get("imports"):
        yield "not looked at: who imports what, which was not measured"
    if evidence.upstream_ms is None:
        yield "not looked at: slow_upstream (--upstream URL)"
