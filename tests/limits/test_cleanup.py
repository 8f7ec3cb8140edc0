"""Whatever happens, no process and no cgroup is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.limits import programs
from tests.limits.conftest import eventually, groups_of, is_running, said
from tests.limits.programs import python
from tools.limits import start
from tools.limits.cgroup import parents, remove_leftovers
from tools.limits.cgroup_files import V1Group, V2Group
from tools.limits.enforce import unenforced
from tools.limits.guard import TOKEN_NAME
from tools.limits.job import Job
from tools.limits.process import Limited

PIPE = subprocess.PIPE
ROOT = Path(__file__).parents[2]

# Starts a program that leaves an orphan, prints the pids of both, and waits to be killed.
OWNER = """
import subprocess, sys, time
from tests.limits import programs
from tools.limits import start
code = programs.ORPHAN.replace("os.wait()", "os.wait(); time.sleep(60)")
with start(programs.python(code), limit_mib=64, stdout=subprocess.PIPE) as run:
    print(run.pid, run.process.stdout.readline().decode().strip(), flush=True)
    time.sleep(60)
"""


def unlimited(command: list[str]) -> Limited:
    """As on a machine without any cgroup."""
    job = Job(command, None, dict(os.environ), PIPE, None)
    return Limited(unenforced(job, 512, ["tried out"]), 512)


def test_nothing_is_left_of_a_command_that_ended_by_itself():
    with start(["true"], limit_mib=64) as run:
        assert run.wait(10) == 0
    assert groups_of(os.getpid()) == []


def test_nothing_is_left_of_one_that_still_runs():
    with start(programs.SLEEP, limit_mib=64) as run:
        assert run.poll() is None
    assert run.poll() == -signal.SIGTERM
    assert not is_running(run.pid)
    assert groups_of(os.getpid()) == []


def test_one_that_ignores_sigterm_is_killed_after_the_grace():
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    with start(python(code), stdout=PIPE, limit_mib=64) as run:
        said(run)
        assert run.stop(grace_s=0.1) == -signal.SIGKILL
        assert run.stop() == -signal.SIGKILL  # again: nothing
        assert run.read().processes == 0


def test_an_exception_ends_it_too():
    with pytest.raises(ZeroDivisionError), start(programs.SLEEP, limit_mib=64) as run:
        raise ZeroDivisionError
    assert not is_running(run.pid)
    assert groups_of(os.getpid()) == []


def test_a_command_that_cannot_be_run_leaves_nothing():
    with pytest.raises(Exception, match="cannot run"):
        start(["no-such-program"], limit_mib=64)
    assert groups_of(os.getpid()) == []


def test_an_orphan_ends_with_the_run(enforced):
    with start(python(programs.ORPHAN), stdout=PIPE, limit_mib=64) as run:
        orphan = int(said(run))
        assert run.wait(10) == 0
        assert is_running(orphan)
        assert run.read().processes == 1  # and it counts as long as it lives
    assert not is_running(orphan)


def test_an_orphan_ends_with_the_run_without_a_cgroup_too():
    with unlimited(python(programs.ORPHAN)) as run:
        orphan = int(said(run))
        run.wait(10)
        assert is_running(orphan)
    assert not is_running(orphan)


# A new process every 2 ms, each ending as the next begins; after 5 s they end by themselves.
CHAIN = """
import os, time
end = time.monotonic() + 5
while time.monotonic() < end:
    if os.fork():
        time.sleep(0.002)
        os._exit(0)
"""


def test_what_forks_without_end_is_ended(enforced):
    with start(python(CHAIN), limit_mib=64) as run:
        time.sleep(0.2)
        assert run.poll() == 0  # the first of them has long gone
        token = run._run.job.token
    assert [path for path in Path("/proc").glob("[0-9]*/environ") if has(path, token)] == []


def test_what_forks_without_end_is_ended_without_a_cgroup_too():
    with unlimited(python(CHAIN)) as run:
        time.sleep(0.2)
        assert run.poll() == 0
        token = run._run.job.token
    time.sleep(0.1)
    assert [path for path in Path("/proc").glob("[0-9]*/environ") if has(path, token)] == []


def has(environ: Path, token: str) -> bool:
    try:
        return token.encode() in environ.read_bytes()
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_when_the_owner_is_interrupted_terminated_or_killed_nothing_is_left(number):
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, stdout=PIPE, stderr=PIPE
    ) as owner:
        assert owner.stdout is not None
        command, orphan = map(int, owner.stdout.readline().split())
        assert is_running(command)
        assert is_running(orphan)
        owner.send_signal(number)
        assert owner.wait(20) in (-number, 1, 130)
        assert eventually(lambda: not is_running(command) and not is_running(orphan))
        assert eventually(lambda: groups_of(owner.pid) == [])


def test_a_run_inside_a_run_ends_with_the_outer_one():
    with start([sys.executable, "-c", OWNER], cwd=ROOT, stdout=PIPE, limit_mib=256) as outer:
        command, orphan = map(int, said(outer).split())
    assert not is_running(command)
    assert not is_running(orphan)
    assert groups_of(outer.pid) == []


def test_the_token_is_the_only_trace_in_the_environment():
    code = f"import os; print(os.environ['{TOKEN_NAME}'])"
    with start(python(code), stdout=PIPE) as run:
        assert said(run) == run._run.job.token


def test_leftovers_of_a_dead_owner_are_removed_and_those_of_a_living_one_are_not(enforced):
    kind, parent = next(iter(parents()))
    assert kind in (V1Group, V2Group)
    dead = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True).stdout.strip()
    theirs, ours, other = (
        parent / name for name in (f"fit512-{dead}-7", f"fit512-{os.getpid()}-999999", "fit512-x-1")
    )
    try:
        for path in (theirs, ours, other):
            path.mkdir()
        with subprocess.Popen(["sleep", "60"]) as left:
            (theirs / "cgroup.procs").write_text(str(left.pid))
            removed = remove_leftovers(parent)
            assert theirs in removed
            assert left.wait(10) == -signal.SIGKILL
        assert [path.exists() for path in (theirs, ours, other)] == [False, True, True]
    finally:
        for path in (theirs, ours, other):
            if path.exists():
                path.rmdir()
