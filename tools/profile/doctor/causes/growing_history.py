"""Memory grows with every request: a history, a cache or a list without a bound."""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_REQUESTS = 10  # thousands


def find(evidence: Evidence) -> Finding | None:
    leak = (evidence.profile.leak if evidence.profile else None) or {}
    if leak.get("verdict") != "leaks":
        return None
    kib = float(leak["unexplained_kib_per_1000"])
    peak = evidence.peak("working_set_mib") or evidence.peak("rss_mib") or 0.0
    left = max(evidence.limit_mib - peak, 0.0) * 1024 / kib * 1000
    return Finding(
        cause="growing_history",
        trouble=Trouble.MEMORY,
        what=(
            f"memory grows by {kib:.0f} KiB per 1000 requests (above for {_REQUESTS},000): the limit is"
            f" reached after {left:,.0f}"
        ),
        remedy=(
            "Keep one bounded history per session (ConversationBufferWindowMemory hides old turns and"
            " keeps them: `python -m tools.migrate` trims it), and bound every cache."
        ),
        mib=kib * _REQUESTS / 1024,
    )
