"""The limit is real: these run in a cgroup wherever one can be had."""

from __future__ import annotations

import os
import subprocess
import threading

import pytest

from tests.limits import programs
from tests.limits.conftest import eventually, said
from tests.limits.programs import python
from tools.limits import start
from vectorstore.commandline import CommandError

PIPE = subprocess.PIPE
pytestmark = pytest.mark.usefixtures("enforced")


def test_a_program_within_the_limit_lives_and_its_peak_is_the_kernels():
    with start(python(programs.HOLD, 0), stdout=PIPE, limit_mib=256) as bare:
        said(bare)
        without = bare.peak().cgroup_peak_mib
    with start(python(programs.HOLD, 200), stdout=PIPE, limit_mib=256) as run:
        assert said(run) == "held"
        peak = run.peak()
    assert (run.oom_killed, run.warning) == (False, None)
    assert peak.cgroup_peak_mib == pytest.approx(200 + without, rel=0.03)
    assert peak.anonymous_mib == pytest.approx(200 + bare.peak().anonymous_mib, rel=0.03)
    assert peak.working_set_mib == pytest.approx(200 + bare.peak().working_set_mib, rel=0.03)


def test_the_same_program_is_killed_below_what_it_needs():
    with start(python(programs.ALLOCATE, 200), stdout=PIPE, limit_mib=128) as run:
        assert run.wait(30) == -9
        assert run.oom_killed
        assert said(run) == ""
    assert run.oom_kills == 1  # also when all is removed
    assert run.peak().cgroup_peak_mib == pytest.approx(128, abs=1)
    assert run.peak().limit_hits > 0


def test_a_program_that_is_killed_by_somebody_else_was_not_out_of_memory():
    with start(programs.SLEEP, limit_mib=64) as run:
        run.process.kill()
        assert run.wait(10) == -9
        assert not run.oom_killed


def test_a_worker_killed_for_memory_counts_though_its_parent_ends_well():
    with start(python(programs.GREEDY_WORKER, 200), stdout=PIPE, limit_mib=128) as run:
        assert said(run) == "-9"
        assert run.wait(10) == 0
        assert run.oom_killed


def test_all_processes_count():
    with start(python(programs.WORKERS, 3, 40, 0), stdout=PIPE, limit_mib=256) as run:
        assert said(run) == "ready"
        reading = run.read()
    assert (reading.processes, reading.threads) == (4, 4)
    assert reading.rss_mib > 120
    assert 120 < reading.anonymous_mib < 160
    assert 120 < reading.working_set_mib < 160


def test_pages_shared_after_a_fork_count_once_where_they_are_charged_once():
    with start(python(programs.WORKERS, 3, 0, 60), stdout=PIPE, limit_mib=256) as run:
        assert said(run) == "ready"
        reading = run.read()
    assert reading.rss_mib > 4 * 60
    assert 60 < reading.pss_mib < 90
    assert 60 < reading.anonymous_mib < 90
    assert 60 < reading.working_set_mib < 90
    assert reading.uss_mib < 30


def test_workers_share_one_limit():
    with start(python(programs.WORKERS, 4, 40, 0), stdout=PIPE, limit_mib=128) as run:
        assert eventually(lambda: run.oom_killed)


def test_a_spike_of_20_ms_is_in_the_kernels_peak():
    with start(python(programs.SPIKE, 150), stdout=PIPE, limit_mib=256) as run:
        assert said(run) == "over"
        assert run.read().rss_mib < 50
        peak = run.peak()
    assert peak.cgroup_peak_mib >= 150
    assert peak.rss_mib >= 150  # the process's own high-water mark


def test_without_a_limit_the_same_is_measured_and_nothing_enforced():
    with start(python(programs.HOLD, 100), stdout=PIPE) as run:
        assert said(run) == "held"
        reading = run.read()
    assert (run.enforcement, run.warning) == ("none", None)
    assert 100 < reading.working_set_mib < 120
    assert 100 < reading.cgroup_peak_mib < 120


def test_nothing_of_ours_is_charged_to_the_command():
    with start(["sleep", "60"], limit_mib=64) as run:
        reading = run.read()
    assert reading.processes == 1
    # The launcher's interpreter alone would be 8.
    assert reading.cgroup_peak_mib < 3


def test_two_at_a_time_have_groups_of_their_own():
    with start(python(programs.HOLD, 20), stdout=PIPE, limit_mib=64) as small:
        said(small)
        with start(python(programs.ALLOCATE, 200), stdout=PIPE, limit_mib=64) as large:
            large.wait(30)
            assert (small.oom_killed, large.oom_killed) == (False, True)
        assert small.poll() is None


def test_starts_from_a_thread_too():
    codes = []

    def run() -> None:
        with start(python("raise SystemExit(3)"), limit_mib=64) as started:
            codes.append(started.wait(10))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [3, 3, 3, 3]


@pytest.mark.parametrize("limit_mib", [None, 64])
def test_a_command_that_is_not_there_is_said_by_name(limit_mib):
    with pytest.raises(CommandError, match=r"cannot run 'no-such-program': No such file"):
        start(["no-such-program"], limit_mib=limit_mib)


def test_a_folder_that_is_not_there_is_said_by_name(tmp_path):
    with pytest.raises(CommandError, match="No such file or directory .*missing"):
        start(["true"], limit_mib=64, cwd=tmp_path / "missing")


@pytest.mark.parametrize(("command", "limit_mib"), [([], 64), (["true"], 0), (["true"], -1)])
def test_nothing_to_run_and_no_memory_are_refused(command, limit_mib):
    with pytest.raises(CommandError, match="cannot run"):
        start(command, limit_mib=limit_mib)


def test_the_environment_is_the_callers(tmp_path):
    code = "import os; print(sorted(os.environ)); print(os.getcwd())"
    with start(python(code), env={"ONLY": "1"}, cwd=tmp_path, stdout=PIPE, limit_mib=64) as run:
        names = said(run)
        assert said(run) == str(tmp_path.resolve())
    assert names in ("['FIT512_RUN', 'ONLY']", "['FIT512_RUN', 'LC_CTYPE', 'ONLY']")


def test_signals_are_as_a_shell_hands_them_on():
    code = "import signal; print(signal.getsignal(signal.SIGPIPE), signal.getsignal(signal.SIGINT))"
    with start(["sh", "-c", "kill -PIPE $$; echo survived"], limit_mib=64, stdout=PIPE) as run:
        assert (run.wait(10), said(run)) == (-13, "")
    with start(python(code), limit_mib=64, stdout=PIPE) as run:
        assert "default_int_handler" in said(run)


def test_a_command_that_cannot_be_run_leaves_no_open_pipe():
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(CommandError):
        start(["no-such-program"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert len(os.listdir("/proc/self/fd")) == before
