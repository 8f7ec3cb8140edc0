from __future__ import annotations

import time

from tools.limits import Reading
from tools.profile.started import Timeline


def test_what_is_read_while_the_app_is_being_ended_is_no_part_of_the_run():
    timeline = Timeline()
    begun_s = time.monotonic()
    timeline.add(Reading(rss_mib=1.0, processes=1))
    timeline.add(Reading(processes=0))
    ended_s = time.monotonic()
    timeline.add(Reading(rss_mib=9.0, processes=1))
    assert [reading.rss_mib for _, reading in timeline.between(begun_s, ended_s)] == [1.0]
