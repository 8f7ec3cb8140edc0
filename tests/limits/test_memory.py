from __future__ import annotations

import subprocess
import time

import pytest

from tests.limits import programs
from tests.limits.conftest import said
from tests.limits.programs import python
from tools.limits import start
from tools.limits.elsewhere import read_with_psutil, tree_with_psutil
from tools.limits.kept_open import read_once
from tools.limits.memory import Reading, read_tree, sample_tree
from tools.limits.procfs import processor_s
from tools.limits.tree import Tree


def test_no_processes_hold_nothing():
    assert read_tree([]) == Reading(
        rss_mib=0,
        pss_mib=0,
        uss_mib=0,
        anonymous_mib=0,
        file_mib=0,
        shared_mib=0,
        swap_mib=0,
        major_faults=0,
        high_water_mib=0,
        open_files=0,
    )


def test_a_process_that_has_ended_is_passed_over():
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert read_tree([process.pid]).processes == 0


def test_the_parts_add_up():
    with start(python(programs.HOLD, 64), stdout=subprocess.PIPE) as run:
        said(run)
        reading = read_tree([run.pid])
    parts = reading.anonymous_mib + reading.file_mib + reading.shared_mib
    assert parts == pytest.approx(reading.rss_mib, rel=0.01)
    assert reading.uss_mib <= reading.pss_mib <= reading.rss_mib + 1
    assert 64 < reading.anonymous_mib < 80


def test_shared_memory_is_told_apart():
    code = "import mmap, time; m = mmap.mmap(-1, 32 << 20); m.write(b'x' * (32 << 20)); print(1, flush=True)"
    with start(python(code + "; time.sleep(60)"), stdout=subprocess.PIPE) as run:
        said(run)
        reading = run.read()
    assert reading.shared_mib == pytest.approx(32, rel=0.01)


def test_a_sample_without_pages_leaves_out_what_it_did_not_look_at():
    with start(python(programs.WORKERS, 1, 8, 0), stdout=subprocess.PIPE) as run:
        said(run)
        pids = Tree(run.pid).pids()
        cheap = sample_tree(pids, None, False, read_once)
        full = sample_tree(pids, None, True, read_once)
    assert (cheap.pss_mib, cheap.uss_mib, cheap.anonymous_mib) == (None, None, None)
    assert (cheap.open_files, full.open_files) == (None, 10)  # three streams and a pipe each
    assert (cheap.processes, full.processes) == (2, 2)
    assert full.anonymous_mib > 8


def test_a_sample_knows_the_highest_rss_that_was():
    with start(python(programs.SPIKE, 100), stdout=subprocess.PIPE) as run:
        said(run)
        assert read_tree([run.pid]).rss_mib < 50
        assert sample_tree([run.pid], None, False, read_once).high_water_mib > 100
        assert run.peak().rss_mib > 100


def test_a_name_with_spaces_and_parentheses_does_not_break_the_parsing(tmp_path):
    program = tmp_path / "a) Z (b"
    program.symlink_to("/bin/sleep")
    with start([str(program), "60"]) as run:
        assert run.read().processes == 1
        assert Tree(run.pid).pids() == [run.pid]


def test_psutil_reads_much_the_same():
    with start(python(programs.WORKERS, 2, 30, 0), stdout=subprocess.PIPE) as run:
        said(run)
        assert sorted(tree_with_psutil(run.pid)) == Tree(run.pid).pids()
        ours, theirs = read_tree(Tree(run.pid).pids()), read_with_psutil(Tree(run.pid).pids())
    assert theirs.rss_mib == pytest.approx(ours.rss_mib, rel=0.05)
    assert theirs.uss_mib == pytest.approx(ours.uss_mib, rel=0.05)
    assert (theirs.processes, theirs.threads) == (3, 3)
    assert theirs.anonymous_mib is None
    assert tree_with_psutil(run.pid) == []
    assert read_with_psutil([run.pid]) == Reading()


def test_an_observer_sees_what_is_held_now_not_what_was():
    seen = []
    with start(python(programs.SPIKE, 100), stdout=subprocess.PIPE, observe=seen.append) as run:
        said(run)
        spiked = len(seen)
        while len(seen) < spiked + 2:
            time.sleep(0.01)
        last = seen[-1]
    assert last.rss_mib < 50
    assert last.high_water_mib > 100


def test_a_child_of_vfork_is_not_counted_again():
    with start(python(programs.VFORK, 100), stdout=subprocess.PIPE) as run:
        said(run)
        assert len(Tree(run.pid).pids()) == 2
        reading = run.read()
    assert reading.processes == 1
    assert 100 < reading.uss_mib < reading.rss_mib < 130


def test_the_processor_time_of_a_process():
    code = (
        "import time\nwhile time.process_time() < 0.3: pass\nprint(1, flush=True); time.sleep(60)"
    )
    with start(python(code), stdout=subprocess.PIPE) as run:
        said(run)
        assert processor_s([run.pid]) == pytest.approx(0.3, abs=0.1)
    assert processor_s([run.pid]) == 0
