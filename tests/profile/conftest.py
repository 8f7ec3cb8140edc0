from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

from tests.profile import programs


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Makes the command of a small server, whose Python has no packages.

    Those of our own would be dropped from the page cache before every run.
    """
    folder = tmp_path_factory.mktemp("python")
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    (folder / "pyvenv.cfg").write_text(f"home = {base.parent}\n")
    (folder / "bin").mkdir()
    (folder / "bin/python").symlink_to(base)
    return partial(programs.command, folder / "bin/python")
