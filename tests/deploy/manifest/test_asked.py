"""Redis is used where a manifest asks for it, not where a lock holds it for another package."""

from __future__ import annotations

import pytest

from deploy.manifest.asked import asked_in
from deploy.repository import Repository
from tests.deploy.helpers import write

TXT, TOML = "requirements.txt", "pyproject.toml"


@pytest.mark.parametrize(
    ("manifest", "files", "expected"),
    [
        pytest.param(TXT, {TXT: "Redis[hiredis]>=5\n"}, TXT, id="a line"),
        pytest.param(TXT, {TXT: "redis-om==0.3\n"}, None, id="another package"),
        pytest.param(TXT, {TXT: "# redis\n"}, None, id="a comment"),
        pytest.param(TXT, {TXT: "-r base.txt\n", "base.txt": "redis\n"}, "base.txt", id="-r"),
        pytest.param(TXT, {TXT: "-c base.txt\n", "base.txt": "redis\n"}, None, id="a constraint"),
        pytest.param(TXT, {TXT: "redis==5\n    # via celery\nx==1\n"}, None, id="via another"),
        pytest.param(
            TXT,
            {
                TXT: "redis==5 \\\n    --hash=sha256:ab\n    # via\n    #   -r base.in\n    #   celery\n"
            },
            TXT,
            id="asked for, and via another",
        ),
        pytest.param(TXT, {TXT: "redis==5\nx==1\n    # via y\n"}, TXT, id="the note of the next"),
        pytest.param(TOML, {TOML: "[project]\ndependencies = ['redis>=5']\n"}, TOML, id="PEP 621"),
        pytest.param(
            TOML,
            {TOML: "[project.optional-dependencies]\nshared = ['redis>=5']\n"},
            None,
            id="an extra",
        ),
        pytest.param(
            "poetry.lock",
            {TOML: "[tool.poetry.dependencies]\nredis = '^5'\n", "poetry.lock": ""},
            TOML,
            id="poetry",
        ),
        pytest.param(
            "uv.lock",
            {TOML: "[project]\ndependencies = ['celery']\n", "uv.lock": "name = 'redis'\n"},
            None,
            id="in the lock alone",
        ),
        pytest.param("Pipfile", {"Pipfile": "[packages]\nredis = '*'\n"}, "Pipfile", id="Pipfile"),
        pytest.param("Pipfile", {"Pipfile": "[dev-packages]\nredis = '*'\n"}, None, id="for tests"),
        pytest.param(None, {}, None, id="no manifest"),
    ],
)
def test_who_asks_for_redis(manifest, files, expected, tmp_path):
    assert asked_in(Repository(write(tmp_path, files)), manifest, "redis") == expected
