"""Real resolutions by uv, of small wheels in a folder."""

from __future__ import annotations

import pytest

from deploy.locking.lock import Lock, find_lock
from deploy.locking.resolved import Resolved
from deploy.manifest.inputs import Inputs, read_inputs
from deploy.repository import Repository
from tests.deploy.helpers import a_plan, write
from tests.deploy.wheelhouse import OPTIONS, put_source, put_wheel


@pytest.fixture
def wheels(tmp_path):
    folder = tmp_path / "wheels"
    put_wheel(folder, "web", "1.0", ["base>=1"])
    put_wheel(folder, "base", "1.2")
    put_wheel(folder, "native", "1.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    put_source(folder, "plain", "1.0")
    put_source(folder, "native", "1.0")
    return folder


def inputs_of(tmp_path, wheels, text) -> Inputs:
    root = write(tmp_path / "repo", {"requirements.txt": OPTIONS.format(wheels) + text})
    inputs = read_inputs(Repository(root), "requirements.txt", {})
    assert inputs is not None
    return inputs


def test_all_that_is_installed_with_its_hashes(tmp_path, wheels):
    inputs = inputs_of(tmp_path, wheels, "web\n")
    lock = find_lock(a_plan(), inputs, None, ask=True)
    assert (lock.path, lock.source) == ("requirements.lock", "2 packages, resolved now")
    assert lock.resolved is not None
    assert lock.resolved.chain("base") == ("web", "base")
    assert lock.text is not None
    assert lock.text.splitlines()[3:5] == ["--no-index", f"--find-links {wheels}"]
    assert lock.text.count("--hash=sha256:") == 2


def test_an_extra_stays_since_pip_would_look_for_a_newer_one(tmp_path, wheels):
    put_wheel(wheels, "asks", "1.0", ["web[more]"])
    lock = find_lock(a_plan(), inputs_of(tmp_path, wheels, "asks\nweb\n"), None, ask=True)
    assert lock.text is not None
    assert "\nweb[more]==1.0 " in lock.text


def test_one_that_is_of_the_same_manifest_is_kept_without_asking(tmp_path, wheels):
    inputs = inputs_of(tmp_path, wheels, "web\n")
    first = find_lock(a_plan(), inputs, None, ask=True)
    again = find_lock(a_plan(python="3.11.9"), inputs, first.text, ask=False)
    assert (again.text, again.resolved) == (first.text, first.resolved)
    for plan, other in (
        (a_plan(python="3.12"), inputs),
        (a_plan(), inputs_of(tmp_path, wheels, "")),
    ):
        assert find_lock(plan, other, first.text, ask=False).text is None


def test_what_has_no_wheel_for_the_python_is_named(tmp_path, wheels):
    inputs = inputs_of(tmp_path, wheels, "native==1.0\nplain==1.0\n")
    lock = find_lock(a_plan(python="3.12"), inputs, None, ask=True)
    assert lock.without_wheel == ("native==1.0", "plain==1.0")
    assert find_lock(a_plan(), inputs, None, ask=True).without_wheel == ("plain==1.0",)


def test_what_is_built_on_the_host_stands_in_the_lock(tmp_path, wheels):
    inputs = inputs_of(tmp_path, wheels, "plain\nweb\n")
    lock = find_lock(a_plan(), inputs, None, ask=True)
    assert lock.text is not None
    again = find_lock(a_plan(), inputs, lock.text, ask=False)
    assert again.without_wheel == lock.without_wheel == ("plain==1.0",)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        pytest.param("web\nbase<1\n", "none: Because ", id="conflict"),
        pytest.param("./folder\n", "none: ", id="a folder"),
    ],
)
def test_where_none_can_be_made_it_says_why(text, source, tmp_path, wheels):
    lock = find_lock(a_plan(), inputs_of(tmp_path, wheels, text), None, ask=True)
    assert (lock.path, lock.text, lock.failed) == (None, None, True)
    assert lock.source.startswith(source)


def test_what_an_index_does_not_have_has_no_hash(tmp_path, wheels):
    wheel = next(wheels.glob("base-*"))
    lock = find_lock(a_plan(), inputs_of(tmp_path, wheels, f"-e {wheel.parent}\n"), None, ask=True)
    assert (lock.text, lock.failed) == (None, True)


def test_a_manifest_with_hashes_is_its_own_lock(tmp_path):
    text = "flask==3.0.0 \\\n    --hash=sha256:00\n"
    lock = find_lock(
        a_plan(), Inputs("requirements.txt", {"requirements.txt": text}), None, ask=True
    )
    assert (lock.path, lock.failed) == (None, False)
    assert lock.resolved is not None
    assert lock.resolved.versions == {"flask": "3.0.0"}


def test_another_kind_of_manifest_is_not_locked():
    lock = find_lock(a_plan(manifest="Pipfile"), None, None, ask=True)
    assert (lock.failed, lock.source) == (True, "none: Pipfile is no requirements file")


def test_the_lock_of_another_tool_is_what_was_resolved():
    other = Resolved({"shop": "1.0"}, {"shop": ()})
    lock = find_lock(a_plan(manifest="Pipfile"), None, None, ask=True, other=other)
    assert lock == Lock(None, None, "none: Pipfile.lock is a lock itself", other)
