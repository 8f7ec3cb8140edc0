"""`systemd-run --user`: for real, with a user's systemd started in a mount namespace of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tools.limits import systemd

SYSTEMD = Path("/lib/systemd/systemd")

# Runs inside, where systemd believes that it has booted the machine.
INSIDE = """
import os, subprocess, sys, time
from tests.limits.programs import ALLOCATE, HOLD, ORPHAN, python
from tools.limits import systemd
from tools.limits.enforce import in_scope
from tools.limits.job import Job
from tools.limits.process import Limited

for _ in range(100):
    if os.path.exists(os.environ["XDG_RUNTIME_DIR"] + "/systemd/private"):
        break
    time.sleep(0.1)
assert systemd.why_not() is None, systemd.why_not()

def run(command, limit_mib):
    job = Job(command, None, dict(os.environ), subprocess.PIPE, None)
    return Limited(in_scope(job, limit_mib), limit_mib)

with run(python(ALLOCATE, 200), 128) as over:
    print(over.enforcement, over.wait(30), over.oom_killed, round(over.peak().cgroup_peak_mib))
with run(python(HOLD, 100), 256) as held:
    print(held.process.stdout.readline().decode().strip(), held.read().processes, held.oom_killed)
    print(100 < held.read().working_set_mib < 130)
    group = held._run.group.path
print(group.exists())
with run(python(ORPHAN), 64) as orphan:
    pid = int(orphan.process.stdout.readline())
    orphan.wait(10)
print(os.path.exists(f"/proc/{pid}") and ") Z " not in open(f"/proc/{pid}/stat").read())
try:
    in_scope(Job(["no-such-program"], None, dict(os.environ), None, None), 64)
except Exception as error:
    print(error)
"""
OUTSIDE = """
mount -t tmpfs tmpfs /run/systemd || exit 90
mkdir /run/systemd/system
{systemd} --user >/dev/null 2>&1 &
manager=$!
{python} -c "$INSIDE"
status=$?
kill $manager
wait $manager
exit $status
"""


def test_asks_for_memory_swap_and_a_name():
    assert systemd.prefix("fit512-1-1", 128.5) == [
        "systemd-run",
        "--user",
        "--scope",
        "--quiet",
        "--collect",
        "--unit=fit512-1-1",
        "-p",
        "MemoryMax=134742016",
        "-p",
        "MemorySwapMax=0",
        "-p",
        "Delegate=yes",
    ]


def test_says_why_it_cannot_be_used(tmp_path, monkeypatch):
    systemd.why_not.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert systemd.why_not() == "there is no systemd-run"
    systemd.why_not.cache_clear()


def test_says_what_systemd_run_said(tmp_path, monkeypatch):
    if not shutil.which("systemd-run"):
        pytest.skip("there is no systemd-run")
    systemd.why_not.cache_clear()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    assert str(systemd.why_not()).startswith("systemd-run --user: Failed to connect to bus")
    systemd.why_not.cache_clear()


@pytest.mark.slow
def test_a_scope_limits_counts_and_leaves_nothing(tmp_path):
    if os.getuid() != 0 or not SYSTEMD.exists() or not shutil.which("systemd-run"):
        pytest.skip("needs root and systemd")
    if not Path("/run/systemd").is_dir():
        pytest.skip("there is no /run/systemd to mount over")
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(runtime), "INSIDE": textwrap.dedent(INSIDE)}
    environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
    script = OUTSIDE.format(systemd=SYSTEMD, python=sys.executable)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if "has not been given the memory controller" in done.stderr:
        pytest.skip("this systemd does not control memory here")
    assert done.stdout.splitlines() == [
        "systemd -9 True 128",
        "held 1 False",
        "True",
        "False",
        "False",
        "cannot run 'no-such-program': No such file or directory. Name a program that is"
        " installed, by its path or found through PATH.",
    ], done.stderr
