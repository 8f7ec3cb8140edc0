"""A spike far above what stays: a batch, an upload or a list of texts without a bound."""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_LEAST_MIB = 48.0


def find(evidence: Evidence) -> Finding | None:
    peak, after = evidence.peak("anonymous_mib"), evidence.at("after", "anonymous_mib")
    if peak is None or after is None or peak - after < _LEAST_MIB:
        return None
    return Finding(
        cause="unbounded_batch",
        trouble=Trouble.MEMORY,
        what="memory peaked far above what stays after the load",
        remedy="Embed 8 texts at a time, cut them to 256 tokens, and bound bodies and uploads.",
        mib=peak - after,
    )
