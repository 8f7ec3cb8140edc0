from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.profile.running import python_of

HOLD = "print(1, flush=True); import time; time.sleep(60)"


@pytest.fixture
def environment(tmp_path):
    """A folder of an environment, whose Python is a link."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(Path(sys.executable).resolve())
    return tmp_path


@pytest.mark.parametrize("word", ["{env}/bin/python", "bin/python", "python"])
def test_the_python_of_a_process_is_the_link_that_it_was_called_by(word, environment):
    path = f"{environment}/bin{os.pathsep}{os.defpath}"
    command = [word.format(env=environment), "-I", "-S", "-c", HOLD]
    variables = {**os.environ, "PATH": path}
    with subprocess.Popen(command, stdout=-1, cwd=environment, env=variables) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = python_of([process.pid], path)
        process.kill()
    assert found == environment / "bin/python"


def test_what_is_no_python_and_what_has_ended_are_left_out():
    with subprocess.Popen(["sleep", "60"]) as process:
        assert python_of([process.pid], os.defpath) is None
        process.kill()
    assert python_of([process.pid], os.defpath) is None
