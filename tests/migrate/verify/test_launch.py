from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from tools.migrate.project import Project
from tools.migrate.verify.launch import App, Probe, find_app, find_probe, secret_names
from vectorstore.commandline import CommandError


def repository(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return folder


def app_at(file: str, folder: str = ".", kind: str = "asgi") -> App:
    path = PurePosixPath(file)
    module = ".".join(path.relative_to(folder).with_suffix("").parts)
    return App(PurePosixPath(folder), module, "app", kind, path)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"app.py": "from fastapi import FastAPI\napp = FastAPI()\n"},
            app_at("app.py"),
            id="FastAPI at the top",
        ),
        pytest.param(
            {"server.py": "import flask\napp = flask.Flask(__name__)\n"},
            app_at("server.py", kind="wsgi"),
            id="Flask by its module",
        ),
        pytest.param(
            {
                "backend/main.py": "from fastapi import FastAPI\nfrom helper import x\napp = FastAPI()\n",
                "backend/helper.py": "x = 1\n",
            },
            app_at("backend/main.py", folder="backend"),
            id="in a folder of its own",
        ),
        pytest.param(
            {
                "try.py": "from fastapi import FastAPI\napp = FastAPI()\n",
                "main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            },
            app_at("main.py"),
            id="main.py before others",
        ),
    ],
)
def test_find_app(tmp_path, files, expected):
    assert find_app(Project.open(repository(tmp_path, files))) == expected


def test_what_a_launch_file_names_comes_first(tmp_path):
    app = "from fastapi import FastAPI\napp = FastAPI()\n"
    files = {"main.py": app, "backend/server.py": app, "backend/__init__.py": ""}
    repository(tmp_path, files | {"Procfile": "web: uvicorn backend.server:app --port $PORT\n"})
    found = find_app(Project.open(tmp_path))
    assert (found.module, found.folder) == ("backend.server", PurePosixPath("."))


def test_what_a_factory_made_is_found_through_the_launch_file(tmp_path):
    factory = (
        "from fastapi import FastAPI\ndef create_app():\n    app = FastAPI()\n    return app\n"
    )
    files = {"web.py": factory, "wsgi.py": "from web import create_app\napp = create_app()\n"}
    repository(tmp_path, files | {"Procfile": "web: uvicorn wsgi:app\n"})
    assert find_app(Project.open(tmp_path)) == app_at("wsgi.py")


def test_without_an_app_the_error_says_what_to_give(tmp_path):
    repository(tmp_path, {"bot.py": "print(1)\n"})
    with pytest.raises(CommandError, match="--start 'uvicorn main:app"):
        find_app(Project.open(tmp_path))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            '@app.post("/chat")\nasync def chat(request):\n    d = await request.json()\n    q = d.get("question", "")\n',
            'POST /chat {"question": "{question}"}',
            id="key read by get",
        ),
        pytest.param(
            '@app.route("/predict", methods=["POST"])\ndef predict():\n    text = request.get_json()["message"]\n',
            'POST /predict {"message": "{question}"}',
            id="Flask route",
        ),
        pytest.param(
            'class Body(BaseModel):\n    session: str = ""\n    query: str\n\n@app.post("/ask")\ndef ask(body: Body):\n    return body.query\n',
            'POST /ask {"query": "{question}"}',
            id="pydantic field",
        ),
        pytest.param(
            '@app.post("/upload")\ndef up(d):\n    return d["text"]\n\n@app.post("/chat")\ndef chat(d):\n    return d["text"]\n',
            'POST /chat {"text": "{question}"}',
            id="the path that chats first",
        ),
    ],
)
def test_find_probe(tmp_path, source, expected):
    repository(tmp_path, {"app.py": source})
    assert str(find_probe(tmp_path, app_at("app.py"))) == expected


def test_a_route_only_for_reading_is_no_probe(tmp_path):
    repository(
        tmp_path, {"app.py": '@app.get("/chat")\ndef chat(question):\n    return "question"\n'}
    )
    with pytest.raises(CommandError, match="--probe 'POST /path"):
        find_probe(tmp_path, app_at("app.py"))


def test_a_probe_escapes_the_question():
    probe = Probe.parse('post /chat {"question": "{question}"}')
    assert probe.fill('say "hi"\n') == '{"question": "say \\"hi\\"\\n"}'


@pytest.mark.parametrize("text", ["", "POST /chat", "POST chat {question}", "POST /chat {}"])
def test_a_probe_that_cannot_be_read_is_refused(text):
    with pytest.raises(CommandError, match="cannot be read"):
        Probe.parse(text)


def test_secret_names_are_those_the_served_files_hold(tmp_path):
    repository(
        tmp_path, {"app.py": 'import os\nkey = os.getenv("OPENROUTER_API_KEY")\nx = "PORT"\n'}
    )
    assert secret_names(tmp_path, [PurePosixPath("app.py")]) == ["OPENROUTER_API_KEY"]
