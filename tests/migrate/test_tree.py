from __future__ import annotations

import os
import subprocess

import pytest

from tests.migrate.helpers import path, write
from tools.migrate.tree import scan, uncommitted
from vectorstore.commandline import CommandError


def git(root, *arguments):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def test_without_git(tmp_path):
    write(
        tmp_path,
        {
            "app.py": "",
            "web/my folder/x.py": "",
            "vendor/lib.py": "",
            "env/pyvenv.cfg": "",
            "env/lib/torch.py": "",
            "node_modules/a.js": "",
            "__pycache__/app.pyc": "",
            ".fit512-output": "",
        },
    )
    tree = scan(tmp_path)
    assert list(map(str, tree.files)) == ["app.py", "vendor/lib.py", "web/my folder/x.py"]
    assert set(map(str, tree.vendored)) == {"vendor/lib.py"}
    assert tree.left_out == {"env/": 1}


def test_with_git_what_is_ignored_is_none_of_it(tmp_path):
    write(tmp_path, {".gitignore": "secret.txt\n", "app.py": "", "secret.txt": "", "new.py": ""})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "app.py", ".gitignore")
    assert list(map(str, scan(tmp_path).files)) == [".gitignore", "app.py", "new.py"]


def test_a_committed_environment_is_left_out(tmp_path):
    write(tmp_path, {"app.py": "", "venv/pyvenv.cfg": "", "venv/lib/a.py": "", "venv/lib/b.py": ""})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    tree = scan(tmp_path)
    assert list(map(str, tree.files)) == ["app.py"]
    assert tree.left_out == {"venv/": 3}


@pytest.mark.parametrize(
    "marker", ["bin/activate", "Scripts/activate", "Scripts/activate.bat", "pyvenv.cfg"]
)
def test_an_environment_is_known_by_what_activates_it(tmp_path, marker):
    write(
        tmp_path, {"app.py": "", f"my env/{marker}": "", "my env/tool.py": "", "bin/activate": ""}
    )
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    tree = scan(tmp_path)
    assert list(map(str, tree.files)) == ["app.py", "bin/activate"]
    assert tree.left_out == {"my env/": 2}


def test_a_folder_inside_a_repository(tmp_path):
    write(tmp_path, {"a/app.py": "", "b/other.py": ""})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    assert list(map(str, scan(tmp_path / "a").files)) == ["app.py"]


def test_a_deleted_file_and_a_dangling_submodule_are_no_files(tmp_path):
    write(tmp_path, {"app.py": "", "gone.py": ""})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.strip()
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    (tmp_path / "gone.py").unlink()
    assert list(map(str, scan(tmp_path).files)) == ["app.py"]


def test_links_are_listed_apart(tmp_path):
    write(tmp_path, {"repo/app.py": "", "outside/x.py": ""})
    root = tmp_path / "repo"
    (root / "link.py").symlink_to("app.py")
    (root / "folder").symlink_to(tmp_path / "outside")
    tree = scan(root)
    assert list(map(str, tree.files)) == ["app.py"]
    assert list(map(str, tree.links)) == ["folder", "link.py"]


def test_no_folder(tmp_path):
    with pytest.raises(CommandError, match="is not a folder"):
        scan(tmp_path / "none")


def test_uncommitted(tmp_path):
    write(tmp_path, {"app.py": "", "b.py": ""})
    assert uncommitted(tmp_path) is None
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    assert uncommitted(tmp_path) == []
    write(tmp_path, {"app.py": "x = 1\n", "new file.py": ""})
    assert uncommitted(tmp_path) == ["app.py", "new file.py"]


def test_a_repository_cannot_make_git_run_something(tmp_path):
    write(tmp_path, {"app.py": ""})
    git(tmp_path, "init", "-q")
    hook = tmp_path / "hook.sh"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n", encoding="utf-8")
    os.chmod(hook, 0o755)
    git(tmp_path, "config", "core.fsmonitor", str(hook))
    scan(tmp_path)
    uncommitted(tmp_path)
    assert not (tmp_path / "ran").exists()
    assert path("hook.sh") in scan(tmp_path).files


@pytest.mark.parametrize("command", ["clean", "process"])
@pytest.mark.parametrize("name", ["x", "a=b.c"])
def test_a_filter_of_the_repository_is_not_run(tmp_path, command, name):
    root, ran = tmp_path / "repo", tmp_path / "ran"
    write(root, {"app.py": "x\n", ".gitattributes": f"*.py filter={name}\n"})
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "x")
    git(root, "config", f"filter.{name}.{command}", f"touch {ran}; cat")
    write(root, {"app.py": "y\n"})
    assert uncommitted(root) == ["app.py"]
    assert not ran.exists()
