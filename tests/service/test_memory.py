from __future__ import annotations

import sys
from pathlib import Path

import pytest

from service import memory
from service.memory import Group

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def system(root: Path, cgroup: str, files: dict[str, str]) -> None:
    """A /proc/self and a /sys/fs/cgroup with these files below `root`."""
    for name, text in {"proc/cgroup": cgroup, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "sys").mkdir()
    monkeypatch.setattr(memory, "PROC", tmp_path / "proc")
    monkeypatch.setattr(memory, "MOUNT", tmp_path / "sys")
    memory._folder.cache_clear()
    yield tmp_path
    memory._folder.cache_clear()


def test_this_process():
    process = memory.process()
    assert process.anonymous is not None
    assert process.file is not None
    assert process.rss >= process.anonymous + process.file > 2**20


def test_no_groups(root):
    assert memory.group() is None


ACTIVE = 3  # in every memory.stat here


def v2(usage: int, limit: str, inactive: int = 0) -> dict[str, str]:
    stat = f"anon 5\nfile 7\ninactive_file {inactive}\nactive_file 3\n"
    return {"memory.current": f"{usage}\n", "memory.max": f"{limit}\n", "memory.stat": stat}


def under(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"sys/{folder}{name}": text for name, text in files.items()}


@pytest.mark.parametrize(
    ("cgroup", "files", "group"),
    [
        pytest.param(
            "0::/app\n", under("app/", v2(100, "512", 30)), Group(100, 512, 70, ACTIVE), id="v2"
        ),
        pytest.param(
            "0::/app\n", under("app/", v2(100, "max")), Group(100, None, 100, ACTIVE), id="no limit"
        ),
        pytest.param(
            "0::/a/b\n",
            {**under("a/b/", v2(100, "max")), **under("a/", v2(200, "300"))},
            Group(200, 300, 200, ACTIVE),
            id="the limit of the group above, and what all in it hold",
        ),
        pytest.param(
            "0::/a/b\n",
            {**under("a/b/", v2(100, "250")), **under("a/", v2(200, "300"))},
            Group(200, 300, 200, ACTIVE),
            id="less room in the group above: others hold some of it",
        ),
        pytest.param(
            "0::/a/b\n",
            {**under("a/b/", v2(100, "150")), **under("a/", v2(200, "300"))},
            Group(100, 150, 100, ACTIVE),
            id="less room in its own",
        ),
        pytest.param(
            "0::/system.slice/docker-1.scope\n",
            under("", v2(100, "512")),
            Group(100, 512, 100, ACTIVE),
            id="container: the path is the host's",
        ),
        pytest.param(
            "3:cpu,cpuacct:/x\n4:memory:/app\n0::/\n",
            under(
                "memory/app/",
                {
                    "memory.usage_in_bytes": "100",
                    "memory.limit_in_bytes": "512",
                    "memory.stat": "cache 9\ninactive_file 1\ntotal_inactive_file 40\ntotal_active_file 3\n",
                },
            ),
            Group(100, 512, 60, ACTIVE),
            id="v1",
        ),
        pytest.param(
            "4:memory:/\n",
            under(
                "memory/",
                {
                    "memory.usage_in_bytes": "100",
                    "memory.limit_in_bytes": "9223372036854771712",
                    "memory.stat": "total_inactive_file 140\ntotal_active_file 3\n",
                },
            ),
            Group(100, None, 0, ACTIVE),
            id="v1 without a limit",
        ),
        pytest.param("0::/app\n", under("app/", {"memory.current": "1"}), None, id="no statistics"),
        pytest.param("4:cpu:/app\n", {}, None, id="no memory controller"),
    ],
)
def test_groups(root, cgroup, files, group):
    system(root, cgroup, files)
    assert memory.group() == group
