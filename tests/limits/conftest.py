from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.limits.programs import python
from tests.missing import missing
from tools.limits.cgroup import parents
from tools.limits.enforce import Enforcement
from tools.limits.process import Limited, start

ENFORCED = {Enforcement.CGROUP_V1, Enforcement.CGROUP_V2, Enforcement.SYSTEMD}


@pytest.fixture(scope="session")
def enforced() -> Enforcement:
    """What enforces a limit on this machine; missing where nothing does."""
    with start(python(""), limit_mib=64) as run:
        run.wait(10)
    if run.enforcement not in ENFORCED:
        missing(f"no memory limit can be enforced here: {run.warning}")
    return run.enforcement


def said(run: Limited) -> str:
    """The next line of the program's stdout, which is a pipe."""
    assert run.process.stdout is not None
    return run.process.stdout.readline().decode().strip()


def is_running(pid: int) -> bool:
    """Whether the process lives; a zombie does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(what: Callable[[], bool], timeout_s: float = 15.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.02)
    return False


def groups_of(owner: int) -> list[Path]:
    """Cgroups that a process has made and not removed."""
    return [path for _, parent in parents() for path in parent.glob(f"fit512-{owner}-*")]
