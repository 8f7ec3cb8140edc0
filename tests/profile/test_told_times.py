from __future__ import annotations

from tools.profile.told_times import Times, parse

METRICS = """\
# TYPE fit512_retrieve_seconds histogram
fit512_retrieve_seconds_bucket{le="0.1"} 4.0
fit512_retrieve_seconds_count 4.0
fit512_retrieve_seconds_sum 0.05
app_embedding_seconds_count{model="a"} 1.0
app_embedding_seconds_sum{model="a"} 0.2
app_embedding_seconds_count{model="b"} 3.0
app_embedding_seconds_sum{model="b"} 0.6
fit512_request_seconds_count{route="/chat"} 9.0
fit512_request_seconds_sum{route="/chat"} 9.0
"""


def test_the_parts_of_an_answer_are_read():
    assert parse(METRICS) == {"retrieve": (0.05, 4.0), "embed": (0.8, 4.0)}
    assert parse("<html>") == {}


def test_only_what_was_added_counts():
    before = Times({"embed": (0.2, 2.0), "first_token": (1.0, 1.0)})
    after = Times({**before.totals, "embed": (0.8, 4.0), "retrieve": (0.05, 5.0)})
    assert {part: round(ms, 3) for part, ms in after.since(before).items()} == {
        "embed": 300.0,
        "retrieve": 10.0,
    }
