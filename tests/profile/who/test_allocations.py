from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

from tests.profile.who.programs import HELD, write
from tools.profile.who.allocations import UNATTRIBUTED, Owner, read_allocations
from tools.profile.who.memray_run import NotTracked, recorded, tracked, write_flame_graph

APP = {
    "app.py": (
        "import sys, heavy, passing\npassing.through()\n"
        "print('up', flush=True)\nsys.stdin.readline()\n"
        "late = heavy.more()\nprint('late', flush=True)\nsys.stdin.readline()\n"
    ),
    "heavy.py": "held = bytearray(20 << 20)\ndef more():\n    return bytearray(10 << 20)\n",
    "passing.py": "def through():\n    bytearray(5 << 20)\n",
}


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("app"), APP)
    with tracked(os.environ) as run:
        child = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=folder,
            env={**os.environ, **run.variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        stages = {}
        for stage in ("imports", "load"):
            child.stdout.readline()
            time.sleep(0.5)  # memray takes a snapshot every 10 ms, or later on a busy machine
            stages[stage] = time.time()
            child.stdin.write(b"\n")
            child.stdin.flush()
        child.communicate()
        files = recorded(run.out)
        found, file = read_allocations(files, str(folder), stages)
        write_flame_graph(file, folder / "reports/flame.html")
    return found, folder


def test_the_high_water_mark_is_of_the_packages_that_hold_it(recording):
    found, _ = recording
    assert found.packages["heavy"] == pytest.approx(30, abs=0.1)
    assert "passing" not in found.packages
    assert found.peak_mib == pytest.approx(sum(found.packages.values()))
    assert found.places[0][0].startswith("heavy.py:1 ")
    assert found.places[0][1] == pytest.approx(20, abs=0.1)


def test_each_stage_has_what_was_held_at_its_end(recording):
    found, _ = recording
    assert found.stages["imports"]["heavy"] == pytest.approx(20, abs=0.1)
    assert found.stages["load"]["heavy"] == pytest.approx(30, abs=0.1)


def test_the_flame_graph_is_one_page(recording):
    page = (recording[1] / "reports/flame.html").read_text("utf-8")
    assert "heavy.py" in page


def test_a_killed_process_leaves_its_records(tmp_path):
    killed = {"app.py": "import os, signal, heavy\nos.kill(os.getpid(), signal.SIGKILL)\n"}
    write(tmp_path, {**killed, "heavy.py": HELD.format(mib=20)})
    with tracked(os.environ) as run:
        subprocess.run(
            [sys.executable, "app.py"], cwd=tmp_path, env={**os.environ, **run.variables}
        )
        found, _ = read_allocations(recorded(run.out), str(tmp_path), {})
    assert found.packages["heavy"] == pytest.approx(20, abs=0.1)


def test_a_python_that_has_no_package_at_all_is_tracked_by_ours(tmp_path):
    write(tmp_path, {"app.py": "import heavy\n", "heavy.py": HELD.format(mib=20)})
    venv.create(tmp_path / "env", with_pip=False)
    with tracked(os.environ) as run:
        variables = {**os.environ, **run.variables}
        command = [str(tmp_path / "env/bin/python"), "app.py"]
        subprocess.run(command, cwd=tmp_path, env=variables, check=True)
        found, _ = read_allocations(recorded(run.out), str(tmp_path), {})
    assert found.packages["heavy"] == pytest.approx(20, abs=0.1)


def test_no_python_is_not_measured():
    with tracked(os.environ) as run:
        subprocess.run(["true"], env={**os.environ, **run.variables}, check=True)
        with pytest.raises(NotTracked, match="the command started no Python that reads PYTHONPATH"):
            recorded(run.out)


def test_another_python_without_memray_says_so(tmp_path):
    """A tag that does not fit stands for a Python of another version."""
    with tracked(os.environ) as run:
        variables = {**os.environ, **run.variables, "FIT512_MEMRAY_TAG": "cpython-36 linux"}
        command = [getattr(sys, "_base_executable", sys.executable), "-c", "pass"]
        subprocess.run(command, env=variables, check=True)
        with pytest.raises(NotTracked, match="has no memray, and ours is for cpython-36 linux"):
            recorded(run.out)


SITE = "/srv/env/lib/python3.11/site-packages"
FASTAPI = ("run", f"{SITE}/fastapi/routing.py", 1)
JSON = ("loads", "/usr/lib/python3.11/json/__init__.py", 1)
RUST = ("_RNvMs_NtNtCscxzl_10tokenizers6models9wordpiece5build", "<unknown>", 0)
STRIPPED = ("<unknown>", "<unknown>", 0)


@pytest.mark.parametrize(
    ("frames", "owner"),
    [
        pytest.param([JSON, FASTAPI], "fastapi", id="the caller of the standard library"),
        pytest.param([STRIPPED, FASTAPI, ("x", "/srv/app/shop.py", 1)], "fastapi", id="innermost"),
        pytest.param([RUST, FASTAPI], "tokenizers", id="native symbol"),
        pytest.param([JSON], "standard library", id="nobody else"),
        pytest.param([STRIPPED], UNATTRIBUTED, id="stripped, in a thread of its own"),
        pytest.param([], UNATTRIBUTED, id="no frames"),
    ],
)
def test_whose_an_allocation_is(frames, owner):
    assert Owner("/srv/app", ["tokenizers", "fastapi"]).of(frames) == owner


def test_where_it_was_made():
    assert Owner("/srv/app").place([JSON, ("f", "/srv/app/shop/x.py", 7)]) == "shop/x.py:7 f"
    assert Owner("/srv/app").place([STRIPPED]) == UNATTRIBUTED
    assert Path(SITE).name in FASTAPI[1]
