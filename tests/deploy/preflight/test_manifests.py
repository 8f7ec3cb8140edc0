from __future__ import annotations

import pytest

from deploy.preflight import manifests
from tests.deploy.helpers import found, write


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["requirements.txt"], [], id="one"),
        pytest.param(["requirements.txt", "pyproject.toml"], [], id="a project without a lock"),
        pytest.param(["requirements.txt", "uv.lock"], [("error", "requirements.txt")], id="two"),
        pytest.param(["requirements.txt", "runtime.txt"], [("error", "runtime.txt")], id="runtime"),
        pytest.param(["requirements.txt", "old/poetry.lock"], [], id="elsewhere"),
    ],
)
def test_one_manifest_decides(names, expected, tmp_path):
    write(tmp_path, dict.fromkeys(names, ""))
    assert found(manifests, tmp_path) == expected
