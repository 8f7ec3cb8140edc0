from __future__ import annotations

from tests.profile.doctor.evidence import evidence
from tools.profile.doctor.causes.index_read_whole import find

READ = {"store": (1600.0, 170.0)}


def test_a_small_or_a_mapped_index_is_no_finding():
    assert find(evidence()) is None
    assert find(evidence(READ, mapped=[("store", 150.0)])) is None


def test_an_index_in_anonymous_memory():
    finding = find(evidence(READ, mapped=[("model", 20.0)]))
    assert finding.mib == 100.0
    assert "faiss.IO_FLAG_MMAP" in finding.remedy
