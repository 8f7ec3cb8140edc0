from __future__ import annotations

from tests.profile.doctor.evidence import evidence
from tools.profile.doctor.causes.unbounded_batch import find


def test_an_even_peak_is_no_finding():
    assert find(evidence(peak={"anonymous_mib": 127.9})) is None


def test_a_spike():
    assert find(evidence(peak={"anonymous_mib": 330.0})).mib == 250.0
