from __future__ import annotations

import pytest

from tests.profile.doctor.evidence import evidence
from tools.profile.doctor.causes.malloc_arenas import find


def settings(median: float, least: float):
    figure = {"median": median, "min": least, "max": median, "spread": 0.1}
    two = {"name": "MALLOC_ARENA_MAX=2", "variables": {"MALLOC_ARENA_MAX": "2"}, "gain_mib": figure}
    return {"settings": [two, {"name": "jemalloc", "variables": {}, "gain_mib": None}]}


@pytest.mark.parametrize(
    "malloc",
    [None, settings(7.9, 7.0), settings(20.0, -1.0)],
    ids=["not measured", "small", "noise"],
)
def test_nothing_to_gain_is_no_finding(malloc):
    assert find(evidence(malloc=malloc)) is None


def test_what_was_measured_on_this_app():
    finding = find(evidence(malloc=settings(30.0, 25.0)))
    assert finding.mib == 30.0
    assert finding.remedy == "Set MALLOC_ARENA_MAX=2 in the host's environment."
