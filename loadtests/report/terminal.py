"""The verdict as k6's users know it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MARKS = {True: "✓", False: "✗", None: "?"}


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """`✓ p95 < 400 ms   312 ms`, one threshold a line, then what else there is to know."""
    width = max((len(one["text"]) for one in report["thresholds"]), default=0)
    for one in report["thresholds"]:
        yield f"  {MARKS[one['holds']]} {one['text']:<{width}}   {one['measured']}"
    yield ""
    yield from (f"  {line}" for line in summary(report))
    if report.get("compared"):
        yield f"  since the last run: {_changes(report['compared'])}"
    yield f"  verdict: {report['verdict'].upper()}"
    yield from (f"    {reason}" for reason in report["why"])


def summary(report: Mapping[str, Any]) -> Iterator[str]:
    """What was sent, how quick the answers were, and what the server took."""
    f = report["figures"]
    asked, cached = f["questions"] or 0, f["cached"] or 0
    hits = f", {cached:,.0f} of them from the cache" if cached else ""
    yield f"{asked:,.0f} questions, {f['failed'] or 0:,.0f} failed{hits}; {_shown(f['request_rate'], '/s')} answered"
    if never := f.get("never_asked"):
        yield f"{never:,.0f} of {never + asked:,.0f} due questions never asked: their visitors still waited for an answer"
    yield (
        f"answers: p50 {_shown(f['p50'], ' ms')}, p95 {_shown(f['p95'], ' ms')},"
        f" p99 {_shown(f['p99'], ' ms')}; first token p95 {_shown(f['first_token_p95'], ' ms')}"
    )
    yield (
        f"memory: working set {_shown(f['peak_working_set_mib'], ' MiB')}, RSS"
        f" {_shown(f['peak_rss_mib'], ' MiB')} at most; slope {_shown(f['memory_slope'], ' MiB/h')},"
        f" {_shown(f['memory_per_request'], ' KiB')} a request"
    )
    if f.get("kept_first_mib") is not None:
        yield (
            f"kept within bounds: sessions and cached answers, {f['kept_first_mib']:.1f} MiB before and"
            f" {f['kept_last_mib']:.1f} after; slope beside them {_shown(f['memory_slope_net'], ' MiB/h')}"
        )
    if report["steps"]:
        yield f"highest rate held: {_shown(f['rate_reached'], '/s')}; {_broke(report['steps'])}"
    if busy := report.get("machine_load"):
        yield (
            f"machine: load average {_shown(busy['load_average_before'], '')} before,"
            f" {busy['others_percent']:.0f} % of its cores taken by others"
        )
    if report["warning"]:
        yield f"warning: {report['warning']}"


def _broke(steps: list[dict[str, Any]]) -> str:
    last = steps[-1]
    if not last["broken"]:
        return "nothing broke up to the end"
    return f"at {last['rate']:g}/s: {'; '.join(last['broken'])}"


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}{unit}" if abs(value) >= 100 else f"{value:,.1f}{unit}"


def _changes(compared: Mapping[str, Any]) -> str:
    return ", ".join(_change(name, one) for name, one in compared.items()) or "nothing to compare"


def _change(name: str, one: Mapping[str, Any]) -> str:
    if one["change_percent"] is None:
        return f"{name} {one['before']:,.1f} → {one['now']:,.1f}"
    return f"{name} {one['change_percent']:+.1f} %"
