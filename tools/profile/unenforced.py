"""An app that was above a limit that nothing enforced: nobody knows whether it lives inside."""

from __future__ import annotations

from tools.limits import format_mib
from tools.profile.result import Profile

NOT_ENFORCED = "not enforced"


def above_line(profile: Profile) -> str | None:
    """In words; None where the limit was enforced, or kept to.

    RSS stands in for the working set, which only a cgroup counts: it is stricter.
    """
    took, name = profile.peak.get("working_set_mib"), "working set"
    if took is None:
        took, name = profile.peak.get("rss_mib"), "RSS"
    limit_mib = profile.limit_mib
    if profile.enforcement != NOT_ENFORCED or not took or limit_mib is None:
        return None
    if took.median <= limit_mib:
        return None
    return (
        f"whether it lives inside {format_mib(limit_mib)}: its {name} is above that"
        f" ({format_mib(took.median)}), and nothing enforced the limit"
    )
