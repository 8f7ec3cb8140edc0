"""Where nothing can be enforced the tree is watched, and the warning says so."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.limits import programs
from tests.limits.conftest import eventually, said
from tests.limits.programs import python
from tools.limits.enforce import Enforcement, unenforced
from tools.limits.job import Job
from tools.limits.memory import Reading, highest
from tools.limits.process import Limited
from tools.limits.watch import moved, over


def watched(command: list[str], limit_mib: float) -> Limited:
    job = Job(command, None, dict(os.environ), subprocess.PIPE, None)
    return Limited(unenforced(job, limit_mib, ["no memory cgroup"]), limit_mib)


def test_says_that_nothing_was_enforced_and_why():
    with watched(["true"], 128) as run:
        run.wait(10)
    assert run.enforcement is Enforcement.WATCHED
    assert run.warning is not None
    assert run.warning.startswith("the limit of 128 MiB was not enforced (no memory cgroup): ")
    assert not run.oom_killed


def test_lets_live_what_stays_below():
    with watched(python(programs.HOLD, 50), 128) as run:
        said(run)
        reading, peak = run.read(), run.peak()
        assert run.poll() is None
    assert (reading.working_set_mib, reading.cgroup_peak_mib) == (None, None)
    assert 50 < reading.anonymous_mib < 70
    assert 50 < peak.anonymous_mib < 70
    assert not run.oom_killed


def test_kills_what_holds_more():
    with watched(python(programs.HOLD, 200), 128) as run:
        assert run.wait(20) == -9
        assert run.oom_killed
    assert run.oom_kills == 1


def test_what_went_into_a_session_of_its_own_counts():
    with watched(python(programs.ORPHAN), 128) as run:
        orphan = int(said(run))
        assert eventually(lambda: run.poll() is not None)  # its first process
        assert eventually(lambda: orphan in run.pids())
        assert (run.read().rss_mib or 0.0) > 1


def test_kills_the_whole_tree_for_the_sum():
    with watched(python(programs.WORKERS, 3, 50, 0), 128) as run:
        assert run.wait(20) == -9
        assert run.oom_killed


def test_pages_shared_after_a_fork_are_not_summed_up():
    with watched(python(programs.WORKERS, 3, 0, 60), 128) as run:
        assert said(run) == "ready"
        assert run.peak().processes == 4
        assert run.wait(0.5) is None
    assert not run.oom_killed


def test_a_mapped_file_is_no_reason_to_kill(tmp_path):
    file = tmp_path / "weights"
    file.write_bytes(os.urandom(1 << 20) * 100)
    with watched(python(programs.MAP, file), 64) as run:
        assert said(run) == "mapped"
        assert run.peak().file_mib > 100
        assert run.wait(0.3) is None
    assert not run.oom_killed


@pytest.mark.parametrize(
    ("reading", "is_over"),
    [
        pytest.param(Reading(), False, id="nothing known"),
        pytest.param(Reading(anonymous_mib=100.0), False, id="at the limit"),
        pytest.param(Reading(anonymous_mib=100.1), True, id="above"),
        pytest.param(Reading(anonymous_mib=60.0, shared_mib=41.0), True, id="shared memory counts"),
        pytest.param(Reading(anonymous_mib=60.0, file_mib=400.0), False, id="files do not"),
        pytest.param(Reading(rss_mib=400.0, uss_mib=101.0), True, id="USS stands in"),
    ],
)
def test_over(reading, is_over):
    assert over(reading, 100) is is_over


def test_highest_goes_field_by_field():
    one = Reading(rss_mib=1.0, pss_mib=5.0, processes=2)
    other = Reading(rss_mib=3.0, uss_mib=0.5, processes=1)
    assert highest(one, other) == Reading(rss_mib=3.0, pss_mib=5.0, uss_mib=0.5, processes=2)
    assert highest(Reading(), Reading()) == Reading()


@pytest.mark.parametrize(
    ("changes", "looked_closer"),
    [
        pytest.param({}, False, id="the same"),
        pytest.param({"rss_mib": 50.2}, False, id="a few pages"),
        pytest.param({"rss_mib": 50.3}, True, id="RSS"),
        pytest.param({"rss_mib": 40.0}, True, id="less is a move too"),
        pytest.param({"high_water_mib": 90.0}, True, id="a spike between two looks"),
        pytest.param({"cgroup_peak_mib": 90.0}, True, id="a spike of a process that has ended"),
        pytest.param({"cgroup_usage_mib": 90.0}, True, id="page cache"),
        pytest.param({"processes": 2}, True, id="a worker"),
    ],
)
def test_what_counts_as_moving(changes, looked_closer):
    still = {"rss_mib": 50.0, "high_water_mib": 60.0, "cgroup_usage_mib": 70.0}
    before = Reading(**still, cgroup_peak_mib=80.0, processes=1)
    now = Reading(**{**still, "cgroup_peak_mib": 80.0, "processes": 1, **changes})
    assert moved(before, now) is looked_closer


def test_workers_outside_a_cgroup_always_move():
    """Pages that they stop sharing show nowhere but in the walk over the pages."""
    several = Reading(rss_mib=50.0, processes=2)
    assert moved(several, several)
