"""The index is read into memory instead of being mapped.

https://github.com/facebookresearch/faiss/wiki/Index-IO,-cloning-and-hyper-parameter-tuning
"""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_LEAST_MIB = 16.0


def find(evidence: Evidence) -> Finding | None:
    added, mapped = evidence.during("store", "anonymous_mib"), evidence.mapped_mib("store")
    if added is None or added < _LEAST_MIB or (mapped or 0.0) > added:
        return None
    return Finding(
        cause="index_read_whole",
        trouble=Trouble.MEMORY,
        what="loading the store took anonymous memory, and next to nothing of its files is mapped",
        remedy=(
            "Open the index with `faiss.read_index(path, faiss.IO_FLAG_MMAP)`, keep texts in SQLite, or"
            " build the store with `python -m vectorstore`, which does both."
        ),
        mib=added,
    )
