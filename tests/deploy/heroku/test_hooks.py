from __future__ import annotations

import hashlib
import subprocess

import pytest

from deploy.heroku.hooks import post_compile, pre_compile
from tests.deploy.helpers import a_plan, commit, write


@pytest.fixture
def build(tmp_path):
    """A folder as Heroku builds in, with the hook of a plan that keeps `service` and `models`."""
    hook = post_compile(a_plan(build="mkdir models", keep=("service", "models")))
    files = {"bin/post_compile": hook, "service/app.py": "", "docs/index.md": "", ".heroku/x": ""}
    return write(tmp_path, files)


def folders(root):
    return sorted(path.name for path in root.iterdir() if path.is_dir())


def test_the_slug_holds_what_the_app_needs(build):
    subprocess.run(["bash", "bin/post_compile"], cwd=build, check=True)
    assert folders(build) == [".heroku", "bin", "models", "service"]


def test_a_checkout_keeps_its_folders(build):
    commit(build)
    done = subprocess.run(
        ["bash", "bin/post_compile"], cwd=build, check=True, capture_output=True, text=True
    )
    assert done.stderr == "bin/post_compile: a checkout: nothing is removed.\n"
    assert folders(build) == [".git", ".heroku", "bin", "docs", "models", "service"]


def test_nothing_is_made_for_an_app_that_needs_no_build():
    assert post_compile(a_plan()) is None


def test_the_lock_is_installed_in_the_place_of_the_manifest(tmp_path):
    hook = pre_compile(a_plan(lock="requirements.lock"))
    of = hashlib.sha256(b"flask\n").hexdigest()
    lock = f"# Of: {of}  requirements.txt\nlock\n"
    files = {"bin/pre_compile": hook, "requirements.txt": "flask\n", "requirements.lock": lock}
    write(tmp_path, files)
    subprocess.run(["bash", "bin/pre_compile"], cwd=tmp_path, check=True)
    assert (tmp_path / "requirements.txt").read_text() == lock


def test_a_lock_that_names_no_manifest_stops_the_build(tmp_path):
    hook = pre_compile(a_plan(lock="requirements.lock"))
    files = {"bin/pre_compile": hook, "requirements.txt": "flask\n", "requirements.lock": "lock\n"}
    write(tmp_path, files)
    done = subprocess.run(["bash", "bin/pre_compile"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("requirements.lock does not say of what it is: run python -m")


def test_the_manifest_of_a_checkout_stays(tmp_path):
    hook = pre_compile(a_plan(lock="requirements.lock"))
    write(tmp_path, {"bin/pre_compile": hook, "requirements.txt": "flask\n", ".git": ""})
    subprocess.run(["bash", "bin/pre_compile"], cwd=tmp_path, check=True)
    assert (tmp_path / "requirements.txt").read_text() == "flask\n"


def test_without_a_lock_there_is_no_hook():
    assert pre_compile(a_plan()) is None


@pytest.mark.parametrize(
    ("now", "code", "installed"),
    [
        pytest.param("flask\nredis\n", 0, "lock", id="as it was locked"),
        pytest.param("flask\r\nredis\r\n", 0, "lock", id="other line ends"),
        pytest.param("flask\n", 1, "flask", id="changed since"),
    ],
)
def test_a_lock_of_an_earlier_manifest_stops_the_build(now, code, installed, tmp_path):
    manifest, lock = "my app/requirements.txt", "my app/requirements.lock"
    of = hashlib.sha256(b"flask\nredis\n").hexdigest()
    hook = pre_compile(a_plan(lock=lock))
    write(tmp_path, {"bin/pre_compile": hook, lock: f"# Of: {of}  {manifest}\nlock==1\n"})
    (tmp_path / manifest).write_bytes(now.encode())
    done = subprocess.run(["bash", "bin/pre_compile"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == code
    assert (f"is not of this {manifest}: run python -m deploy heroku" in done.stderr) == bool(code)
    assert (tmp_path / "requirements.txt").exists() == (installed == "lock")
