from __future__ import annotations

from deploy.preflight import missing
from tests.deploy.helpers import found


def test_a_program_that_is_not_installed_is_an_error(tmp_path):
    assert found(missing, tmp_path) == []
    assert found(missing, tmp_path, needs=("gunicorn",)) == [("error", "requirements.txt")]
