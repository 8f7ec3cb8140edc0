from __future__ import annotations

import pytest

from tests.profile.doctor.evidence import evidence
from tools.profile.doctor.causes.growing_history import find


@pytest.mark.parametrize(
    "leak", [None, {"verdict": "no leak seen", "unexplained_kib_per_1000": 1.0}]
)
def test_no_slope_is_no_finding(leak):
    assert find(evidence(leak=leak)) is None


def test_a_slope_says_when_the_limit_is_reached():
    leak = {"verdict": "leaks", "unexplained_kib_per_1000": 1024.0}
    finding = find(evidence(leak=leak))
    assert finding.mib == 10.0  # of 10,000 requests
    assert finding.what == (
        "memory grows by 1024 KiB per 1000 requests (above for 10,000): the limit is reached after"
        " 412,000"
    )
