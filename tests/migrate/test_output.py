from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.migrate.helpers import path, write
from tests.migrate.test_commit import snapshot
from tools.migrate.output import check_output, commit_to
from tools.migrate.project import Project
from vectorstore.commandline import CommandError, Exit

MARKER = ".fit512-output"


@pytest.fixture
def project(tmp_path):
    files = {
        "app.py": "x = 1\n",
        "run.sh": "#!/bin/sh\n",
        ".env": "KEY=1\n",
        ".env.example": "KEY=\n",
    }
    root = write(tmp_path / "repo", {**files, "data/a.bin": b"\x00", "__pycache__/x.pyc": b""})
    os.chmod(root / "run.sh", 0o755)
    project = Project.open(root)
    project.write(path("app.py"), b"x = 2\n")
    return project


def test_a_converted_copy(project, tmp_path):
    out = tmp_path / "out"
    commit_to(project, out)
    assert {name: data for name, data in snapshot(out).items() if name != MARKER} == {
        "app.py": b"x = 2\n",
        "run.sh": b"#!/bin/sh\n",
        ".env.example": b"KEY=\n",
        "data/a.bin": b"\x00",
    }
    assert (out / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (project.root / "app.py").read_bytes() == b"x = 1\n"
    assert [(note.kind, note.path) for note in project.notes] == [("warning", ".env")]
    assert sorted(tmp_path.iterdir()) == [out, project.root]


def test_an_earlier_output_is_replaced(project, tmp_path):
    out = tmp_path / "out"
    commit_to(project, out)
    write(out, {"__pycache__/x.pyc": b""})  # running it is no change
    project.write(path("app.py"), b"x = 3\n")
    commit_to(project, out)
    assert (out / "app.py").read_bytes() == b"x = 3\n"
    assert not (out / "__pycache__").exists()


@pytest.mark.parametrize("changed", ["app.py", ".env"])
def test_an_output_that_somebody_changed_stays(project, tmp_path, changed):
    out = tmp_path / "out"
    commit_to(project, out)
    write(out, {changed: "mine\n"})
    before = snapshot(out)
    with pytest.raises(CommandError, match=rf"was changed since .*\({changed}\)") as raised:
        commit_to(project, out)
    assert raised.value.exit_code == Exit.NO
    assert snapshot(out) == before


@pytest.mark.parametrize(
    ("theirs", "named"),
    [
        (".git/HEAD", ".git/"),
        (".venv/pyvenv.cfg", ".venv/"),
        ("sub/node_modules/x.js", "sub/node_modules/"),
    ],
)
def test_a_history_or_environment_in_the_output_stays(project, tmp_path, theirs, named):
    out = tmp_path / "out"
    commit_to(project, out)
    write(out, {theirs: "mine\n"})
    before = snapshot(out)
    with pytest.raises(CommandError, match=rf"\({named}\).*another --out"):
        commit_to(project, out)
    assert snapshot(out) == before


def test_a_link_that_somebody_made_in_the_output_stays(project, tmp_path):
    out = tmp_path / "out"
    (project.root / "same.py").symlink_to("app.py")
    project = Project.open(project.root)
    commit_to(project, out)
    commit_to(project, out)  # our own link is no change
    (out / "mine").symlink_to("app.py")
    with pytest.raises(CommandError, match=r"\(mine\)"):
        commit_to(project, out)
    assert (out / "mine").is_symlink()


def test_an_interrupt_between_the_renames_puts_the_earlier_output_back(
    project, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    commit_to(project, out)
    before = snapshot(out)
    rename = Path.rename

    def interrupted(source, target):
        result = rename(source, target)
        if source == out:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        commit_to(project, out)
    assert snapshot(out) == before
    assert sorted(tmp_path.iterdir()) == [out, project.root]


def test_a_place_that_cannot_be_written_is_named(project):
    with pytest.raises(CommandError, match="/proc/x/out cannot be written"):
        commit_to(project, Path("/proc/x/out"))


@pytest.mark.parametrize("content", [{"mine.txt": "x"}, {MARKER: "no JSON"}])
def test_a_folder_that_is_no_output_stays(project, tmp_path, content):
    out = write(tmp_path / "out", content)
    with pytest.raises(CommandError, match="is not an output of this command") as raised:
        commit_to(project, out)
    assert raised.value.exit_code == Exit.ERROR
    assert len(snapshot(out)) == 1


def test_an_empty_folder_is_taken(project, tmp_path):
    (tmp_path / "out").mkdir()
    commit_to(project, tmp_path / "out")
    assert (tmp_path / "out/app.py").exists()


@pytest.mark.parametrize("out", ["", "converted", "..", "."])
def test_not_into_the_repository_itself(project, out):
    with pytest.raises(CommandError):
        check_output(project.root, project.root / out)


def test_where_builds_go_is_fine(project):
    check_output(project.root, project.root / "build/x")


def test_a_failure_leaves_the_earlier_output(project, tmp_path, monkeypatch):
    out = tmp_path / "out"
    commit_to(project, out)
    before = snapshot(out)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tools.migrate.output.shutil.copy2", fail)
    with pytest.raises(CommandError, match="No space left"):
        commit_to(project, out)
    assert snapshot(out) == before
    assert sorted(tmp_path.iterdir()) == [out, project.root]


def test_links_inside_are_kept_and_others_left(tmp_path):
    write(tmp_path, {"repo/app.py": "x\n", "secret/key": "k\n"})
    root = tmp_path / "repo"
    (root / "same.py").symlink_to("app.py")
    (root / "key").symlink_to("../secret/key")
    out = tmp_path / "out"
    commit_to(Project.open(root), out)
    assert os.readlink(out / "same.py") == "app.py"
    assert not (out / "key").is_symlink()
    written = json.loads((out / MARKER).read_text(encoding="utf-8"))["files"]
    assert list(written) == ["app.py"]


def test_a_private_key_is_not_copied_and_a_certificate_is(tmp_path):
    dashes = "-" * 5
    key = f"{dashes}BEGIN PRIVATE KEY{dashes}\nMIIE\n"
    files = {"repo/tls.pem": key, "repo/ca.pem": f"{dashes}BEGIN CERTIFICATE{dashes}\n"}
    project = Project.open(write(tmp_path, files) / "repo")
    commit_to(project, tmp_path / "out")
    assert (tmp_path / "out/ca.pem").exists()
    assert not (tmp_path / "out/tls.pem").exists()
    assert [(note.kind, note.path) for note in project.notes] == [("warning", "tls.pem")]
