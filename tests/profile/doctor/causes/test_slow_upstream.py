from __future__ import annotations

from tests.profile.doctor.evidence import evidence
from tools.profile.doctor.causes.slow_upstream import find


def test_a_quick_or_an_unknown_upstream_is_no_finding():
    assert find(evidence(upstream_ms=999.0)) is None
    assert find(evidence()) is None


def test_a_slow_upstream():
    assert find(evidence(upstream_ms=2500.0)).ms == 2500.0
