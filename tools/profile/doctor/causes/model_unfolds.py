"""The model file is unfolded at load: its weights are copied into anonymous memory."""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_LEAST_MIB = 48.0


def find(evidence: Evidence) -> Finding | None:
    added, mapped = evidence.during("model", "anonymous_mib"), evidence.mapped_mib("model")
    if added is None or added < _LEAST_MIB or (mapped or 0.0) > added:
        return None
    return Finding(
        cause="model_unfolds",
        trouble=Trouble.MEMORY,
        what=f"loading the model took anonymous memory; {mapped or 0.0:.0f} MiB of its file are mapped",
        remedy=(
            "Export it with weights in a data file that is mapped and stays quantized in memory:"
            " `python -m tools.migrate export MODEL --recipe w8`."
        ),
        mib=added,
    )
