from __future__ import annotations

import pytest

from tests.migrate.helpers import path, write
from tools.migrate.project import Project
from tools.migrate.serving.addresses import local_address

UVICORN = "import os, uvicorn\nHOST = 'localhost'\nuvicorn.run(app{})\n"


@pytest.mark.parametrize(
    ("framework", "code", "expected"),
    [
        pytest.param("fastapi", "x = 1\n", None, id="no call"),
        pytest.param("fastapi", UVICORN.format(""), ("a.py:3",), id="uvicorn's default"),
        pytest.param("fastapi", UVICORN.format(", host='0.0.0.0'"), (), id="every address"),
        pytest.param("fastapi", UVICORN.format(", host='127.0.0.1'"), ("a.py:3",), id="said so"),
        pytest.param("fastapi", UVICORN.format(", host=HOST"), ("a.py:3",), id="a constant"),
        pytest.param("fastapi", UVICORN.format(", host=settings.host"), (), id="not known"),
        pytest.param("fastapi", UVICORN.format(", **options"), (), id="nobody can tell"),
        pytest.param(
            "fastapi", UVICORN.format(", host=os.getenv('HOST', '127.0.0.1')"), ("a.py:3", "HOST"),
            id="unless a variable says else",
        ),
        pytest.param("flask", "app.run(port=80)\n", ("a.py:1",), id="Flask's default"),
        pytest.param("flask", "app.run('0.0.0.0', 80)\n", (), id="Flask, by place"),
        pytest.param("flask", "socketio.run(app, '0.0.0.0')\n", (), id="Flask-SocketIO"),
        pytest.param("flask", "subprocess.run(['ls'])\n", None, id="another run"),
        pytest.param("telegram", "app.run()\n", None, id="a bot"),
        pytest.param(
            "gradio", "demo.launch()\n", ("a.py:1", "GRADIO_SERVER_NAME"), id="Gradio's default"
        ),
        pytest.param("gradio", "demo.launch(server_name='localhost')\n", ("a.py:1",), id="Gradio"),
    ],
)  # fmt: skip
def test_where_a_call_listens(framework, code, expected, tmp_path):
    project = Project.open(write(tmp_path, {"a.py": code}))
    assert local_address(project, framework, path("a.py")) == expected
