from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.migrate.helpers import path, write
from tools.migrate import commit
from tools.migrate.commit import commit_in_place
from tools.migrate.project import Project
from vectorstore.commandline import CommandError


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def edited(root: Path) -> Project:
    """A project with a change of every kind."""
    write(root, {"a.py": "a\n", "b.sh": "b\n", "sub/c.py": "c\n", "gone.pkl": "g\n"})
    os.chmod(root / "b.sh", 0o755)
    write(root.parent, {"model/model.onnx": "m\n"})
    project = Project.open(root)
    project.write(path("a.py"), b"A\r\n")
    project.write(path("b.sh"), b"B\n")
    project.write(path("sub/c.py"), b"c\n")  # no change
    project.write(path("new/deep/d.py"), b"d\n")
    project.delete(path("gone.pkl"))
    project.add_folder(path("models/m"), root.parent / "model")
    return project


def test_everything_is_written(tmp_path):
    root = tmp_path / "repo"
    before = (root / "sub").stat() if root.exists() else None
    commit_in_place(edited(root))
    assert before is None
    assert snapshot(root) == {
        "a.py": b"A\r\n",
        "b.sh": b"B\n",
        "sub/c.py": b"c\n",
        "new/deep/d.py": b"d\n",
        "models/m/model.onnx": b"m\n",
    }
    assert (root / "b.sh").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("failing", range(1, 6))
def test_a_failing_write_restores_every_file(tmp_path, monkeypatch, failing):
    project = edited(tmp_path / "repo")
    before = snapshot(project.root)
    real, calls = os.replace, []

    def replace(source, target):
        calls.append(target)
        if len(calls) == failing:
            raise OSError(28, "No space left on device", str(target))
        real(source, target)

    monkeypatch.setattr(commit.os, "replace", replace)
    if failing == 5:  # there are four files to put in place
        commit_in_place(project)
        return
    with pytest.raises(CommandError, match="No space left.*every file is as it was"):
        commit_in_place(project)
    assert snapshot(project.root) == before
    assert not (project.root / "new").exists()


def test_a_failing_copy_leaves_nothing(tmp_path, monkeypatch):
    project = edited(tmp_path / "repo")
    before = snapshot(project.root)

    def copyfile(source, target):
        Path(target).write_bytes(b"half")
        raise OSError(5, "Input/output error", str(target))

    monkeypatch.setattr(commit.shutil, "copyfile", copyfile)
    with pytest.raises(CommandError, match="Input/output error"):
        commit_in_place(project)
    assert snapshot(project.root) == before


def test_half_a_copy_of_what_was_there_is_not_put_back(tmp_path, monkeypatch):
    """A file system without hard links, which is full."""
    project = edited(tmp_path / "repo")
    before = snapshot(project.root)

    def link(source, target):
        raise OSError(1, "Operation not permitted")

    def copy2(source, target):
        Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(commit.os, "link", link)
    monkeypatch.setattr(commit.shutil, "copy2", copy2)
    with pytest.raises(CommandError, match="No space left.*every file is as it was"):
        commit_in_place(project)
    assert snapshot(project.root) == before


def test_an_interrupt_restores_every_file(tmp_path, monkeypatch):
    project = edited(tmp_path / "repo")
    before = snapshot(project.root)
    real = Path.unlink

    def unlink(self, missing_ok=False):
        if self.name == "gone.pkl":
            raise KeyboardInterrupt
        real(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(KeyboardInterrupt):
        commit_in_place(project)
    assert snapshot(project.root) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    project = edited(tmp_path / "repo")
    before = snapshot(project.root)
    os.chmod(project.root / "sub", 0o555)
    project.write(path("sub/c.py"), b"C\n")
    with pytest.raises(CommandError, match="Permission denied"):
        commit_in_place(project)
    os.chmod(project.root / "sub", 0o755)
    assert snapshot(project.root) == before


def test_a_file_where_a_folder_is_needed(tmp_path):
    root = write(tmp_path / "repo", {"a.py": "a\n", "models": "a file\n"})
    before = snapshot(root)
    project = Project.open(root)
    project.write(path("a.py"), b"A\n")
    project.write(path("models/m.onnx"), b"m\n")
    with pytest.raises(CommandError, match="every file is as it was"):
        commit_in_place(project)
    assert snapshot(root) == before


@pytest.mark.parametrize("link", ["out", "a.py"])
def test_no_link_is_written_through(tmp_path, link):
    outside = write(tmp_path / "outside", {"x.py": "x\n"})
    root = write(tmp_path / "repo", {"b.py": "b\n"})
    (root / link).symlink_to(outside / "x.py" if link == "a.py" else outside)
    project = Project.open(root)
    project.write(path("b.py"), b"B\n")
    project.write(path(link if link == "a.py" else "out/x.py"), b"changed\n")
    with pytest.raises(CommandError, match="is a link"):
        commit_in_place(project)
    assert snapshot(outside) == {"x.py": b"x\n"}
    assert (root / "b.py").read_bytes() == b"b\n"


def test_without_hard_links(tmp_path, monkeypatch):
    project = edited(tmp_path / "repo")
    monkeypatch.setattr(commit.os, "link", lambda *_: (_ for _ in ()).throw(OSError(1, "no links")))
    commit_in_place(project)
    assert snapshot(project.root)["a.py"] == b"A\r\n"
    shutil.rmtree(project.root)
