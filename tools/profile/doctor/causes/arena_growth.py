"""ONNX Runtime's arena grows with the largest batch and is not given back.

https://onnxruntime.ai/docs/get-started/with-python.html, enable_cpu_mem_arena.
"""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_LEAST_MIB = 32.0


def find(evidence: Evidence) -> Finding | None:
    before = evidence.at("first_request", "anonymous_mib")
    after = evidence.at("after", "anonymous_mib")
    if evidence.rung("onnxruntime") is None or before is None or after is None:
        return None
    if after - before < _LEAST_MIB:
        return None
    return Finding(
        cause="arena_growth",
        trouble=Trouble.MEMORY,
        what="memory grew during the load and stayed, with ONNX Runtime in the process",
        remedy="Set `enable_cpu_mem_arena = False` in SessionOptions, and bound batch and text length.",
        mib=after - before,
    )
