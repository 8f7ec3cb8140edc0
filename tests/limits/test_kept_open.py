from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.limits.programs import SLEEP
from tools.limits.kept_open import KeptOpen, read_once


@pytest.fixture
def kept():
    found = KeptOpen()
    yield found
    found.close()


def open_in_us(path: object) -> int:
    links = [Path("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
    return sum(link.is_symlink() and os.readlink(link) == str(path) for link in links)


def test_what_changed_is_read(kept, tmp_path):
    file = tmp_path / "counter"
    for text in (b"1\n", b"22\n"):
        file.write_bytes(text)
        assert kept.read(str(file)) == read_once(str(file)) == text
    assert open_in_us(file) == 1


def test_what_is_not_read_any_more_is_closed(kept, tmp_path):
    files = [tmp_path / "one", tmp_path / "other"]
    for file in files:
        file.write_bytes(b"")
        kept.read(str(file))
    kept.sweep()
    kept.read(str(files[0]))
    kept.sweep()
    assert [open_in_us(file) for file in files] == [1, 0]
    kept.close()
    assert open_in_us(files[0]) == 0


def test_a_process_that_has_ended_is_an_error_and_closed(kept):
    with subprocess.Popen(SLEEP) as process:
        status = f"/proc/{process.pid}/statm"
        assert kept.read(status)
        process.kill()
    for _ in range(2):
        with pytest.raises(OSError, match="No such"):
            kept.read(status)
    assert open_in_us(status) == 0


def test_a_file_that_is_not_there(kept, tmp_path):
    for read in (kept.read, read_once):
        with pytest.raises(FileNotFoundError):
            read(str(tmp_path / "none"))
