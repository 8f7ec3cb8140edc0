"""Finding, reading and making cgroups, on files as the kernel writes them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.limits.programs import SLEEP
from tools.limits.cgroup import Mount, Unavailable, create, folder, membership, mounts, parents
from tools.limits.cgroup_files import Usage, V1Group, V2Group, has_swap
from tools.limits.guard import end_run, group_pids
from tools.limits.job import Job

UNIFIED = "31 24 0:27 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate"
HYBRID = """\
24 1 0:22 / /sys rw,nosuid shared:7 - sysfs sysfs rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
38 31 0:35 / /sys/fs/cgroup/my\\040unified rw,relatime - cgroup2 cgroup2 rw
"""

V2_STAT = """\
anon 104857600
file 209715200
kernel 1048576
inactive_anon 104857600
active_anon 0
inactive_file 157286400
active_file 52428800
pgfault 70000
pgmajfault 321
"""
V2_EVENTS = "low 0\nhigh 0\nmax 4711\noom 3\noom_kill 2\noom_group_kill 0\n"
V1_STAT = """\
cache 1
rss 2
inactive_file 3
hierarchical_memory_limit 134217728
total_cache 209715200
total_rss 104857600
total_swap 1048576
total_pgmajfault 321
total_inactive_file 157286400
"""


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def below(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for _, path in parents(root)]


def test_no_cgroups_where_there_is_no_proc(tmp_path):
    assert (mounts(tmp_path), membership(tmp_path), below(tmp_path)) == ([], {}, [])


def test_reads_the_mounts_and_leaves_out_the_rest(tmp_path):
    write(tmp_path, {"proc/self/mountinfo": HYBRID})
    at = tmp_path / "sys/fs/cgroup"
    assert mounts(tmp_path) == [
        Mount(at / "memory", "/", "cgroup", frozenset({"rw", "memory"})),
        Mount(at / "cpu,cpuacct", "/", "cgroup", frozenset({"rw", "cpu", "cpuacct"})),
        Mount(at / "my unified", "/", "cgroup2", frozenset({"rw"})),
    ]


@pytest.mark.parametrize(
    "line", ["", "31", "31 - cgroup2", "a b c - d", "31 23 0:28 / - cgroup2 x y"]
)
def test_passes_over_lines_that_are_no_mounts(tmp_path, line):
    assert mounts(write(tmp_path, {"proc/self/mountinfo": line + "\n"})) == []


def test_reads_the_own_cgroup_of_each_hierarchy(tmp_path):
    text = "4:memory:/process\n3:cpu,cpuacct:/a:b\n1:name=systemd:/\n0::/user.slice/x.scope\n"
    write(tmp_path, {"proc/self/cgroup": text})
    assert membership(tmp_path) == {
        "memory": "/process",
        "cpu": "/a:b",
        "cpuacct": "/a:b",
        "name=systemd": "/",
        "": "/user.slice/x.scope",
    }


@pytest.mark.parametrize(
    ("root", "path", "expected"),
    [
        pytest.param("/", "/a", "a", id="plain"),
        pytest.param("/", "/", ".", id="root"),
        pytest.param("/docker/1", "/docker/1/a", "a", id="a mount that shows a part"),
        pytest.param("/docker/1", "/docker/1", ".", id="its root"),
        pytest.param("/docker/1", "/docker/11", None, id="outside of it"),
        pytest.param("/", "/../b", None, id="outside of a namespace"),
        pytest.param("/", "/gone", None, id="not there"),
    ],
)
def test_the_folder_of_a_cgroup(tmp_path, root, path, expected):
    (tmp_path / "a").mkdir()
    found = folder(Mount(tmp_path, root, "cgroup2", frozenset()), path)
    assert found == (None if expected is None else tmp_path / expected)


def unified(tmp_path: Path, own: str, controllers: dict[str, tuple[str, str]]) -> Path:
    """A unified hierarchy: cgroup -> what it has, what it hands on to its children."""
    files = {"proc/self/mountinfo": UNIFIED + "\n", "proc/self/cgroup": f"0::{own}\n"}
    for name, (has, hands_on) in controllers.items():
        at = f"sys/fs/cgroup/{name}".rstrip("/")
        files |= {f"{at}/cgroup.controllers": has, f"{at}/cgroup.subtree_control": hands_on}
    return write(tmp_path, files)


def test_v2_beside_our_own_cgroup_where_the_memory_controller_is_handed_on(tmp_path):
    everything = ("cpu memory pids", "cpu memory pids")
    leaf = ("memory pids", "")
    slices = {"": everything, "user.slice": everything, "user.slice/session.scope": leaf}
    root = unified(tmp_path, "/user.slice/session.scope", slices)
    # Our own, which has us in it, comes last: the kernel will refuse to enable anything in it.
    at = "sys/fs/cgroup"
    assert below(root) == [f"{at}/user.slice", at, f"{at}/user.slice/session.scope"]


def test_v2_without_the_memory_controller_offers_nothing(tmp_path):
    assert below(unified(tmp_path, "/", {"": ("cpu pids", "cpu")})) == []


def test_v2_in_a_namespace_that_shows_nothing_above(tmp_path):
    assert below(unified(tmp_path, "/../other", {"": ("memory", "")})) == ["sys/fs/cgroup"]


def test_v1_at_the_top_and_then_inside_our_own(tmp_path):
    write(tmp_path, {"proc/self/mountinfo": HYBRID, "proc/self/cgroup": "4:memory:/own\n"})
    (tmp_path / "sys/fs/cgroup/memory/own").mkdir(parents=True)
    assert [kind for kind, _ in parents(tmp_path)] == [V1Group, V1Group]
    assert below(tmp_path) == ["sys/fs/cgroup/memory", "sys/fs/cgroup/memory/own"]


def test_reads_v2(tmp_path):
    files = {"memory.stat": V2_STAT, "memory.events": V2_EVENTS, "memory.current": "325058560\n"}
    files |= {"memory.peak": "400556032\n", "memory.swap.current": "1048576\n"}
    assert V2Group(write(tmp_path, files)).usage() == Usage(
        usage_mib=310.0,
        working_set_mib=160.0,
        peak_mib=382.0,
        swap_mib=1.0,
        major_faults=321,
        limit_hits=4711,
        oom_kills=2,
        page_cache_mib=200.0,
    )


def test_reads_v1(tmp_path):
    files = {"memory.stat": V1_STAT, "memory.usage_in_bytes": "325058560\n"}
    files |= {"memory.max_usage_in_bytes": "400556032\n", "memory.failcnt": "4711\n"}
    files |= {"memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"}
    assert V1Group(write(tmp_path, files)).usage() == Usage(
        usage_mib=310.0,
        working_set_mib=160.0,
        peak_mib=382.0,
        swap_mib=1.0,
        major_faults=321,
        limit_hits=4711,
        oom_kills=2,
        page_cache_mib=200.0,
    )


@pytest.mark.parametrize("kind", [V1Group, V2Group])
def test_what_a_kernel_does_not_keep_is_none(tmp_path, kind):
    assert kind(tmp_path).usage() == Usage(None, None, None, None, None, None, None)
    assert not kind(tmp_path).is_limited()


def test_a_working_set_is_never_below_nothing(tmp_path):
    files = {"memory.stat": "inactive_file 8192\n", "memory.current": "4096\n"}
    assert V2Group(write(tmp_path, files)).usage().working_set_mib == 0


def test_limits_v2_with_its_swap_in_whole_pages(tmp_path):
    write(tmp_path, {"memory.max": "max\n", "memory.swap.max": "max\n"})
    group = V2Group(tmp_path)
    assert not group.is_limited()
    assert group.limit(488.28125) is None
    assert group.is_limited()
    assert int((tmp_path / "memory.max").read_text()) % os.sysconf("SC_PAGE_SIZE") == 0
    assert int((tmp_path / "memory.max").read_text()) == 512_000_000 // 4096 * 4096
    assert (tmp_path / "memory.swap.max").read_text().startswith("0")


def test_a_v2_group_without_the_controllers_files_is_refused_and_removed(tmp_path):
    write(tmp_path, {"cgroup.subtree_control": "memory\n"})
    with pytest.raises(Unavailable, match=r"No such file or directory .*memory\.max"):
        create(V2Group, tmp_path, 64)
    assert [path.name for path in tmp_path.iterdir()] == ["cgroup.subtree_control"]


def test_the_controller_is_enabled_for_children_where_it_is_not_yet(tmp_path):
    write(tmp_path, {"cgroup.subtree_control": ""})
    with pytest.raises(Unavailable):
        create(V2Group, tmp_path, 64)
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory"


def test_swap_is_seen_in_proc(tmp_path):
    header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    swaps = tmp_path / "swaps"
    assert has_swap(swaps)  # cannot be told
    swaps.write_text(header)
    assert not has_swap(swaps)
    swaps.write_text(header + "/dev/vdb partition 1 0 -2\n")
    assert has_swap(swaps)


def test_joins_kills_and_removes_a_real_unified_cgroup():
    """With or without the memory controller: these files every cgroup v2 has."""
    points = [mount.point for mount in mounts() if mount.kind == "cgroup2"]
    if not points or not os.access(points[0], os.W_OK):
        pytest.skip("no cgroup v2 is mounted that this user can write")
    group = points[0] / f"fit512-{os.getpid()}-unified"
    group.mkdir()
    try:
        job = Job(SLEEP, None, dict(os.environ), subprocess.DEVNULL, None)
        process = job.launch(group / "cgroup.procs")
        assert group_pids(group) == [process.pid]
    finally:
        assert end_run(None, group)
    assert process.wait(10) == -9
    assert not group.exists()


def test_a_cgroup_that_may_not_be_joined_is_said():
    job = Job(SLEEP, None, dict(os.environ), None, None)
    with pytest.raises(Unavailable, match=r"\(/proc/self/no-such-file\)"):
        job.launch(Path("/proc/self/no-such-file"))
