from __future__ import annotations

import pytest

from deploy.preflight import written_secrets
from deploy.preflight.context import Context
from deploy.repository import Repository
from tests.deploy.helpers import NOT_ASKED, a_plan, found, write

RENDER = "services:\n- type: web\n  envVars:\n  - key: SECRET_KEY\n"
HEROKU = '{"env": {\n"SECRET_KEY": {\n"description": "of the session",\n'


@pytest.mark.parametrize(
    ("file", "text", "lines"),
    [
        pytest.param("render.yaml", f"{RENDER}    sync: false\n", [], id="asked for"),
        pytest.param("render.yaml", f"{RENDER}    generateValue: true\n", [], id="made"),
        pytest.param("render.yaml", f"{RENDER}    value: hunter2hunter2\n", [5], id="Render"),
        pytest.param(
            "render.yaml", f'{RENDER}    value: "hunter2hunter2" # so\n', [5], id="quoted, comment"
        ),
        pytest.param("render.yaml", f"{RENDER}    value: your-key-here\n", [], id="a placeholder"),
        pytest.param(
            "render.yaml",
            f"{RENDER}    sync: false\n  - key: GREETING\n    value: good-morning\n",
            [],
            id="of the next one",
        ),
        pytest.param(
            "compose.yaml", "environment:\n  DB_PASSWORD: hunter2hunter2\n", [2], id="compose"
        ),
        pytest.param(
            "docker-compose.yml", "environment:\n- DB_PASSWORD=hunter2hunter2\n", [2], id="a list"
        ),
        pytest.param("compose.yaml", "  DB_PASSWORD: ${DB_PASSWORD}\n", [], id="from outside"),
        pytest.param("compose.yaml", "  # DB_PASSWORD: hunter2hunter2\n", [], id="a comment"),
        pytest.param("compose.yaml", "  LLM_MAX_TOKENS: 512512512\n", [], id="another name"),
        pytest.param("app.json", f'{HEROKU}"value": "hunter2hunter2"\n}}}}}}\n', [4], id="Heroku"),
        pytest.param("app.json", f'{HEROKU}"generator": "secret"\n}}}}}}\n', [], id="generated"),
        pytest.param("app.json", '{"env": {\n"API_TOKEN": "hunter2hunter2"}}', [2], id="in a row"),
        pytest.param("fit512.toml", '[env]\nAPI_TOKEN = "hunter2hunter2"\n', [2], id="our own"),
        pytest.param(
            "compose.yaml",
            "  MONGO_URI: mongodb://localhost:27017\n  OTHER_URI: mongodb://me:hunter2@db/a\n",
            [2],
            id="addresses",
        ),
        pytest.param("notes.yaml", "API_TOKEN: hunter2hunter2\n", [], id="another file"),
    ],
)
def test_a_value_that_is_pushed_is_a_warning(file, text, lines, tmp_path):
    write(tmp_path, {"app.py": "", file: text})
    assert found(written_secrets, tmp_path) == [("warning", f"{file}:{line}") for line in lines]


def test_the_value_is_not_shown(tmp_path):
    write(tmp_path, {"app.py": "", "fit512.toml": 'API_TOKEN = "hunter2hunter2"\n'})
    context = Context(a_plan(), Repository(tmp_path), "render", 512.0, NOT_ASKED)
    assert [problem.message for problem in written_secrets.check(context)] == [
        "the value of API_TOKEN is in what is pushed. Leave it out and set it on the host (Render:"
        " `sync: false`), and make a new one if it is in use"
    ]
