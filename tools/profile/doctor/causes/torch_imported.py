"""torch is imported, often by a package that could do without it."""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

# What is imported for the sake of torch, and goes with it.
_BRINGERS = ("sentence_transformers", "transformers", "langchain_huggingface", "torchvision")


def find(evidence: Evidence) -> Finding | None:
    rung = evidence.rung("torch")
    if rung is None:
        return None
    through = " > ".join(rung["chain"][:-1]) or "the app itself"
    brought = [package for package in rung["chain"][:-1] if package in _BRINGERS]
    with_all = evidence.rung(brought[0]) if brought else None
    if with_all:
        through += f"; {brought[0]} with all it pulls in takes {with_all['total_mib']:.0f} MiB"
    return Finding(
        cause="torch_imported",
        trouble=Trouble.MEMORY,
        what=f"torch is imported, by {through}",
        remedy="Embed with ONNX Runtime: `python -m tools.migrate run REPO` converts the repository.",
        mib=rung["total_mib"],
        ms=rung["total_ms"],
    )
