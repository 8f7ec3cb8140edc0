"""The model API answers slowly: nothing in the app shortens that, streaming hides it."""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_LEAST_MS = 1000.0


def find(evidence: Evidence) -> Finding | None:
    if evidence.upstream_ms is None or evidence.upstream_ms < _LEAST_MS:
        return None
    return Finding(
        cause="slow_upstream",
        trouble=Trouble.SLOW_ANSWER,
        what="the model API takes long to its first byte, asked from here",
        remedy="Stream the answer (hosts want a first byte within 30 s), and choose a faster model.",
        ms=evidence.upstream_ms,
    )
