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


@pytest.mark.parametrize(
    ("files", "values", "expected"),
    [
        pytest.param(
            ["requirements.txt", "uv.lock", "src/main.py"],
            {"folder": "src"},
            [("error", "requirements.txt")],
            id="of the root, the app in a folder",
        ),
        pytest.param(
            ["pyproject.toml"],
            {"manifest": "pyproject.toml"},
            [("error", "pyproject.toml")],
            id="none that Heroku takes",
        ),
        pytest.param(
            ["api.txt"], {"manifest": "api.txt", "lock": "requirements.lock"}, [], id="a lock"
        ),
    ],
)
def test_heroku_looks_at_the_root(files, values, expected, tmp_path):
    write(tmp_path, dict.fromkeys(files, ""))
    assert found(manifests, tmp_path, platform="heroku", **values) == expected
