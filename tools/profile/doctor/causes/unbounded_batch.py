"""A spike far above what stays: a batch, an upload or a list of texts without a bound."""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_LEAST_MIB = 48.0


def find(evidence: Evidence) -> Finding | None:
    mib = max(_sampled_mib(evidence), _marked_mib(evidence))
    if mib < _LEAST_MIB:
        return None
    return Finding(
        cause="unbounded_batch",
        trouble=Trouble.MEMORY,
        what="memory peaked far above what stays after the load",
        remedy="Embed 8 texts at a time, cut them to 256 tokens, and bound bodies and uploads.",
        mib=mib,
    )


def _sampled_mib(evidence: Evidence) -> float:
    """By looking often, which sees long spikes of one process, and longer ones of several."""
    peak, after = evidence.peak("anonymous_mib"), evidence.at("after", "anonymous_mib")
    return 0.0 if peak is None or after is None else peak - after


def _marked_mib(evidence: Evidence) -> float:
    """By the kernel's mark of one process, against the largest that was left: misses no spike."""
    mark, processes = (
        evidence.peak("high_water_mib"),
        evidence.profile and evidence.profile.processes,
    )
    left = max((process["rss_mib"] or 0.0 for process in processes or ()), default=0.0)
    return mark - left if mark and left else 0.0
