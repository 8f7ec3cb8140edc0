from __future__ import annotations

from tests.profile.profiles import profile, stage
from tools.profile.gate.table import markdown, stage_rows


def test_the_stages_stand_in_the_order_in_which_they_end_now():
    before = profile(stages=(stage("imports", 1.0, 50.0), stage("first_request", 9.0, 70.0)))
    now = profile(stages=(stage("store", 2.0, 51.0), stage("model", 3.0, 60.0)))
    assert stage_rows(before, now, "rss_mib") == [
        ("store", None, 51.0),
        ("model", None, 60.0),
        ("imports", 50.0, None),
        ("first_request", 70.0, None),
        ("peak", 121.0, 121.0),
    ]


def test_without_a_baseline_there_is_nothing_to_compare_with():
    now = profile(stages=(stage("ready", 2.0, 51.0),))
    assert markdown(None, now, "rss_mib") == (
        "| stage | now |\n| --- | ---: |\n| ready | 51.0 |\n| peak | 121.0 |\n\n"
        "MiB of RSS at the end of each stage."
    )
