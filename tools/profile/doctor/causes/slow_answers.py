"""The app itself answers slowly: the model API was a local one that answers at once."""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_SLOW_MS = 1000.0
_UNANSWERED = (
    "See what it waits for: a model API at another address (--redirect), a lock, a download."
)


def find(evidence: Evidence) -> Finding | None:
    if evidence.died and evidence.died.ended.unanswered:
        what = f"it is ready, and then never answers: {evidence.died.ended}"
        lines = evidence.died.output
        return Finding("slow_answers", Trouble.SLOW_ANSWER, what, _UNANSWERED, lines=lines)
    half, p95 = evidence.load("p50_ms"), evidence.load("p95_ms")
    if half is None or p95 is None or p95 < _SLOW_MS:
        return None
    swapped = any("R14" in sign.meaning for sign in evidence.signs)
    work_ms = evidence.load("processor_ms")
    waits = work_ms is not None and work_ms < half / 2
    remedy = (
        "Let blocking calls run in threads, not in the event loop (`def` instead of `async def`), and"
        " answer 503 when too many wait."
        if waits
        else "Embed shorter texts, search fewer candidates, and cache repeated questions."
    )
    swap = " First bring it below its memory: Heroku swaps above it." if swapped else ""
    return Finding(
        cause="slow_answers",
        trouble=Trouble.SLOW_ANSWER,
        what=f"one answer in twenty takes {p95:.0f} ms here, half of them {half:.0f} ms. {_parts(evidence)}",
        remedy=remedy + swap,
        ms=p95,
    )


def _parts(evidence: Evidence) -> str:
    """Where the time of an answer goes, as far as it can be told."""
    half, work_ms = evidence.load("p50_ms") or 0.0, evidence.load("processor_ms")
    told = [(name, evidence.load(f"told_{part}_ms")) for part, name in _TOLD.items()]
    known = [f"{name} {ms:.0f} ms" for name, ms in told if ms is not None]
    if work_ms is not None:
        rest = max(half - work_ms, 0.0)
        known += [f"the processor works {work_ms:.0f} ms for one", f"waiting {rest:.0f} ms"]
    names = {name for name, ms in told if ms is None}
    missing = "" if "search" not in names else "; embedding and search apart: not measured"
    upstream = evidence.upstream_ms
    probed = "not measured" if upstream is None else f"{upstream:.0f} ms to its first byte"
    return f"Of it: {', '.join(known) or 'nothing was measured'}{missing}. The model API (here a local one that answers at once): {probed}"


_TOLD = {"embed": "embedding", "retrieve": "search", "first_token": "first token"}
