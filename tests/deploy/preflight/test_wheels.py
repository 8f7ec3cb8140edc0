from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.locking.lock import Lock
from deploy.locking.resolved import Resolved
from deploy.preflight import wheels
from tests.deploy.helpers import found, write
from tests.deploy.wheelhouse import put_wheel


@pytest.mark.parametrize(
    ("line", "python", "expected"),
    [
        pytest.param("numpy==1.26.4", "3.11", [], id="has one"),
        pytest.param("numpy==1.26.4", "3.13.1", [("error", "requirements.txt:2")], id="too old"),
        pytest.param("numpy>=1.26", "3.13", [], id="not pinned"),
        pytest.param("fastapi==0.1.0", "3.14", [], id="pure Python"),
        pytest.param(
            "numpy==1.26.4 \\\n    --hash=sha256:00",
            "3.13",
            [("error", "requirements.txt:2")],
            id="with a hash",
        ),
    ],
)
def test_a_pin_that_is_older_than_the_python(line, python, expected, tmp_path):
    write(tmp_path, {"requirements.txt": f"# pinned\n{line}\n"})
    assert found(wheels, tmp_path, python=python) == expected


def test_what_was_resolved_is_known_better_than_the_table(tmp_path):
    write(tmp_path, {"requirements.txt": "numpy==1.26.4\n"})
    seen = Lock("requirements.lock", "", "", Resolved({}, {}), wheels_seen=True)
    assert found(wheels, tmp_path, of=seen, python="3.13") == []
    built = replace(seen, without_wheel=("plain==1.0",))
    assert found(wheels, tmp_path, of=built) == [("warning", "requirements.txt")]


def test_a_wheel_for_another_python_makes_it_an_error(tmp_path, monkeypatch):
    put_wheel(tmp_path / "wheels", "native", "1.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "wheels"))
    built = Lock(None, None, "", None, True, ("native==1.0",), failed=True)
    assert found(wheels, tmp_path, of=built, python="3.13") == [("error", "requirements.txt")]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param("2.3.0", [], id="has one"),
        pytest.param("of no known version", [], id="not known"),
        pytest.param("1.26.4", [("error", "uv.lock:2")], id="too old"),
    ],
)
def test_the_versions_in_the_lock_of_another_tool(version, expected, tmp_path):
    write(tmp_path, {"uv.lock": '[[package]]\nname = "numpy"\n'})
    of = Lock(None, None, "", Resolved({"numpy": version}, {"numpy": ()}))
    assert found(wheels, tmp_path, of=of, manifest="uv.lock", python="3.13") == expected
