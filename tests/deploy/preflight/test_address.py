from __future__ import annotations

import pytest

from deploy.cli import main
from deploy.preflight import address
from tests.deploy.helpers import found, write


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        pytest.param("uvicorn main:app --host 0.0.0.0", False, id="every address"),
        pytest.param("uvicorn main:app", True, id="uvicorn's default"),
        pytest.param("uvicorn main:app --host=localhost", True, id="said so"),
        pytest.param("UVICORN_HOST=0.0.0.0 uvicorn main:app", False, id="by a variable"),
        pytest.param("gunicorn main:app", False, id="gunicorn takes $PORT"),
        pytest.param("gunicorn -b 127.0.0.1:8000 main:app", True, id="gunicorn, said so"),
        pytest.param("hypercorn main:app", True, id="hypercorn"),
        pytest.param("python -V && chainlit run main.py -h", True, id="chainlit, in a line"),
        pytest.param("flask run", True, id="flask"),
        pytest.param("flask db upgrade", False, id="flask that serves nothing"),
        pytest.param("streamlit run main.py", False, id="streamlit"),
        pytest.param("streamlit run main.py --server.address localhost", True, id="said so too"),
        pytest.param("python manage.py runserver", True, id="Django"),
        pytest.param("python manage.py runserver $PORT", True, id="Django, the port alone"),
        pytest.param("python manage.py runserver 0:$PORT", False, id="Django, every address"),
        pytest.param("python bot.py", False, id="a script"),
    ],
)
def test_a_command_that_no_host_reaches(command, wrong, tmp_path):
    assert found(address, tmp_path, command=command) == [("error", "a test")] * wrong
    assert found(address, tmp_path, command=command, port=None) == []


@pytest.mark.parametrize(
    ("local", "command", "expected"),
    [
        pytest.param(("a.py:3",), "python a.py", [("error", "a.py:3")], id="the script starts it"),
        pytest.param(("a.py:3",), "gunicorn a:app", [], id="a server does"),
        pytest.param(("a.py:3", "HOST"), "python a.py", [("error", "a.py:3")], id="a default"),
        pytest.param(("a.py:3", "HOST"), "env HOST=0.0.0.0 python a.py", [], id="a variable"),
    ],
)
def test_a_call_that_no_host_reaches(local, command, expected, tmp_path):
    assert found(address, tmp_path, command=command, local=local) == expected


CHAINLIT = "import chainlit as cl\n@cl.on_message\nasync def on(m): ...\n"
GRADIO = "import gradio as gr\ndemo = gr.Interface(print)\ndemo.launch({})\n"


@pytest.mark.parametrize(
    ("code", "line", "start"),
    [
        (CHAINLIT, "chainlit run a.py", "chainlit run a.py --host 0.0.0.0 --port $PORT"),
        (GRADIO.format(""), "python a.py", "env GRADIO_SERVER_NAME=0.0.0.0 python a.py"),
        (GRADIO.format("server_name='0.0.0.0'"), "python a.py", "python a.py"),
    ],
)
def test_what_is_written_is_reached(code, line, start, tmp_path, capsys):
    write(tmp_path, {"a.py": code, "requirements.txt": "x\n", "Procfile": f"web: {line}\n"})
    assert main(["render", str(tmp_path)]) == 0
    assert f'startCommand: "{start}"\n' in (tmp_path / "render.yaml").read_text()


def test_what_the_code_says_is_an_error(tmp_path, capsys):
    code = GRADIO.format("server_name='127.0.0.1'")
    write(tmp_path, {"a.py": code, "requirements.txt": "x\n", "Procfile": "web: python a.py\n"})
    assert main(["render", str(tmp_path)]) == 1
    assert "error: a.py:3: the app listens on 127.0.0.1 alone" in capsys.readouterr().err
