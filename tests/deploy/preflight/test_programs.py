from __future__ import annotations

import pytest

from deploy.preflight import programs
from tests.deploy.helpers import found, write


@pytest.mark.parametrize(
    ("name", "platform", "errors"),
    [
        ("railway.ts", "railway", 1),
        ("railway.go", "railway", 1),
        ("railway.py", "railway", 0),
        ("railway.ts", "render", 0),
    ],
)
def test_a_project_has_one_program(name, platform, errors, tmp_path):
    write(tmp_path, {f".railway/{name}": ""})
    assert found(programs, tmp_path, platform) == [("error", f".railway/{name}")] * errors
