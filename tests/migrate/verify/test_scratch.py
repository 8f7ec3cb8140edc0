from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tools.migrate.verify.scratch import PREFIX, scratch_folder

# Interrupted in its work, and again while the folder is removed.
INTERRUPTED = """
import os, shutil, signal, sys
from tools.migrate.verify import scratch

remove = shutil.rmtree
def interrupted(folder, **options):
    os.kill(os.getpid(), signal.SIGINT)
    remove(folder, **options)
scratch.shutil.rmtree = interrupted
with scratch.scratch_folder() as folder:
    (folder / "a").write_text("x")
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGINT)
"""


def test_interrupted_twice() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False
    )
    folder = Path(ran.stdout.strip())
    assert folder.name.startswith(PREFIX)
    assert not folder.exists()
    assert ran.returncode == -signal.SIGINT
    assert ran.stderr.count("KeyboardInterrupt") == 1


def test_what_handled_signals_before_does_so_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with scratch_folder() as folder:
        (folder / "a").mkdir()
    assert list(tmp_path.iterdir()) == []
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers
