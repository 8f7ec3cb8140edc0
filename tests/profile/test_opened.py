from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from tools.profile.opened import OpenedFiles, folders_below

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


def test_sees_files_that_another_process_opens(tmp_path):
    (tmp_path / "deep").mkdir()
    wanted = tmp_path / "deep" / "model.onnx"
    wanted.write_bytes(b"x")
    seen, found = [], threading.Event()

    def note(file):
        seen.append(file)
        if file == wanted:
            found.set()

    with OpenedFiles([tmp_path], note) as opened:
        subprocess.run(["cat", str(wanted)], check=True, capture_output=True)
        assert found.wait(10)
    assert opened.missed is None
    assert set(seen) == {wanted}


def test_looking_at_a_folder_opens_no_file(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    seen = []
    with OpenedFiles([tmp_path], seen.append):
        subprocess.run(["ls", str(tmp_path)], check=True, capture_output=True)
    assert seen == []


def test_environments_and_repositories_are_not_watched(tmp_path):
    for name in (".git/objects", "env/lib", "app/data", "node_modules/x"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "env/pyvenv.cfg").write_text("")
    found = {str(path.relative_to(tmp_path)) for path in folders_below([tmp_path])}
    assert found == {".", "app", "app/data"}


def test_a_folder_that_is_not_there_is_passed_over(tmp_path):
    with OpenedFiles([tmp_path / "none"], print) as opened:
        pass
    assert opened.missed is None
