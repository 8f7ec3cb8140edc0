from __future__ import annotations

import pytest

from tests.profile.profiles import profile, stage
from tools.profile.who.measure import told_apart


@pytest.mark.parametrize(
    ("rss_mib", "said"),
    [
        pytest.param(None, [], id="not measured"),
        pytest.param(100.0, [], id="the same"),
        pytest.param(109.0, [], id="a little more"),
        pytest.param(
            60.0,
            [
                "whose all of it is: the run that was looked into held 60 MiB of RSS, those that were"
                " measured 100 after the load"
            ],
            id="one of two workers",
        ),
    ],
)
def test_a_run_that_did_not_come_as_far_is_told(rss_mib, said):
    measured = profile(stages=(stage("after", 9000.0, 100.0),))
    assert list(told_apart(measured, rss_mib)) == said


def test_without_its_last_stage_nothing_is_told():
    assert list(told_apart(profile(), 60.0)) == []
