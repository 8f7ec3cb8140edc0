from __future__ import annotations

from tests.profile.doctor.evidence import evidence
from tools.profile.doctor.causes.unbounded_batch import find


def test_an_even_peak_is_no_finding():
    assert find(evidence(peak={"anonymous_mib": 127.9})) is None


def test_a_spike():
    assert find(evidence(peak={"anonymous_mib": 330.0})).mib == 250.0


def test_a_short_spike_of_one_of_several_processes():
    held = ({"rss_mib": 29.0, "uss_mib": 25.0}, {"rss_mib": 25.0, "uss_mib": 20.0})
    peak = {"anonymous_mib": 80.0, "high_water_mib": 179.0}
    assert find(evidence(peak=peak, processes=held)).mib == 150.0
    assert find(evidence(peak={**peak, "high_water_mib": 76.0}, processes=held)) is None
