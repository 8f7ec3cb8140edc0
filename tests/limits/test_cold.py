from __future__ import annotations

import mmap
import os
import subprocess
from pathlib import Path

import pytest

from tests.limits import programs
from tests.limits.conftest import said
from tests.limits.programs import python
from tools.limits import evict, start
from tools.limits.cold import Evicted, resident_pages

SIZE_MIB = 48


@pytest.fixture
def warm(tmp_path) -> Path:
    """A file of 48 MiB in the page cache, on the disk as well."""
    file = tmp_path / "weights.bin"
    with file.open("wb") as new:
        new.write(os.urandom(1 << 20) * SIZE_MIB)
        new.flush()
        os.fsync(new.fileno())
    evict([file])
    with file.open("rb") as opened:
        if resident_pages(opened.fileno()):
            pytest.skip(f"{tmp_path} is held in memory: nothing can be evicted from it")
    file.read_bytes()
    return file


def cached_mib(file: Path) -> float:
    with file.open("rb") as opened:
        return resident_pages(opened.fileno()) * mmap.PAGESIZE / (1 << 20)


def test_nothing_to_evict(tmp_path):
    assert evict([]) == Evicted(0, 0.0, 0.0)
    assert evict([tmp_path / "missing", tmp_path]) == Evicted(0, 0.0, 0.0)


def test_evicts_a_file_and_counts_it(warm):
    # The kernel may have taken a page back by itself: nearly all is what can be relied on.
    assert cached_mib(warm) > 0.9 * SIZE_MIB
    evicted = evict([warm])
    assert (evicted.files, evicted.kept_mib) == (1, 0.0)
    assert 0.9 * SIZE_MIB < evicted.evicted_mib <= SIZE_MIB
    assert cached_mib(warm) == 0
    assert evict([warm]) == Evicted(1, 0.0, 0.0)


def test_evicts_trees_but_not_through_links_out_of_them(warm, tmp_path):
    tree = tmp_path / "site-packages" / "package"
    tree.mkdir(parents=True)
    (tree / "a.py").write_bytes(b"x" * 5000)
    (tree / "empty").touch()
    os.mkfifo(tree / "pipe")
    (tree.parent / "outside").symlink_to(warm.parent)
    assert evict([tree.parent]) == Evicted(2, 2 * mmap.PAGESIZE / (1 << 20), 0.0)
    assert cached_mib(warm) > 0.9 * SIZE_MIB


def test_writes_changed_pages_first(warm):
    with warm.open("r+b") as file:
        file.write(b"changed")
    assert evict([warm]).kept_mib == 0
    assert warm.read_bytes()[:8].startswith(b"changed")


def test_many_changed_files_go_too(warm, tmp_path):
    many = tmp_path / "many"
    many.mkdir()
    for number in range(120):
        (many / str(number)).write_bytes(b"x")
    assert evict([many]) == Evicted(120, 120 * mmap.PAGESIZE / (1 << 20), 0.0)


def test_says_what_another_process_keeps_mapped(warm):
    with start(python(programs.MAP, warm), stdout=subprocess.PIPE) as run:
        assert said(run) == "mapped"
        assert evict([warm]) == Evicted(1, 0.0, float(SIZE_MIB))


def test_a_warm_file_is_not_charged_to_a_limited_run_and_a_cold_one_is(warm, enforced):
    def peak_mib(cold: list[Path]) -> float | None:
        with start(
            python(programs.MAP, warm), limit_mib=128, cold=cold, stdout=subprocess.PIPE
        ) as run:
            assert said(run) == "mapped"
            assert run.read().file_mib > SIZE_MIB  # the RSS shows it either way
            return run.peak().cgroup_peak_mib

    assert peak_mib([]) < 15
    assert peak_mib([warm]) > SIZE_MIB


def test_a_cold_file_larger_than_the_limit_fills_it_and_nobody_is_killed(warm, enforced):
    with start(
        python(programs.MAP, warm), limit_mib=32, cold=[warm], stdout=subprocess.PIPE
    ) as run:
        assert said(run) == "mapped"
        peak = run.peak()
        assert run.poll() is None
    assert not run.oom_killed
    assert peak.cgroup_peak_mib == pytest.approx(32, abs=1)
    assert peak.major_faults > 0
