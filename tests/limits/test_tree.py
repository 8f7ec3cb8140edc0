from __future__ import annotations

import os
import subprocess

from tests.limits import programs
from tests.limits.conftest import eventually, is_running, said
from tests.limits.programs import python
from tools.limits import start
from tools.limits.tree import Tree

# Each line on stdin makes one more child, which is answered with its number.
FORKS = """
import os, sys, time
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        time.sleep(60)
    print(pid, flush=True)
"""


def test_the_tree_holds_descendants_and_the_session():
    with start(python(programs.WORKERS, 2, 0, 0), stdout=subprocess.PIPE) as run:
        said(run)
        found = Tree(run.pid).pids()
    assert len(found) == 3
    assert run.pid in found
    assert os.getpid() not in found


def test_a_child_is_found_as_soon_as_it_is_there_and_gone_when_it_has_ended():
    with subprocess.Popen(
        python(FORKS), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        tree, children = Tree(process.pid), []
        for _ in range(3):
            process.stdin.write("\n")
            children.append(int(process.stdout.readline()))
            assert tree.pids() == sorted([process.pid, *children])
        process.kill()
        process.wait()
        assert eventually(lambda: tree.pids() == sorted(children))  # known, though orphans by now
        for child in children:
            os.kill(child, 9)
        assert eventually(lambda: not tree.pids())
    assert not any(map(is_running, children))
