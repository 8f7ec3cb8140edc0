from __future__ import annotations

from tests.profile.doctor.evidence import evidence, rung
from tools.profile.doctor.causes.arena_growth import find

GREW = {"load": (5000.0, 140.0), "after": (6000.0, 130.0)}
ONNX = [rung("onnxruntime", 16.0, "app")]


def test_little_growth_or_none_by_onnxruntime_is_no_finding():
    assert find(evidence(packages=ONNX)) is None
    assert find(evidence(GREW)) is None


def test_memory_that_stays_after_the_load():
    finding = find(evidence(GREW, packages=ONNX))
    assert finding.mib == 54.0
    assert "enable_cpu_mem_arena = False" in finding.remedy
