"""torch is imported, often by a package that could do without it."""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble


def find(evidence: Evidence) -> Finding | None:
    rung = evidence.rung("torch")
    if rung is None:
        return None
    through = " > ".join(rung["chain"][:-1]) or "the app itself"
    return Finding(
        cause="torch_imported",
        trouble=Trouble.MEMORY,
        what=f"torch is imported, by {through}",
        remedy="Embed with ONNX Runtime: `python -m tools.migrate run REPO` converts the repository.",
        mib=rung["total_mib"],
        ms=rung["total_ms"],
    )
