from __future__ import annotations

from tools.profile.structures import parse

METRICS = """\
# HELP fit512_sessions_bytes What they take.
# TYPE fit512_sessions_bytes gauge
fit512_sessions_bytes 1024.0
fit512_sessions 3.0
fit512_pool_bytes{pool="a"} 10
fit512_pool_bytes{pool="b"} 5.5e1
history_bytes 9.0
process_resident_memory_bytes 1.3e+08
fit512_rss_bytes 1.3e+08
fit512_cgroup_usage_bytes 1.6e+08
"""


def test_our_gauges_of_bytes_without_the_memory_of_the_process_itself():
    assert parse(METRICS) == {"fit512_sessions_bytes": 1024.0, "fit512_pool_bytes": 65.0}


def test_no_metrics():
    assert parse("") == {}
