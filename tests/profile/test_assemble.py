from __future__ import annotations

from collections import Counter

import pytest

from tests.profile.test_smallest import run
from tools.limits import Enforcement, Reading
from tools.profile.asked import Asked
from tools.profile.assemble import assemble
from tools.profile.client import Load, Request
from tools.profile.marks import Mark
from tools.profile.plan import Effort, Plan
from tools.profile.ports import Address
from tools.profile.ready import Door
from tools.profile.subject import Subject


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/main.py").write_text("x = 1\n")
    (tmp_path / "requirements.txt").write_text("fastapi\n")
    return Plan(
        subject=Subject.of(["true"], tmp_path),
        effort=Effort(),
        upstream=None,
        door=Door(Address("127.0.0.1", 8000), "/ready", "/health"),
        takes_port=True,
        asked=Asked("GET /health", (Request("GET", "/health"),)),
        cold=(),
        sources=frozenset([tmp_path / "app/main.py"]),
        data={},
        versions={"python": "3.11.2"},
    )


def measured(plan, rss_mib, **changed):
    fields = {**vars(run()), "peak": Reading(rss_mib=rss_mib), "sources": plan.sources, **changed}
    return type(run())(**fields)


def test_several_runs_are_one_profile(plan):
    runs = [measured(plan, rss) for rss in (100.0, 104.0, 102.0)]
    profile = assemble(plan, runs, 512.0, [Mark(20.0, Reading(rss_mib=9.0))], ["true"])
    assert (profile.runs, profile.limit_mib, profile.enforcement) == (3, 512.0, "cgroup v2")
    assert profile.peak["rss_mib"].median == 102.0
    assert [stage.name for stage in profile.stages] == ["interpreter", "ready"]
    assert profile.content["paths"] == ["app", "requirements.txt"]
    assert not profile.unstable
    assert list(profile.not_measured) == [
        "working_set_mib, cgroup_usage_mib, cgroup_peak_mib, page_cache_mib: there is no cgroup",
        "stage imports: not all runs showed it",
        "stage model: no file of a model was opened",
        "stage store: no file of a store was opened",
        "stage first_request: not all runs showed it",
        "stage load: not all runs showed it",
        "stage after: not all runs showed it",
    ]


def test_runs_far_apart_are_unstable(plan):
    runs = [measured(plan, rss) for rss in (100.0, 120.0, 102.0)]
    profile = assemble(plan, runs, None, [], ["true"])
    assert profile.unstable
    assert profile.unstable_figures() == ["peak rss_mib (20% apart)"]


def test_one_run_tells_nothing_of_the_spread(plan):
    profile = assemble(plan, [measured(plan, 100.0)], None, [], ["true"])
    assert profile.unstable is None
    assert profile.peak["rss_mib"].spread is None
    assert "spread: one run shows none" in profile.not_measured


def test_watched_is_not_enforced(plan):
    watched = measured(plan, 1.0, enforcement=str(Enforcement.WATCHED), warning="only looked at")
    profile = assemble(plan, [watched], 512.0, [], ["true"])
    assert profile.enforcement == "not enforced"
    assert profile.not_measured[-1] == "only looked at"


def test_more_than_a_limit_that_nothing_enforced_is_no_pass(plan):
    watched = measured(plan, 20.6, enforcement=str(Enforcement.WATCHED))
    missing = assemble(plan, [watched], 16.0, [], ["true"]).not_measured
    assert missing[-1] == (
        "whether it lives inside 16 MiB: its RSS is above that (20.6 MiB), and nothing enforced the"
        " limit"
    )


def test_a_figure_that_one_run_lacks_is_not_measured(plan):
    runs = [measured(plan, 100.0), measured(plan, None)]
    assert assemble(plan, runs, None, [], ["true"]).peak["rss_mib"] is None


def test_a_long_timeline_keeps_its_highest_sample(plan):
    samples = [(float(n), Reading(rss_mib=50.0)) for n in range(5000)]
    samples[777] = (777.0, Reading(rss_mib=99.0))
    profile = assemble(plan, [measured(plan, 1.0, timeline=samples)], None, [], ["true"])
    assert len(profile.timeline) <= 600
    assert max(profile.timeline, key=lambda s: s["rss_mib"])["at_ms"] == 777.0


def test_the_line_is_that_of_the_run_whose_length_is_the_median(plan):
    runs = [
        measured(plan, 1.0, timeline=[(0.0, Reading()), (end_ms, Reading())])
        for end_ms in (300.0, 100.0, 200.0)
    ]
    assert assemble(plan, runs, None, [], ["true"]).timeline[-1]["at_ms"] == 200.0


def test_the_stages_stand_in_the_order_of_their_medians(plan):
    def stages(model_ms, store_ms):
        moments = {"model": model_ms, "store": store_ms}
        return {name: Mark(ms, Reading()) for name, ms in moments.items()}

    runs = [measured(plan, 1.0, stages=stages(*ms)) for ms in [(1.0, 2.0), (5.0, 3.0), (6.0, 4.0)]]
    profile = assemble(plan, runs, None, [], ["true"])
    assert [stage.name for stage in profile.stages] == ["store", "model"]


def test_a_stage_is_seen_by_what_the_runs_saw(plan):
    seen = ["first open of a.onnx", "first open of b.onnx", "first open of a.onnx"]
    runs = [measured(plan, 1.0, stages={"imports": Mark(1.0, Reading(), by)}) for by in seen]
    profile = assemble(plan, runs, None, [], ["true"])
    assert profile.stages[0].seen == "first open of a.onnx, or first open of b.onnx"


def test_what_was_asked_in_vain_is_said_with_its_status(plan):
    load = Load(asked=30, seconds=1.0, failed=Counter({404: 28, None: 2}))
    profile = assemble(plan, [measured(plan, 1.0, load=load)], None, [], ["true"])
    assert "the load: 28 of 30 requests were answered 404" in profile.not_measured
    assert "the load: 2 of 30 requests got no answer in time" in profile.not_measured
