"""What a host gets of a repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

from deploy.rehearse.building import check_out
from deploy.repository import Repository
from tests.deploy.helpers import write

AUTHOR = ["-c", "user.name=a", "-c", "user.email=a@example.org"]


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(root), *AUTHOR, *words], check=True)


def test_a_clone_has_what_is_committed_alone(tmp_path):
    root = write(tmp_path / "of", {"main.py": "", "shop/__init__.py": ""})
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    write(root, {".env": "KEY=1", "scratch.txt": ""})
    check_out(Repository(root), tmp_path / "to")
    assert files(tmp_path / "to") == ["main.py", "shop/__init__.py"]


def test_without_git_the_files_are_copied(tmp_path):
    root = write(tmp_path / "of", {"main.py": "", "shop/__init__.py": ""})
    check_out(Repository(root), tmp_path / "to")
    assert files(tmp_path / "to") == ["main.py", "shop/__init__.py"]


def test_before_the_first_commit_what_git_tracks_is_copied(tmp_path):
    root = write(tmp_path / "of", {"main.py": ""})
    git(root, "init", "-q")
    git(root, "add", "main.py")
    write(root, {"scratch.txt": ""})
    check_out(Repository(root), tmp_path / "to")
    assert files(tmp_path / "to") == ["main.py"]
