"""The app itself answers slowly: the model API was a local one that answers at once."""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_SLOW_MS = 1000.0


def find(evidence: Evidence) -> Finding | None:
    half, p95 = evidence.load("p50_ms"), evidence.load("p95_ms")
    if half is None or p95 is None or p95 < _SLOW_MS:
        return None
    swapped = any("R14" in sign.meaning for sign in evidence.signs)
    waits = p95 > 3 * half
    where = (
        f"half of the answers take {half:.0f} ms, so most of it is waiting for others"
        if waits
        else f"half of the answers take {half:.0f} ms: embedding, search and the app's own work"
    )
    remedy = (
        "Let embedding run in one thread outside the event loop, and answer 503 when too many wait."
        if waits
        else "Embed shorter texts, search fewer candidates, and cache repeated questions."
    )
    swap = " First bring it below its memory: Heroku swaps above it." if swapped else ""
    return Finding(
        cause="slow_answers",
        trouble=Trouble.SLOW_ANSWER,
        what=f"one answer in twenty takes {p95:.0f} ms with a model API that answers at once; {where}",
        remedy=remedy + swap,
        ms=p95,
    )
