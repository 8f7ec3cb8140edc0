from __future__ import annotations

from deploy.preflight import environment
from tests.deploy.helpers import commit, found, write


def test_an_environment_that_git_ignores_is_fine(tmp_path):
    write(tmp_path, {"app.py": ""})
    commit(tmp_path)
    write(tmp_path, {".venv/pyvenv.cfg": ""})
    assert found(environment, tmp_path) == []


def test_a_committed_environment_is_an_error(tmp_path):
    write(tmp_path, {"myenv/pyvenv.cfg": ""})
    commit(tmp_path)
    assert found(environment, tmp_path) == [("error", "myenv")]
